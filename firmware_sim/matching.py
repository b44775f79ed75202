"""Which stored readings stand for which values: the best pairing there is, so that no doubt counts as a loss.

Two readings of a steady value look alike, so the nearest pair is not always the right one: pairs are found
greedily and then rearranged along alternating paths until nothing more fits (Kuhn, on sorted lists).
"""

import math
from bisect import bisect_left
from collections.abc import Sequence

from firmware_sim.truth import StoredValue, TrueValue

_RELATIVE = 1e-9
_ABSOLUTE = 1e-9


def agrees(true: TrueValue, stored: StoredValue) -> bool:
    """Whether a stored reading says what the instrument said; no value there is a bad quality here."""
    if true.value is None:
        return (stored.quality or "").startswith("bad")
    if isinstance(true.value, str) or isinstance(stored.value, str | None):
        return true.value == stored.value
    return math.isclose(true.value, stored.value, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)


class Pairing:
    """Values and readings of one point, paired; both sorted by time.

    Attributes:
        reading_of: value → its reading, by index, None where there is none.
        value_of: reading → its value.
    """

    def __init__(
        self, true: Sequence[TrueValue], stored: Sequence[StoredValue], tolerance_ms: int, due: Sequence[bool]
    ) -> None:
        """Pair as many readings as possible; among those ways, as many of the values that are `due`."""
        self._true, self._stored, self._tolerance_ms = true, stored, tolerance_ms
        self._true_times = [value.t_ms for value in true]
        self._stored_times = [reading.t_ms for reading in stored]
        self.reading_of: list[int | None] = [None] * len(true)
        self.value_of: list[int | None] = [None] * len(stored)
        self._take_nearest()
        self._place_readings()
        self._place_due_values(due)

    def values_like(self, reading: int) -> list[int]:
        """The values a reading may stand for, nearest first."""
        stored = self._stored[reading]
        near = self._near(self._true_times, stored.t_ms)
        fits = [index for index in near if agrees(self._true[index], stored)]
        return sorted(fits, key=lambda index: abs(self._true_times[index] - stored.t_ms))

    def _readings_like(self, value: int) -> list[int]:
        true = self._true[value]
        near = self._near(self._stored_times, true.t_ms)
        return [index for index in near if agrees(true, self._stored[index])]

    def _near(self, times: list[int], t_ms: int) -> range:
        low = bisect_left(times, t_ms - self._tolerance_ms)
        return range(low, bisect_left(times, t_ms + self._tolerance_ms + 1, low))

    def _take_nearest(self) -> None:
        for reading in range(len(self._stored)):
            for value in self.values_like(reading):
                if self.reading_of[value] is None:
                    self._join(value, reading)
                    break

    def _place_readings(self) -> None:
        """Give each reading that is left over a value, moving others to values that serve them as well."""
        seen: set[int] = set()
        for reading in range(len(self._stored)):
            if self.value_of[reading] is None:
                self._shift(reading, seen)

    def _shift(self, start: int, seen: set[int]) -> None:
        came_from: dict[int, int] = {}
        waiting = [start]
        while waiting:
            reading = waiting.pop()
            for value in self.values_like(reading):
                if value in seen:
                    continue
                seen.add(value)
                came_from[value] = reading
                holder = self.reading_of[value]
                if holder is None:
                    self._hand_over(value, came_from)
                    seen.difference_update(came_from)
                    return
                waiting.append(holder)

    def _hand_over(self, value: int | None, came_from: dict[int, int]) -> None:
        while value is not None:
            reading = came_from[value]
            left = self.value_of[reading]
            self._join(value, reading)
            value = left

    def _place_due_values(self, due: Sequence[bool]) -> None:
        """Give each due value that is left over a reading that now stands for one that need not be there."""
        seen: set[int] = set()
        for value in range(len(self._true)):
            if due[value] and self.reading_of[value] is None:
                self._claim(value, due, seen)

    def _claim(self, start: int, due: Sequence[bool], seen: set[int]) -> None:
        wanted_by: dict[int, int] = {}
        waiting = [start]
        while waiting:
            value = waiting.pop()
            for reading in self._readings_like(value):
                if reading in seen:
                    continue
                seen.add(reading)
                wanted_by[reading] = value
                holder = self.value_of[reading]
                if holder is None or not due[holder]:
                    self._release(holder, reading, wanted_by)
                    seen.difference_update(wanted_by)
                    return
                waiting.append(holder)

    def _release(self, loser: int | None, reading: int | None, wanted_by: dict[int, int]) -> None:
        if loser is not None:
            self.reading_of[loser] = None
        while reading is not None:
            value = wanted_by[reading]
            left = self.reading_of[value]
            self._join(value, reading)
            reading = left

    def _join(self, value: int, reading: int) -> None:
        self.reading_of[value] = reading
        self.value_of[reading] = value
