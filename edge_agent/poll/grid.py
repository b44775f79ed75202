"""The instants at which a device is read: whole multiples of its period since 1970-01-01T00:00Z.

Sixty seconds means the full minute, on every gateway. A tick that could not be kept within half a period is
skipped and counted; two polls never follow on each other's heels to make up for it.
"""

from edge_agent.samples import Instant

CLOCK_STEP_MS = 500
"""When wall and monotonic time part by more than this, the wall clock was set: the grid is laid anew."""


def next_tick(wall_ms: int, period_ms: int) -> int:
    """The first instant of the grid after `wall_ms`."""
    return (wall_ms // period_ms + 1) * period_ms


class Grid:
    """When one device is due."""

    def __init__(self, period_ms: int, now: Instant) -> None:
        self._period_ms = period_ms
        self.lay(now)

    def lay(self, now: Instant) -> None:
        """Begin anew: the next tick is the first one after now."""
        self.due_ms = next_tick(now.wall_ms, self._period_ms)
        self._offset_ms = now.wall_ms - now.mono_ms

    def owe(self, due_ms: int) -> None:
        """Begin with an earlier tick that another poller left undone, if it is one of this grid."""
        if due_ms % self._period_ms == 0:
            self.due_ms = min(due_ms, self.due_ms)

    def take(self, now: Instant) -> bool:
        """Whether to poll now; if so, the tick is used up. Ticks that are too late must be skipped before."""
        if now.wall_ms < self.due_ms:
            return False
        self.due_ms += self._period_ms
        return True

    def skip(self, now: Instant) -> int:
        """Give up the ticks that can no longer be kept; returns how many. A clock that was set loses none."""
        step = now.wall_ms - now.mono_ms - self._offset_ms
        self._offset_ms += step
        if abs(step) > CLOCK_STEP_MS:
            self.lay(now)
            return 0
        if now.wall_ms - self.due_ms <= self._period_ms // 2:
            return 0
        first = self.due_ms
        self.due_ms = next_tick(now.wall_ms, self._period_ms)
        return (self.due_ms - first) // self._period_ms
