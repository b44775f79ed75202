"""Plantower PMS dust sensors: frames by themselves (active), or one for each read command (passive).

Frame `42 4D`, u16 BE length of what follows, data, u16 BE sum of all before it. Read command
`42 4D E2 00 00 01 71`, which an active sensor ignores. Source: avaldebe/PyPMS. Mode and sleep commands are
counted and not obeyed: which mode a sensor is in is its set-up's business.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument

_HEAD, _READ = b"BM", 0xE2
_REQUEST_BYTES, _FRAME_BYTES = 7, 32


def _is_request(data: bytes) -> bool:
    return data[:2] == _HEAD and sum(data[:-2]).to_bytes(2, "big") == data[-2:]


def _build(_: int, image: bytes) -> bytes:
    body = _HEAD + (len(image) - 4).to_bytes(2, "big") + image[4:-2]
    return body + (sum(body) & 0xFFFF).to_bytes(2, "big")


_PROTOCOL = Protocol(
    lengths=(_REQUEST_BYTES,),
    is_request=_is_request,
    is_read=lambda data: data[2] == _READ,
    unit_of=lambda _: None,
    frame_bytes=lambda profile: profile.frame_bytes or _FRAME_BYTES,
    build=_build,
    checksum_at=-1,
    streams=True,
    answers_while_streaming=False,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The dust sensor of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
