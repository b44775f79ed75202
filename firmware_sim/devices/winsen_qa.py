"""Winsen modules in question-and-answer mode: nine bytes asked, nine answered.

Question `FF 01 86 00 00 00 00 00 79`, answer `FF 86`, six data bytes, checksum: the two's complement of the
sum of all after the first byte. Source: Winsen manual ZE07-CH2O V1.8. Mode and calibration commands are not
obeyed.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument

_START, _READ, _BYTES = 0xFF, 0x86, 9


def complement(data: bytes) -> int:
    """Not (byte 1 + … + byte 7) + 1, as the manual writes it."""
    return (~sum(data[1:8]) + 1) & 0xFF


def _build(_: int, image: bytes) -> bytes:
    frame = bytes([_START, _READ]) + image[2:8]
    return frame + bytes([complement(frame)])


_PROTOCOL = Protocol(
    lengths=(_BYTES,),
    is_request=lambda data: data[0] == _START and complement(data) == data[-1],
    is_read=lambda data: data[2] == _READ,
    unit_of=lambda _: None,
    frame_bytes=lambda _: _BYTES,
    build=_build,
    checksum_at=-1,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The module of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
