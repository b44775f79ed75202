"""Nova SDS011, SDS018, SDS021 dust sensors: a frame each second, or one for each query.

Frame `AA C0`, u16 LE PM2.5, u16 LE PM10, two id bytes, sum of the six, `AB`. Query `AA B4 04`, twelve 00,
`FF FF`, sum of bytes 2…16, `AB`. Source: avaldebe/PyPMS sds01x.py, ESPHome sds011.
Commands that would change mode, sleep, period or id are counted and not obeyed.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument

_REQUEST_HEAD, _REPLY_HEAD, _TAIL = b"\xaa\xb4", b"\xaa\xc0", 0xAB
_QUERY = 0x04
_REQUEST_BYTES, _FRAME_BYTES, _CHECKSUM_AT = 19, 10, 8


def _is_request(data: bytes) -> bool:
    return data[:2] == _REQUEST_HEAD and data[-1] == _TAIL and sum(data[2:-2]) & 0xFF == data[-2]


def _build(unit: int, image: bytes) -> bytes:
    body = image[2:6] + unit.to_bytes(2, "big")
    return _REPLY_HEAD + body + bytes([sum(body) & 0xFF, _TAIL])


_PROTOCOL = Protocol(
    lengths=(_REQUEST_BYTES,),
    is_request=_is_request,
    is_read=lambda data: data[2] == _QUERY,
    unit_of=lambda _: None,
    frame_bytes=lambda _: _FRAME_BYTES,
    build=_build,
    checksum_at=_CHECKSUM_AT,
    streams=True,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The dust sensor of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
