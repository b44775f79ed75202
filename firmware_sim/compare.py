"""The verdict: is every value that was read stored exactly once, and nothing stored that was not read?

values on the wire ─┐
                    ├─▶ paired, point by point ─▶ what is left over on either side gets a name
stored readings ────┘
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from firmware_sim.matching import Pairing
from firmware_sim.truth import StoredValue, TrueValue

Point = tuple[str, str, str]
Window = tuple[str, int, int]
"""Site, first and last millisecond."""

Record = TypeVar("Record", TrueValue, StoredValue)

_EXAMPLES = 12


class Kind(StrEnum):
    """What became of one value or one stored reading."""

    MATCHED = "matched"  # stored as it was
    LOST = "lost"  # answered, and nothing was stored for it
    MISSED = "missed"  # answered, and stored honestly as not measured: the agent did not get the answer
    UNWRITTEN = "unwritten"  # lost in a window in which the agent was killed between reading and writing
    REPEATED = "repeated"  # the other answer of a poll that was asked again
    DUPLICATED = "duplicated"  # stored again for one value
    WRONG = "wrong"  # stored, and no instrument ever said so
    UNMEASURED = "unmeasured"  # stored as not measured, and nothing was


_SHOWN = frozenset({Kind.LOST, Kind.MISSED, Kind.DUPLICATED, Kind.WRONG})


class Finding(Struct, frozen=True):
    """One value or reading that is not as it should be."""

    kind: Kind
    site: str
    device: str
    channel: str
    t_ms: int
    value: float | str | None


class Verdict(Struct, frozen=True, kw_only=True, rename={"expected": "true"}):
    """Counts of readings; the first four names are those that the demo prints.

    Where nothing is lost, duplicated, wrong or missed, `true` equals `stored`.
    """

    expected: int
    stored: int
    lost: int
    duplicated: int
    wrong: int
    missed: int
    unwritten: int
    unmeasured: int
    repeated: int
    examples: tuple[Finding, ...] = ()

    @property
    def good(self) -> bool:
        """Nothing lost, duplicated or invented, and not for want of readings."""
        return self.stored > 0 and not (self.lost or self.duplicated or self.wrong)


def compare(
    truth: Iterable[TrueValue],
    stored: Iterable[StoredValue],
    tolerance_ms: int,
    *,
    retry_ms: int = 0,
    tolerated: Sequence[Window] = (),
) -> Verdict:
    """Hold what was stored against what the instruments said.

    Args:
        truth: what was served, in any order.
        stored: what was stored, in any order.
        tolerance_ms: how far a reading's time may be from its value's; not longer than the poll period.
        retry_ms: two answers closer than this belong to one poll; half the poll period.
        tolerated: when, and where, an agent may have been killed between reading and writing.
    """
    found = list(_findings(truth, stored, tolerance_ms, retry_ms, tolerated))
    counts = Counter(finding.kind for finding in found)
    matched = counts[Kind.MATCHED]
    return Verdict(
        expected=matched + counts[Kind.LOST] + counts[Kind.MISSED],
        stored=matched + counts[Kind.DUPLICATED] + counts[Kind.WRONG],
        lost=counts[Kind.LOST],
        duplicated=counts[Kind.DUPLICATED],
        wrong=counts[Kind.WRONG],
        missed=counts[Kind.MISSED],
        unwritten=counts[Kind.UNWRITTEN],
        unmeasured=counts[Kind.UNMEASURED],
        repeated=counts[Kind.REPEATED],
        examples=tuple(finding for finding in found if finding.kind in _SHOWN)[:_EXAMPLES],
    )


def _findings(
    truth: Iterable[TrueValue],
    stored: Iterable[StoredValue],
    tolerance_ms: int,
    retry_ms: int,
    tolerated: Sequence[Window],
) -> Iterator[Finding]:
    values, readings = _by_point(truth), _by_point(stored)
    for point in sorted(values.keys() | readings.keys()):
        judged = _Judged(values[point], readings[point], tolerance_ms, retry_ms, tolerated)
        yield from judged.values()
        yield from judged.readings()


def _by_point(items: Iterable[Record]) -> defaultdict[Point, list[Record]]:
    points: defaultdict[Point, list[Record]] = defaultdict(list)
    for item in items:
        points[item.site, item.device, item.channel].append(item)
    for series in points.values():
        series.sort(key=lambda item: item.t_ms)
    return points


class _Judged:
    """One point."""

    def __init__(
        self,
        true: list[TrueValue],
        stored: list[StoredValue],
        tolerance_ms: int,
        retry_ms: int,
        tolerated: Sequence[Window],
    ) -> None:
        self._true, self._stored, self._tolerated = true, stored, tolerated
        self._tolerance_ms, self._retry_ms = tolerance_ms, retry_ms
        self._admitted: set[int] = set()
        due = [value.mode == "asked" and not self._is_tolerated(value) for value in true]
        self._pairs = Pairing(true, stored, tolerance_ms, due)
        self._honest = [
            reading.t_ms
            for reading, value in zip(stored, self._pairs.value_of, strict=True)
            if value is None and _claims_nothing(reading)
        ]

    def values(self) -> Iterator[Finding]:
        for index, value in enumerate(self._true):
            if kind := self._fate(index, value):
                yield _finding(kind, value)

    def readings(self) -> Iterator[Finding]:
        for index, reading in enumerate(self._stored):
            if self._pairs.value_of[index] is not None:
                continue
            if _claims_nothing(reading):
                yield _finding(Kind.UNMEASURED, reading)
            elif self._pairs.values_like(index):
                yield _finding(Kind.DUPLICATED, reading)
            else:
                yield _finding(Kind.WRONG, reading)

    def _fate(self, index: int, value: TrueValue) -> Kind | None:
        if self._pairs.reading_of[index] is not None:
            return Kind.MATCHED
        if value.mode != "asked":
            return None
        if self._was_asked_again(index):
            return Kind.REPEATED
        if self._is_tolerated(value):
            return Kind.UNWRITTEN
        if not self._is_admitted(value):
            return Kind.LOST
        self._admitted.add(index)
        return Kind.MISSED

    def _was_asked_again(self, index: int) -> bool:
        """Whether the answer before or after it, within one poll, was stored, or admitted to be missed."""
        for other in (index - 1, index + 1):
            if other in self._admitted or (
                0 <= other < len(self._true) and self._pairs.reading_of[other] is not None
            ):
                apart = abs(self._true[other].t_ms - self._true[index].t_ms)
                if apart < self._retry_ms:
                    return True
        return False

    def _is_tolerated(self, value: TrueValue) -> bool:
        return any(site == value.site and low <= value.t_ms <= high for site, low, high in self._tolerated)

    def _is_admitted(self, value: TrueValue) -> bool:
        """Take one stored reading that says `not measured` for this value, if there is one."""
        place = bisect_left(self._honest, value.t_ms - self._tolerance_ms)
        if place == len(self._honest) or self._honest[place] > value.t_ms + self._tolerance_ms:
            return False
        del self._honest[place]
        return True


def _claims_nothing(reading: StoredValue) -> bool:
    return reading.value is None and (reading.quality or "").startswith("bad")


def _finding(kind: Kind, item: TrueValue | StoredValue) -> Finding:
    return Finding(kind, item.site, item.device, item.channel, item.t_ms, item.value)
