"""What reading means, the same for every store: which points, in what order, how buckets are formed.

Buckets are aligned to 1970-01-01T00:00Z and named by their beginning; a bucket that the range cuts holds only
what lies in the range. Texts, absent values and bad readings are in no bucket; empty buckets are left out.
"""

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import translate
from itertools import groupby
from math import fsum
from operator import attrgetter

from msgspec import Struct

from collector.arrivals import Selection, StoredReading
from wire.messages import Value


class Point(Struct, frozen=True, order=True):
    """A point and the gateway that reads it; the order of the fields is the order of reading."""

    site: str
    device: str
    channel: str
    gateway: str

    def matches(self, pattern: re.Pattern[str]) -> bool:
        return pattern.fullmatch(f"{self.site}/{self.device}/{self.channel}") is not None


def compile_glob(points: str) -> re.Pattern[str]:
    """A glob over `site/device/channel`; `*` also crosses a slash."""
    return re.compile(translate(points))


def is_exact(points: str) -> bool:
    """Whether a glob means one point only."""
    return not set("*?[") & set(points)


def newest(readings: Iterable[StoredReading]) -> Iterator[StoredReading]:
    """Of each point the newest of these readings, in order of point."""
    found: dict[tuple[str, str, str], StoredReading] = {}
    for one in readings:
        key = one.site, one.device, one.channel
        if key not in found or found[key].t_ms < one.t_ms:
            found[key] = one
    yield from (found[key] for key in sorted(found))


def mean(numbers: Sequence[float]) -> float:
    """The mean, correctly rounded, of numbers whose sum may lie beyond the largest float."""
    try:
        return fsum(numbers) / len(numbers)
    except OverflowError:
        return fsum(number / len(numbers) for number in numbers)


AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": mean,
    "min": min,
    "max": max,
    "last": lambda numbers: numbers[-1],
    "count": lambda numbers: float(len(numbers)),
}


def arrange(
    points: Iterable[Point], readings_of: Callable[[Point], Iterator[StoredReading]], selection: Selection
) -> Iterator[StoredReading]:
    """All readings in order of point, then time; a point that two gateways read is merged by time.

    Args:
        points: those that match.
        readings_of: one point's raw readings of the selected range, in order of time.
        selection: says whether and how they are put into buckets.
    """
    for _, same in groupby(sorted(points), key=attrgetter("site", "device", "channel")):
        streams = [_downsampled(readings_of(point), selection) for point in same]
        yield from heapq.merge(*streams, key=attrgetter("t_ms")) if len(streams) > 1 else streams[0]


def _downsampled(readings: Iterator[StoredReading], selection: Selection) -> Iterator[StoredReading]:
    every = selection.every_ms
    if every is None:
        yield from readings
        return
    aggregate = AGGREGATES[selection.aggregate]
    for bucket, inside in groupby(readings, key=lambda reading: reading.t_ms // every):
        found = [reading for reading in inside if counts(reading.value, reading.quality)]
        if found:
            first = found[0]
            value = aggregate([float(reading.value) for reading in found if reading.value is not None])
            yield StoredReading(
                first.site, first.gateway, first.device, first.channel, bucket * every, value, None
            )


def counts(value: Value, quality: str | None) -> bool:
    """Whether a reading is a number that is not bad."""
    return isinstance(value, float | int) and not (quality and quality.startswith("bad"))
