"""One time line over all runs of the agent, on which delays are measured.

Within a run it goes with the monotonic clock, so that setting the wall clock raises and clears nothing. Over
a restart it goes on by as much as the wall clock did, if that went forward.
"""

from msgspec import Struct

from edge_agent.samples import Instant

_LONGEST_ABSENCE_MS = 366 * 86_400_000


class Point(Struct, frozen=True):
    """The latest instant seen: on the time line and on the wall clock."""

    t: int = 0
    wall_ms: int = 0


class Timeline:
    """Turns instants into milliseconds of the time line."""

    def __init__(self, latest: Point | None = None) -> None:
        self._saved = latest
        self._offset: int | None = None
        self.latest = latest or Point()

    def at(self, instant: Instant) -> int:
        """The time of an instant; within a run later instants have later times."""
        if self._offset is None:
            self._offset = self._resumed(instant) - instant.mono_ms
        t = self._offset + instant.mono_ms
        if t > self.latest.t:
            self.latest = Point(t, instant.wall_ms)
        return t

    def _resumed(self, instant: Instant) -> int:
        if self._saved is None:
            return max(instant.mono_ms, 1)
        away_ms = instant.wall_ms - self._saved.wall_ms
        return self._saved.t + min(max(away_ms, 1), _LONGEST_ABSENCE_MS)
