"""Honeywell HPM dust sensors: by themselves each second, and asked with `68 01 04 93`.

Answer: `40`, length, `04`, the values, and what makes the sum of all bytes end in 00; the compact version
has four values and four reserved bytes. Unasked, the standard version sends 32 bytes in Plantower's manner,
with the two values in the second and third word. Source: Honeywell datasheet 32322550, tables 4, 5, 6. What
would switch the fan, the mode or the coefficient is counted and not obeyed.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument

_ASKS, _ANSWERS, _READ = 0x68, 0x40, 0x04
_STANDARD_BYTES = 4
_COMPACT_RESERVED = bytes(4)


def _balanced(data: bytes) -> bytes:
    return data + bytes([(0x10000 - sum(data)) % 256])


def _build(_: int, image: bytes) -> bytes:
    values = image if len(image) == _STANDARD_BYTES else image + _COMPACT_RESERVED
    return _balanced(bytes([_ANSWERS, len(values) + 1, _READ]) + values)


def _build_unasked(image: bytes) -> bytes:
    """The compact version's own frame is not known here: it keeps silent until it is asked."""
    if len(image) != _STANDARD_BYTES:
        return b""
    body = b"BM\x00\x1c" + bytes(2) + image + bytes(20)
    return body + (sum(body) & 0xFFFF).to_bytes(2, "big")


def _is_request(data: bytes) -> bool:
    return data[0] == _ASKS and len(data) == data[1] + 3 and _balanced(data[:-1]) == data


_PROTOCOL = Protocol(
    lengths=(4, 5),
    is_request=_is_request,
    is_read=lambda data: data[2] == _READ,
    unit_of=lambda _: None,
    frame_bytes=lambda profile: profile.frame_bytes or _STANDARD_BYTES,
    build=_build,
    checksum_at=-1,
    streams=True,
    build_unasked=_build_unasked,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The dust sensor of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
