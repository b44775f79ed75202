"""What one reading says about the alarms of its channel."""

import math
from collections.abc import Iterable

from edge_agent.conditions.board import Board, Moment, Params, Spot
from edge_agent.conditions.plan import Limit, StuckWatch, WatchedChannel
from edge_agent.conditions.rate import RateMeter
from edge_agent.conditions.reading import Reading, reading
from wire.messages import AlarmEvent, Quality, Value


class ChannelJudge:
    """Judges readings one by one.

    While a channel is noisy nothing that was raised is over: noise is within the limits again and again, and
    slow for a moment.
    """

    def __init__(self, board: Board, channels: Iterable[WatchedChannel]) -> None:
        self._board = board
        self._meters = {
            channel.rate.spot.key: RateMeter(channel.rate.over_ms)
            for channel in channels
            if channel.rate is not None
        }
        self._before: dict[str, float] = {}

    def judge(
        self, channel: WatchedChannel, now: Moment, value: Value, quality: Quality | None, *, heard: bool
    ) -> list[AlarmEvent]:
        """Everything that follows from one reading; `heard`: its device answered this poll."""
        read = reading(channel, value, quality)
        events = self._broken(channel, now, read) if heard else []
        for watch in channel.stuck:
            events += self._stuck(channel, watch, now, read)
        if channel.rate is not None:
            events += self._rate(channel, now, read)
        if channel.limits:
            events += self._limits(channel, now, read)
        return events

    def _broken(self, channel: WatchedChannel, now: Moment, read: Reading) -> list[AlarmEvent]:
        missing = read.is_missing
        if not missing and self._board.is_idle(channel.broken) and self._board.is_idle(channel.missing):
            return []
        params: Params = {"reason": read.quality, "value": read.number, "unit": channel.unit}
        holds = None if missing and not read.is_broken else missing
        events = self._board.note(channel.broken, now, params, holds=holds)
        return events + self._board.note(channel.missing, now, params, holds=missing)

    def _stuck(
        self, channel: WatchedChannel, watch: StuckWatch, now: Moment, read: Reading
    ) -> list[AlarmEvent]:
        if read.number is None:
            return []
        since_ms = None
        if watch.is_validators:
            holds: bool | None = self._is_stuck(watch.spot, read)
            since_ms = now.wall_ms - round(watch.minutes * 60_000)
        else:
            before = self._before.get(watch.spot.key)
            self._before[watch.spot.key] = read.number
            holds = None if before is None else read.number == before
        if not holds and self._board.is_idle(watch.spot):
            return []
        params: Params = {"value": read.number, "minutes": watch.minutes, "unit": channel.unit}
        return self._board.note(watch.spot, now, params, holds=holds, since_ms=since_ms)

    def _is_stuck(self, spot: Spot, read: Reading) -> bool:
        """By the validator, and then until it has moved: that its neighbours come to rest frees nothing."""
        return read.quality is Quality.UNCERTAIN_STUCK or self._board.said(spot).get("value") == read.number

    def _rate(self, channel: WatchedChannel, now: Moment, read: Reading) -> list[AlarmEvent]:
        limit = channel.rate
        if limit is None or read.now is None:
            return []
        rate = self._meters[limit.spot.key].step(now.t, read.now)
        if rate is None or not math.isfinite(rate):
            return self._board.note(limit.spot, now, {}, holds=None)
        passed = limit.passed(rate, raised=self._board.is_raised(limit.spot))
        if passed is None and self._board.is_idle(limit.spot):
            return []
        params: Params = {"value": read.now, "rate": rate, "unit": channel.unit}
        if passed is None:
            return self._board.note(limit.spot, now, params, holds=self._within(limit.spot, read))
        return self._board.note(limit.spot, now, {**params, "limit": passed}, holds=True, level=rate)

    def _limits(self, channel: WatchedChannel, now: Moment, read: Reading) -> list[AlarmEvent]:
        events: list[AlarmEvent] = []
        for limit in channel.limits:
            if self._board.is_idle(limit.spot) and not _passes(limit, read.now):
                continue
            params: Params = {
                "value": read.still,
                "limit": limit.bound,
                "clear_at": limit.clear_at,
                "unit": channel.unit,
            }
            holds = self._holds(limit, read)
            events += self._board.note(limit.spot, now, params, holds=holds, level=read.still or 0.0)
        return events

    def _holds(self, limit: Limit, read: Reading) -> bool | None:
        """Of a limit that is raised or on its way, or begins to hold now."""
        if read.still is None:
            return None
        if limit.holds(read.still, raised=self._board.is_raised(limit.spot)):
            return True
        return None if read.now is None else self._within(limit.spot, read)

    def _within(self, spot: Spot, read: Reading) -> bool | None:
        """What a reading says of an alarm in which it takes no part: it is not seen, or nobody knows."""
        return None if read.quality is Quality.UNCERTAIN_NOISE and self._board.is_raised(spot) else False


def _passes(limit: Limit, number: float | None) -> bool:
    return number is not None and limit.holds(number, raised=False)
