"""Kamstrup MULTICAL: one register a request, in a unit that the meter chooses and names.

Request `80 … 0D`, answer `40 … 0D`; inside, 06 0D 1B 40 80 become 1B and their complement. A register that
the meter does not have is answered without one. Whatever is not a read of one register is counted and refused
alike. Source: esphome/esphome, components/kamstrup_kmp.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.image import Answer, Block
from firmware_sim.devices.instrument import Instrument, Reply
from sensor_profiles.model import Channel, Space
from wire.messages import Value

_STUFF: Final = {byte: bytes([0x1B, 0xFF - byte]) for byte in b"\x1b\x06\x0d\x40\x80"}
_READS: Final = b"\x3f\x10\x01"
_READ_BYTES: Final = 5
_ESCAPE: Final = 0x1B
_DESTINATION: Final = b"\x3f\x10"
_IMAGE_BYTES: Final = 8
_LARGEST_MANTISSA: Final = 2**32 - 1
_NOTHING: Final = (-(2**62)).to_bytes(8, "big", signed=True)
_LITRES_AN_HOUR, _BAR, _KELVIN, _CELSIUS = (41, 0), (52, 5), (38, 3), (37, 3)
_SHOWN: Final = {
    60: (3, 3),
    68: (40, 3),
    72: (44, 3),
    74: _LITRES_AN_HOUR,
    75: _LITRES_AN_HOUR,
    80: (22, 3),
    86: _CELSIUS,
    87: _CELSIUS,
    88: _CELSIUS,
    89: _KELVIN,
    91: _BAR,
    92: _BAR,
}
"""Register → the code of the unit it is told in, and the decimal places that make the image's thousandths."""
_NO_UNIT: Final = (51, 3)
_VALUE_NEGATIVE, _EXPONENT_NEGATIVE = 0x80, 0x40


def _crc(content: bytes) -> bytes:
    rest = 0
    for byte in content:
        for bit in range(7, -1, -1):
            rest = (rest << 1) ^ (0x1021 if (rest >> 15 ^ byte >> bit) & 1 else 0)
            rest &= 0xFFFF
    return rest.to_bytes(2, "big")


def _framed(mark: bytes, content: bytes) -> bytes:
    whole = content + _crc(content)
    return mark + b"".join(_STUFF.get(byte, bytes([byte])) for byte in whole) + b"\r"


def _content(request: bytes) -> bytes:
    out, escaped = bytearray(), False
    for byte in request[1:-1]:
        if escaped:
            out.append(0xFF - byte)
        elif byte != _ESCAPE:
            out.append(byte)
        escaped = not escaped and byte == _ESCAPE
    return bytes(out[:-2])


def _is_request(data: bytes) -> bool:
    return data[:1] == b"\x80" and data[-1:] == b"\r" and _framed(b"\x80", _content(data)) == data


def _register(request: bytes) -> int:
    """What is asked for; 0: it is no read of one register."""
    content = _content(request)
    return int.from_bytes(content[3:], "big") if content[:3] == _READS and len(content) == _READ_BYTES else 0


def _told(register: int, image: bytes) -> bytes:
    unit, places = _SHOWN.get(register, _NO_UNIT)
    head = _DESTINATION + register.to_bytes(2, "big") + bytes([unit])
    if image == _NOTHING:
        return head + b"\0\0"
    number = int.from_bytes(image, "big", signed=True)
    form = (abs(places) | _EXPONENT_NEGATIVE * (places > 0)) | (_VALUE_NEGATIVE if number < 0 else 0)
    return head + bytes([4, form]) + abs(number).to_bytes(4, "big")


def _sendable(channel: Channel, value: Value) -> Value:
    """A value as far as four bytes and a sign can tell it in the decimal places of its register."""
    if not isinstance(value, (int, float)):
        return value
    most = _LARGEST_MANTISSA * channel.scale
    return min(max(value, -most), most)


_PROTOCOL = Protocol(
    lengths=tuple(range(6, 24)),
    is_request=_is_request,
    is_read=lambda data: _register(data) != 0,
    unit_of=lambda _: None,
    frame_bytes=lambda _: _IMAGE_BYTES,
    build=lambda _, image: image,
    checksum_at=-2,
    block_of=lambda data: Block(Space.ITEM, _register(data), _IMAGE_BYTES),
)


class _Meters(FramedSpeaker):
    def _asked(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        if _register(request) and instrument.layout.answer(self._block(instrument.profile, request), {}):
            yield from super()._asked(instrument, request, t_ms)
            return
        instrument.requests += 1
        instrument.writes_attempted += not _register(request)
        strike = instrument.faults.strike()
        refusal = b"" if self._is_mute(strike, request) else _framed(b"\x40", _DESTINATION)
        if data := strike.deliver(refusal, request=request, checksum_at=-2):
            yield Reply(data, strike.delay_ms)

    def _answer(self, instrument: Instrument, request: bytes) -> Answer | None:
        values = instrument.values()
        told = {one.name: _sendable(one, values.get(one.name)) for one in instrument.profile.channels}
        return instrument.layout.answer(self._block(instrument.profile, request), told)

    def _build(self, unit: int, image: bytes, request: bytes) -> bytes:  # noqa: ARG002 - nobody has an address
        return _framed(b"\x40", _told(_register(request), image))


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The meter of a line; the protocol has no addresses."""
    return _Meters(_PROTOCOL, instruments)
