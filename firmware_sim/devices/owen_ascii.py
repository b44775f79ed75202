"""OWEN instruments in OWEN's protocol: `#`, bytes as letters G…V, CR; parameters by a hash of their name.

Each channel has an address of its own, one above the other, in 8 bits or, above 255, in 11. A broken sensor
is answered by its code alone. A parameter there is not, and every write, is answered by the parameter n.Err:
a code and the hash in question; writes are counted and not obeyed. Sources: RAA80/python-owen, owen/owen and
its tests.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.image import Answer, Block
from firmware_sim.devices.instrument import Instrument, Reply
from sensor_profiles.model import Space

_ALPHABET = "GHIJKLMNOPQRSTUV"
_ITEM_BYTES, _STATUS_AT, _CHECKSUM_AT = 7, 6, -2
_COUNTER_BYTES, _SHORTENED_BYTES = 4, 3
_SHORT_ADDRESSES = 256
_READS = 0x10
_NETWORK_ERROR = 0x0233
_NO_SUCH_PARAMETER = 0x47


def _float_and_time(image: bytes) -> bytes:
    return image[:_STATUS_AT]


def _shortened_float(image: bytes) -> bytes:
    return image[:_SHORTENED_BYTES]


def _decimals(image: bytes) -> bytes:
    return image[:_STATUS_AT].lstrip(b"\0").rjust(_COUNTER_BYTES, b"\0")


_PARAMETERS: Final[dict[int, tuple[int, Callable[[bytes], bytes]]]] = {
    0x8784: (0, _float_and_time),
    0xB8DF: (1, _shortened_float),
    0xB257: (2, _shortened_float),
    0x9107: (3, _shortened_float),
    0xC173: (4, _decimals),
    0x8FC2: (5, _decimals),
}
"""By hash: rEAd, PV, LuPV, SP, dCnt, dSPd: the number of the parameter's items, and what is sent of one."""


class _Frame(NamedTuple):
    """`head`: address, 10 hexadecimal for a read, length of the data."""

    head: int
    name: int
    data: bytes

    @property
    def reads(self) -> bool:
        return bool(self.head & _READS)


def crc16(data: bytes) -> int:
    """CRC-16 of OWEN: polynomial 0x8F57, from 0, high bit first."""
    crc = 0
    for bit in "".join(f"{byte:08b}" for byte in data):
        out = crc >> 15 ^ int(bit)
        crc = crc << 1 & 0xFFFF ^ out * 0x8F57
    return crc


def _written(address: int, name: int, data: bytes) -> bytes:
    head = address << (8 if address < _SHORT_ADDRESSES else 5) | len(data)
    body = (head & 0xFFFF).to_bytes(2, "big") + name.to_bytes(2, "big") + data
    digits = (body + crc16(body).to_bytes(2, "big")).hex()
    return f"#{''.join(_ALPHABET[int(digit, 16)] for digit in digits)}\r".encode()


def _bytes(request: bytes) -> bytes:
    return bytes.fromhex("".join(f"{_ALPHABET.index(chr(letter)):x}" for letter in request[1:-1]))


def _read(request: bytes) -> _Frame:
    frame = _bytes(request)
    return _Frame(int.from_bytes(frame[:2], "big"), int.from_bytes(frame[2:4], "big"), frame[4:-2])


def _is_request(data: bytes) -> bool:
    letters = data[1:-1].decode("latin-1")
    if data[0] != ord("#") or data[-1] != ord("\r") or not set(letters) <= set(_ALPHABET):
        return False
    return crc16(_bytes(data)) == 0


def _offset(instrument: Instrument, frame: _Frame) -> int | None:
    """How far above the instrument's own address a request is; None: it is for somebody else."""
    long = instrument.unit >= _SHORT_ADDRESSES
    offset = (frame.head >> (5 if long else 8)) - instrument.unit
    addresses = {channel.field.address % 256 for channel in instrument.profile.channels}
    return offset if 0 <= offset <= max(addresses) and (long or not frame.head & 0xE0) else None


def _item(instrument: Instrument, frame: _Frame) -> int | None:
    """What a request wants of an instrument; None: it has no such parameter there."""
    number, _ = _PARAMETERS.get(frame.name, (-1, None))
    item = 256 * number + (_offset(instrument, frame) or 0)
    return item if any(channel.field.address == item for channel in instrument.profile.channels) else None


_PROTOCOL = Protocol(
    lengths=(14, 16, 18, 20, 22, 24, 26, 28),
    is_request=_is_request,
    is_read=lambda data: _read(data).reads,
    unit_of=lambda data: _read(data).head >> 8,
    frame_bytes=lambda _: _ITEM_BYTES,
    build=lambda _, image: image,
    checksum_at=_CHECKSUM_AT,
)


class _Owens(FramedSpeaker):
    """Several addresses an instrument, and refusals."""

    def _is_for(self, instrument: Instrument, request: bytes) -> bool:
        return _offset(instrument, _read(request)) is not None

    def _asked(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        asked = _read(request)
        if asked.reads and _item(instrument, asked) is not None:
            yield from super()._asked(instrument, request, t_ms)
            return
        instrument.requests += 1
        instrument.writes_attempted += not asked.reads
        strike = instrument.faults.strike()
        data = bytes([_NO_SUCH_PARAMETER]) + asked.name.to_bytes(2, "big")
        address = strike.unit(instrument.unit) + (_offset(instrument, asked) or 0)
        mute = strike.silent or strike.exception is not None
        refusal = b"" if mute else _written(address, _NETWORK_ERROR, data)
        if sent := strike.deliver(refusal, request=request, checksum_at=_CHECKSUM_AT):
            yield Reply(sent, strike.delay_ms)

    def _answer(self, instrument: Instrument, request: bytes) -> Answer | None:
        frame = _read(request)
        block = Block(Space.ITEM, _item(instrument, frame) or 0, _ITEM_BYTES)
        answer = instrument.layout.answer(block, instrument.values())
        if answer is None:
            return None
        item = bytes([_offset(instrument, frame) or 0]) + answer.data
        return Answer(item, dict.fromkeys(answer.served) if answer.data[_STATUS_AT] else answer.served)

    def _build(self, unit: int, image: bytes, request: bytes) -> bytes:
        offset, item = image[0], image[1:]
        name = _read(request).name
        _, form = _PARAMETERS[name]
        return _written(unit + offset, name, item[_STATUS_AT:] if item[_STATUS_AT] else form(item))


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The instruments of a line, told apart by their addresses."""
    return _Owens(_PROTOCOL, instruments)
