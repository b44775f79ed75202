"""Eksis IVTM-7: memory that is read as hexadecimal text, `$AAAARRaaaaNN` sum CR.

`RR` reads NN bytes from address aaaa, at most 64, and is answered `!AAAARR`, digits, sum, CR; whatever it
does not have or know is answered `?AAAA` and the command. Commands that write are counted, refused and not
obeyed. Sources: firmware MaksimChuprin/IVTM7 rs_exch.c; captured frames of wirenboard/wb-mqtt-serial.
"""

from collections.abc import Iterable, Iterator

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.image import Block
from firmware_sim.devices.instrument import Instrument, Reply
from sensor_profiles.model import Space

_READ = "RR"
_MOST_BYTES = 64
_SHORTEST, _LONGEST = 10, 64
_READING = 16
_CHECKSUM_AT = -2


def _closed(text: str) -> bytes:
    return f"{text}{sum(map(ord, text)) % 256:02X}\r".encode()


def _is_request(data: bytes) -> bool:
    text = data.decode("latin-1")
    return text[0] == "$" and "$" not in text[1:] and _closed(text[:-3]) == data


def _fields(request: bytes) -> tuple[int, str, int, int]:
    """Unit, command, address and number of bytes; the last two are 0 in commands without them."""
    text = request.decode()
    return int(text[1:5], 16), text[5:7], int(text[7:11] or "0", 16), int(text[11:13] or "0", 16)


def _is_one(data: bytes) -> bool:
    try:
        return _is_request(data) and _fields(data)[0] >= 0
    except ValueError:
        return False


_PROTOCOL = Protocol(
    lengths=(_READING, *(n for n in range(_SHORTEST, _LONGEST + 1) if n != _READING)),
    is_request=_is_one,
    is_read=lambda data: _fields(data)[1] == _READ,
    unit_of=lambda data: _fields(data)[0],
    frame_bytes=lambda _: _MOST_BYTES,
    build=lambda unit, image: _closed(f"!{unit:04X}{_READ}{image.hex().upper()}"),
    checksum_at=_CHECKSUM_AT,
    block_of=lambda data: Block(Space.FRAME, *_fields(data)[2:]),
)


class _Ivtms(FramedSpeaker):
    def _asked(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        unit, command, _, count = _fields(request)
        if command == _READ and count <= _MOST_BYTES:
            yield from super()._asked(instrument, request, t_ms)
            return
        instrument.requests += 1
        instrument.writes_attempted += command != _READ
        strike = instrument.faults.strike()
        refusal = b"" if strike.silent or strike.exception is not None else _closed(f"?{unit:04X}{command}")
        if data := strike.deliver(refusal, request=request, checksum_at=_CHECKSUM_AT):
            yield Reply(data, strike.delay_ms)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The instruments of a line, told apart by address."""
    return _Ivtms(_PROTOCOL, instruments)
