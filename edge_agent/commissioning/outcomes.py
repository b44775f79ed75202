"""What one request to an address brought, from the bytes that came. Pure.

On a bus anything can come instead of an answer: the request itself (an adapter that hears what it sends), the
answer of another device, or a heap of bytes in which no checksum fits.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from edge_agent.drivers._checksums import crc16_modbus

_EXCEPTION: Final = 0x80
_EXCEPTION_BYTES: Final = 5
_SHORTEST: Final = 5
_COUNTED: Final = frozenset({1, 2, 3, 4, 17})
"""Functions whose answer tells its length in its third byte."""


class Heard(StrEnum):
    """What came; the first three mean that a device is there."""

    ANSWER = "answer"
    REFUSED = "refused"  # a Modbus exception: it is there, and does not have this register
    BUSY = "busy"
    FOREIGN = "foreign"  # a valid frame under another address
    GARBLED = "garbled"
    ECHO = "echo"  # nothing but our own request
    SILENT = "silent"


PRESENT: Final = frozenset({Heard.ANSWER, Heard.REFUSED, Heard.BUSY})


class Outcome(Struct, frozen=True, kw_only=True):
    """One request to one address."""

    unit: int
    heard: Heard
    data: bytes = b""
    """The data of an answer, else whatever came."""
    code: int = 0
    """Of a Modbus exception."""
    sender: int | None = None
    """Whose address a foreign frame carried."""
    echoed: bool = False
    """The request came back before anything else."""
    took_ms: float = 0.0
    """From the request to the answer; 0 where there was none."""


def explain(unit: int, sent: bytes, came: bytes) -> Outcome:
    """Why there was no answer, from what was heard on a line without transaction numbers."""
    echoed = bool(sent) and came.startswith(sent)
    rest = came[len(sent) :] if echoed else came
    if not rest:
        return Outcome(unit=unit, heard=Heard.ECHO if echoed else Heard.SILENT, echoed=echoed)
    sender = next((frame[0] for frame in frames(rest) if frame[0] != unit), None)
    heard = Heard.GARBLED if sender is None else Heard.FOREIGN
    return Outcome(unit=unit, heard=heard, data=rest, sender=sender, echoed=echoed)


def frames(data: bytes) -> Iterator[bytes]:
    """The valid RTU answers in a heap of bytes, wherever they begin."""
    start = 0
    while start + _SHORTEST <= len(data):
        size = _size(data, start)
        frame = data[start : start + size]
        if size and len(frame) == size and crc16_modbus(frame[:-2]) == int.from_bytes(frame[-2:], "little"):
            yield frame
            start += size
        else:
            start += 1


def _size(data: bytes, start: int) -> int:
    function = data[start + 1]
    if function in _COUNTED:
        return _SHORTEST + data[start + 2]
    return _EXCEPTION_BYTES if function & _EXCEPTION else 0
