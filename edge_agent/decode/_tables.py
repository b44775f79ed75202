"""Tank tables: what a level means in m³, straight between two points, and the end beyond the last."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from sensor_profiles.model import Channel
from wire.messages import Quality, Value

_DIGITS = 6
"""Of m³: a millilitre, finer than any tank is known."""


class Table:
    """The table of one channel."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        self._points = tuple(points)
        self._levels = [level for level, _ in points]

    def read(self, level: float) -> tuple[float, bool]:
        """What is in the tank, and whether the table reaches so far; if not, it is the nearest end."""
        if not self._levels[0] <= level <= self._levels[-1]:
            return self._points[0 if level < self._levels[0] else -1][1], False
        at = min(bisect_right(self._levels, level), len(self._points) - 1)
        (low, less), (high, more) = self._points[at - 1], self._points[at]
        return round(less + (more - less) * (level - low) / (high - low), _DIGITS), True


class Tables:
    """The tables of a device's channels."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        self._tables = [(n, Table(channel.table)) for n, channel in enumerate(channels) if channel.table]

    def __bool__(self) -> bool:
        return bool(self._tables)

    def apply(
        self, values: Sequence[Value], faults: dict[int, Quality]
    ) -> tuple[tuple[Value, ...], dict[int, Quality]]:
        """Levels to volumes; one beyond its table is the end of it, and out of range."""
        found, marked = list(values), dict(faults)
        for n, table in self._tables:
            level = found[n]
            if isinstance(level, float):
                found[n], inside = table.read(level)
                if not inside:
                    marked[n] = Quality.BAD_OUT_OF_RANGE
        return tuple(found), marked
