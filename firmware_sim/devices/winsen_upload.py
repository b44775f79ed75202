"""Winsen gas modules that upload: each second `FF`, gas, unit, decimals, value, full scale, checksum.

The factory's mode; a module in it takes no notice of anything. Source: Winsen manual ZE07-CO V1.2.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument
from firmware_sim.devices.winsen_qa import complement

_START, _BYTES = 0xFF, 9
_FULL_SCALE = (5000).to_bytes(2, "big")


def _build(_: int, image: bytes) -> bytes:
    frame = bytes([_START]) + image[1:6] + _FULL_SCALE
    return frame + bytes([complement(frame)])


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
    """The module of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
