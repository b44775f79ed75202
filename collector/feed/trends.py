"""Readings as curves: buckets, what is usual at an hour of the day, when alarms stood; pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct

from collector.alarms.alarm import Entry
from collector.alarms.lifecycle import Trigger
from collector.arrivals import StoredReading
from collector.store.selection import counts, mean

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
DAYS: Final = 14
LEAST_DAYS: Final = 5
"""So many of the days before must have something in the hour."""
_BUCKETS: Final = 500
_STEPS_MS: Final = tuple(
    1000 * s
    for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
)


class Curve(Struct, frozen=True):
    """Buckets by their beginning (Unix ms); empty ones are left out."""

    t: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


class Usual(Struct, frozen=True):
    """The middle 90 % at each hour (Unix ms of its beginning); None where too little is known."""

    t: list[int]
    low: list[float | None]
    high: list[float | None]


class Span(Struct, frozen=True):
    """When an alarm stood, Unix ms; `to_ms` None: it still does."""

    key: str
    from_ms: int
    to_ms: int | None
    entry: Entry


def step_ms(from_ms: int, to_ms: int) -> int:
    """The width of buckets of which some 500 cover a range."""
    least = (to_ms - from_ms) / _BUCKETS
    return next((step for step in _STEPS_MS if step >= least), -(-(to_ms - from_ms) // _BUCKETS))


def curve(readings: Iterable[StoredReading], every_ms: int) -> Curve:
    """Readings of one point, in order of time, as buckets; texts and bad ones count not."""
    found = Curve([], [], [], [])
    for bucket, inside in groupby(readings, key=lambda one: one.t_ms // every_ms):
        values = numbers(inside)
        if values:
            found.t.append(bucket * every_ms)
            found.mean.append(mean(values))
            found.low.append(min(values))
            found.high.append(max(values))
    return found


def numbers(readings: Iterable[StoredReading]) -> list[float]:
    """The values that count."""
    return [float(one.value) for one in readings if counts(one.value, one.quality) and one.value is not None]


def usual(readings: Iterable[StoredReading], from_ms: int, to_ms: int) -> Usual | None:
    """What is usual in a range, by the 14 days before each of its hours; None: nowhere enough is known.

    Args:
        readings: of one point, from 14 days before the range to its end.
        from_ms: the beginning of the range, Unix ms.
        to_ms: its end.
    """
    hours = {hour: numbers(inside) for hour, inside in groupby(readings, key=lambda one: one.t_ms // HOUR_MS)}
    asked = range(from_ms // HOUR_MS, -(-to_ms // HOUR_MS))
    bands = [_band([hours.get(hour - 24 * day, []) for day in range(1, DAYS + 1)]) for hour in asked]
    if not any(bands):
        return None
    return Usual(
        [hour * HOUR_MS for hour in asked],
        [band[0] if band else None for band in bands],
        [band[1] if band else None for band in bands],
    )


def _band(days: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    known = [day for day in days if day]
    if len(known) < LEAST_DAYS:
        return None
    values = sorted(value for day in known for value in day)
    last = len(values) - 1
    return values[round(0.05 * last)], values[round(0.95 * last)]


def spans(entries: Iterable[Entry], from_ms: int, to_ms: int) -> list[Span]:
    """When alarms stood, as far as it touches a range; by the gateways' clocks, from entries in any order."""
    begun: dict[tuple[str, str], Entry] = {}
    ended: dict[tuple[str, str], int] = {}
    for entry in entries:
        name = entry.key, entry.occurrence
        if entry.trigger is Trigger.RAISE and entry.event is not None:
            begun[name] = entry
        elif entry.trigger in {Trigger.CLEAR, Trigger.COVER}:
            ended[name] = entry.event.t_ms if entry.event else entry.t_ms
    found = [_span(name, entry, ended) for name, entry in begun.items()]
    return [one for one in found if one.from_ms < to_ms and (one.to_ms is None or one.to_ms >= from_ms)]


def _span(name: tuple[str, str], entry: Entry, ended: Mapping[tuple[str, str], int]) -> Span:
    assert entry.event is not None, "only such were taken"
    return Span(entry.key, entry.event.since_ms, ended.get(name), entry)
