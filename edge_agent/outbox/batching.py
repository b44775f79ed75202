"""Scans ─▶ tables of a batch, and times that were doubtful ─▶ better ones; pure.

Invariants: one table a device, rows in order of time, every row as wide as its table.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from edge_agent.samples import Scan, Told
from wire.messages import AlarmEvent, Clock, Quality, Row, Table

Tables = tuple[Table, ...]


def tables_of(scans: Iterable[Scan], names: Mapping[str, tuple[str, ...]]) -> Tables:
    """Group scans by device, in the order in which devices first appear.

    Args:
        scans: in any order; each has as many values as its device has channels.
        names: device → its channels' names.
    """
    groups: dict[str, list[Scan]] = {}
    for scan in scans:
        groups.setdefault(scan.device, []).append(scan)
    return tuple(
        Table(device=device, channels=names[device], rows=tuple(map(_row, sorted(group, key=_taken))))
        for device, group in groups.items()
    )


def retimed(tables: Iterable[Table], offset_ms: int, clock: Clock) -> Tables:
    """The same rows at monotonic time + offset; with an unsynced clock what was good becomes uncertain."""
    return tuple(
        replace(table, rows=tuple(_retimed_row(row, offset_ms, clock) for row in table.rows))
        for table in tables
    )


def retimed_alarms(alarms: Iterable[Told], offset_ms: int, clock: Clock) -> tuple[AlarmEvent, ...]:
    """The same events at monotonic time + offset; how long before an event it began stays as it was."""
    return tuple(_retimed_event(told, told.mono_ms + offset_ms, clock) for told in alarms)


def readings_in(tables: Iterable[Table]) -> int:
    """How many readings: rows times channels."""
    return sum(len(table.channels) * len(table.rows) for table in tables)


def span(tables: Sequence[Table], alarms: Sequence[AlarmEvent] = ()) -> tuple[int, int]:
    """The first and the last time, Unix ms; there is at least one row or event."""
    times = [row.t_ms for table in tables for row in table.rows]
    times += [event.t_ms for event in alarms]
    return min(times), max(times)


def first_mono_ms(tables: Sequence[Table]) -> int:
    """The smallest monotonic time; there is at least one row."""
    return min(row.mono_ms for table in tables for row in table.rows)


def _taken(scan: Scan) -> tuple[int, int]:
    return scan.taken.wall_ms, scan.taken.mono_ms


def _row(scan: Scan) -> Row:
    return Row(
        t_ms=scan.taken.wall_ms,
        values=scan.values,
        quality=dict(scan.quality),
        clock=scan.clock,
        mono_ms=scan.taken.mono_ms,
    )


def _retimed_row(row: Row, offset_ms: int, clock: Clock) -> Row:
    quality = _doubted(row) if clock is Clock.UNSYNCED else row.quality
    return replace(row, t_ms=row.mono_ms + offset_ms, quality=quality, clock=clock)


def _retimed_event(told: Told, t_ms: int, clock: Clock) -> AlarmEvent:
    event = told.event
    since_ms = max(t_ms - (event.t_ms - event.since_ms), 0)
    return replace(event, t_ms=max(t_ms, 0), since_ms=since_ms, clock=clock)


def _doubted(row: Row) -> dict[int, str]:
    measured = {i: Quality.UNCERTAIN_CLOCK for i, value in enumerate(row.values) if value is not None}
    return {**measured, **row.quality}
