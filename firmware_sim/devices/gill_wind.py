"""Gill WindSonic: a line each second, or one when polled with its letter.

`STX Q,ddd,sss.ss,M,nn, ETX cc CR LF`; in calm the direction is empty; cc is the exclusive-or of what is
between STX and ETX. Source: Gill manual 1405-PS-0019, section 9. In continuous mode a poll is not answered.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument
from firmware_sim.devices.written import decimal, is_number

_POLL = b"?"
_BEFORE_A = 0x40
_SPEED_CHARACTERS, _FRAME_BYTES = 6, 10


def _build(unit: int, image: bytes) -> bytes:
    direction = decimal(image[:4], 0).zfill(3) if is_number(image[:4]) else ""
    speed = decimal(image[4:8], 2).zfill(_SPEED_CHARACTERS)
    text = f"{chr(_BEFORE_A + unit)},{direction},{speed},{chr(image[8])},{image[9]:02X},"
    check = 0
    for character in text:
        check ^= ord(character)
    return f"\x02{text}\x03{check:02X}\r\n".encode()


_PROTOCOL = Protocol(
    lengths=(2,),
    is_request=lambda data: data[:1] == _POLL and data[1:].isupper(),
    is_read=lambda _: True,
    unit_of=lambda data: data[1] - _BEFORE_A,
    frame_bytes=lambda _: _FRAME_BYTES,
    build=_build,
    checksum_at=-3,
    streams=True,
    answers_while_streaming=False,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The wind sensor of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
