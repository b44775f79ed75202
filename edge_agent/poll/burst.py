"""Burst: while something looks wrong with a device, it is read every few seconds beside its grid.

    grid     |·····························|·····························|····
    burst    |········h   x    x    x    x |    x    x    x              |         h: hurry, then for_s

Times are milliseconds of the monotonic clock. Three bounds hold whatever asks for hurry:

    grid     a burst poll begins only if it ends before the next regular poll of its line, even when no
             answer comes; so no regular poll waits for one
    hour     each poll during a burst, regular ones too, stands for `every`; in any hour they stand for
             `burst_per_hour_s` at the most, so that what is always odd is not polled fast for ever
    share    a `Budget` of the line, see `edge_agent.poll.budget`: at most share · T + c in any stretch T

Only a device that answered its last poll, of either kind, is read in a burst. A burst poll that brings no
answer ends the burst until a regular poll brings one, and decides nothing: whether a device lives is for
regular polls to find out, and no reading was due.
"""

from collections import deque
from typing import Final

from edge_agent.settings import PollTable

HOUR_MS: Final = 3_600_000
_NEVER: Final = -(2**62)


class Burst:
    """When one device is read beside its grid."""

    def __init__(self, poll: PollTable, min_period_ms: int) -> None:
        """Nothing is wrong yet; `min_period_ms` is the least distance of two polls of this device."""
        self._min_period_ms = min_period_ms
        self._every_ms = max(round(poll.burst_every_s * 1000), min_period_ms)
        self._for_ms = round(poll.burst_for_s * 1000)
        self._until_ms = _NEVER
        self._answered_ms: int | None = None
        self._fast: deque[int] = deque(maxlen=round(poll.burst_per_hour_s * 1000) // self._every_ms)
        """When it was polled fast; the oldest one of a full hour makes room for the next."""

    def hurry(self, now_ms: int) -> None:
        """Something looks wrong: the burst begins, or goes on, from now."""
        self._until_ms = now_ms + self._for_ms

    def is_on(self, now_ms: int) -> bool:
        """Whether something looks wrong; without it there is no need to look for a slot."""
        return now_ms <= self._until_ms

    def polled(self, now_ms: int, *, answered: bool) -> None:
        """Take note of a poll of either kind."""
        if self.is_on(now_ms) and self._room_ms() <= now_ms:
            self._fast.append(now_ms)
        self._answered_ms = now_ms if answered else None

    def slot(self, now_ms: int, longest_ms: float, own_tick_ms: int, line_tick_ms: int) -> int | None:
        """The first moment, from now, for a burst poll before the line's next regular poll.

        Args:
            now_ms: the present.
            longest_ms: what the poll takes when the device is at its slowest.
            own_tick_ms: the next regular poll of this device.
            line_tick_ms: the next regular poll of any device on its line.

        Returns:
            None when nothing is wrong, the hour is used up, or there is no room before that regular poll.
        """
        if self._answered_ms is None or not self._fast.maxlen:
            return None
        start_ms = max(now_ms, self._answered_ms + self._every_ms, self._room_ms())
        if start_ms > self._until_ms or start_ms + longest_ms > line_tick_ms:
            return None
        return start_ms if start_ms + self._min_period_ms <= own_tick_ms else None

    def _room_ms(self) -> int:
        """From when on the hour has room for one more."""
        return self._fast[0] + HOUR_MS if self._fast and len(self._fast) == self._fast.maxlen else _NEVER
