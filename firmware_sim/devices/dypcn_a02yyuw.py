"""DYP-A02YYUW ultrasonic distance sensors: `FF`, millimetres, sum of the three, again and again.

Real ones send ten times a second, this one once. Source: DFRobot SEN0311.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument

_START, _BYTES = b"\xff", 4


def _build(_: int, image: bytes) -> bytes:
    body = _START + image[1:3]
    return body + bytes([sum(body) % 256])


_PROTOCOL = Protocol(
    lengths=(),
    is_request=lambda _: False,
    is_read=lambda _: False,
    unit_of=lambda _: None,
    frame_bytes=lambda _: _BYTES,
    build=_build,
    checksum_at=-1,
    streams=True,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The distance sensor of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
