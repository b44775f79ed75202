"""Finds the few lines InfluxDB will never take among many good ones, in few requests.

Writing a good line twice changes nothing, so any part of a request may be sent again. A conflict of types
costs the scan one channel, never the others; what is not refused has been stored when the search ends.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from collector.arrivals import Refused
from collector.store.influx_answer import Complaint
from collector.store.line_protocol import Field, Line

Send = Callable[[Sequence[Line]], Complaint | None]
"""Writes lines; None when all are stored."""


def sift(lines: Sequence[Line], complaint: Complaint, send: Send) -> Iterator[Refused]:
    """Store all that can be stored of `lines`, about which InfluxDB complained, and name the rest."""
    suspects = [line for line in lines if _channels(line, complaint)]
    if suspects and (len(suspects) < len(lines) or not all(_one_channel(line) for line in lines)):
        yield from _without_channel(lines, suspects, complaint, send)
    elif len(lines) == 1 or complaint.dropped == len(lines):
        yield from (_refused(line, complaint) for line in lines)
    else:
        middle = len(lines) // 2
        yield from _store(lines[:middle], send)
        yield from _store(lines[middle:], send)


def _store(lines: Sequence[Line], send: Send) -> Iterator[Refused]:
    if lines and (complaint := send(lines)):
        yield from sift(lines, complaint, send)


def _without_channel(
    lines: Sequence[Line], suspects: Sequence[Line], complaint: Complaint, send: Send
) -> Iterator[Refused]:
    """First everything but the channel in conflict, then that channel alone.

    In order of time, for InfluxDB settles a field's type anew in each shard, which is a span of time.
    """
    rest = [_parted(line, _channels(line, complaint), keep=False) for line in lines]
    alone = [_parted(line, _channels(line, complaint), keep=True) for line in suspects]
    yield from _store([line for line in rest if line.fields], send)
    yield from _store(sorted(alone, key=lambda line: line.t_ms), send)


def _channels(line: Line, complaint: Complaint) -> frozenset[str]:
    return frozenset(field.channel for field in line.fields if _in_conflict(field, complaint))


def _in_conflict(field: Field, complaint: Complaint) -> bool:
    return field.key == complaint.key and field.kind == complaint.kind


def _one_channel(line: Line) -> bool:
    return len({field.channel for field in line.fields}) == 1


def _parted(line: Line, channels: frozenset[str], *, keep: bool) -> Line:
    """The line with only these channels, or without them; a value and its quality stay together."""
    return replace(line, fields=tuple(field for field in line.fields if (field.channel in channels) is keep))


def _refused(line: Line, complaint: Complaint) -> Refused:
    channels = sorted(_channels(line, complaint))
    reason = f"channel {', '.join(channels)} {complaint.reason}" if channels else complaint.reason
    return Refused(line.gateway, line.device, line.t_ms, reason)
