"""How fast a value changes, from few points: bounded however often it is read."""

from collections import deque
from typing import Final

_POINTS: Final = 16
_TOO_OLD: Final = 5
"""Times the window: what lies further back says nothing about now."""


class RateMeter:
    """Change per minute over at least a window; times are milliseconds of the time line."""

    def __init__(self, over_ms: int) -> None:
        self._over_ms = over_ms
        self._points: deque[tuple[int, float]] = deque()

    def step(self, t: int, value: float) -> float | None:
        """The change per minute up to this value; None while too little is known."""
        while len(self._points) > 1 and t - self._points[1][0] >= self._over_ms:
            self._points.popleft()
        then, before = self._points[0] if self._points else (t, value)
        if not self._points or t - self._points[-1][0] >= self._over_ms / _POINTS:
            self._points.append((t, value))
        if t - then > _TOO_OLD * self._over_ms:
            self._points.clear()
            self._points.append((t, value))
            return None
        return (value - before) / (t - then) * 60_000 if t - then >= self._over_ms else None
