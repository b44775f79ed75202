"""Sensirion SPS30 over SHDLC, measuring since somebody started it.

Request `7E addr cmd len … sum 7E`, answer the same with a state after the command; 7E, 7D, 11, 13 inside
become 7D and the byte with bit 5 turned. Source: Sensirion/embedded-uart-sps. Start, stop, cleaning and the
rest are counted and not obeyed.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument

_FLAG = b"\x7e"
_READ, _NO_ERROR, _DATA_BYTES = 3, 0, 40
_STUFFED = {0x7E: b"\x7d\x5e", 0x7D: b"\x7d\x5d", 0x11: b"\x7d\x31", 0x13: b"\x7d\x33"}
_MARK = b"\x7d"


def _stuff(data: bytes) -> bytes:
    return b"".join(_STUFFED.get(byte, bytes([byte])) for byte in data)


def _unstuff(data: bytes) -> bytes:
    for byte, pair in _STUFFED.items():
        if byte != _MARK[0]:
            data = data.replace(pair, bytes([byte]))
    return data.replace(_STUFFED[_MARK[0]], _MARK)


def _framed(body: bytes) -> bytes:
    return _FLAG + _stuff(body + bytes([255 - sum(body) % 256])) + _FLAG


def _is_request(data: bytes) -> bool:
    if data[:1] != _FLAG or data[-1:] != _FLAG or _FLAG in data[1:-1]:
        return False
    return _framed(_unstuff(data[1:-1])[:-1]) == data


_PROTOCOL = Protocol(
    lengths=tuple(range(6, 13)),
    is_request=_is_request,
    is_read=lambda data: _unstuff(data[1:-1])[1] == _READ,
    unit_of=lambda data: _unstuff(data[1:-1])[0],
    frame_bytes=lambda _: _DATA_BYTES,
    build=lambda unit, image: _framed(bytes([unit, _READ, _NO_ERROR, _DATA_BYTES]) + image),
    checksum_at=-2,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The sensors of a line, told apart by address."""
    return FramedSpeaker(_PROTOCOL, instruments)
