"""One timer for all links that wait for the same instant: they wake in the same turn of the loop.

Polling everything at one instant is several times cheaper than the same polls spread over the second,
because the process sleeps and wakes once instead of once a device.
"""

import asyncio
from collections.abc import Callable

from edge_agent.samples import Instant

LONGEST_SLEEP_S = 60.0
"""Sleep is measured on the steady clock; a wall clock set meanwhile is noticed at the latest then."""


class Bell:
    """Rings at instants of the wall clock, and for everybody when it is stopped."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self.stopped = False
        self._now = now
        self._waiters: dict[int, list[asyncio.Future[None]]] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def at(self, wall_ms: int) -> asyncio.Future[None]:
        """What to wait for: it comes then, at `stop`, or after `LONGEST_SLEEP_S`.

        The caller looks at the clock again, and may set the result itself to wake sooner.
        """
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        if self.stopped:
            waiter.set_result(None)
            return waiter
        if wall_ms not in self._timers:
            wait_s = min((wall_ms - self._now().wall_ms) / 1000, LONGEST_SLEEP_S)
            self._timers[wall_ms] = loop.call_later(max(wait_s, 0.0), self._ring, wall_ms)
        self._waiters.setdefault(wall_ms, []).append(waiter)
        return waiter

    def stop(self) -> None:
        """Wake everybody, now and for ever."""
        self.stopped = True
        for wall_ms in tuple(self._timers):
            self._ring(wall_ms)

    def _ring(self, wall_ms: int) -> None:
        self._timers.pop(wall_ms).cancel()
        for waiter in self._waiters.pop(wall_ms, ()):
            if not waiter.done():
                waiter.set_result(None)
