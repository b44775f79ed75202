"""What one reading says about the alarms of its channel."""

import math
from collections.abc import Iterable
from typing import Final

from edge_agent.conditions.board import Board, Moment, Params
from edge_agent.conditions.plan import StuckWatch, WatchedChannel
from edge_agent.conditions.rate import RateMeter
from wire.messages import AlarmEvent, Quality, Value

BROKEN: Final = frozenset({Quality.BAD_SENTINEL, Quality.BAD_NOT_FINITE, Quality.BAD_DEVICE_STATUS})
"""By these the instrument itself says that the sensor is at fault."""
NOT_MEASURED: Final = frozenset(
    {Quality.UNCERTAIN_SPIKE, Quality.UNCERTAIN_STALE, Quality.UNCERTAIN_AFTER_FAULT}
)
"""Uncertain, and no measurement of what is now: like a bad value it decides nothing about limits. Every other
uncertain value does: a real burst changes faster than usual and contradicts its neighbours."""


class ChannelJudge:
    """Judges readings one by one; a value that is bad or not there decides nothing about limits."""

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
        number = _number(value)
        is_bad = quality is not None and quality.startswith("bad.")
        events = self._broken(channel, now, number, quality, is_bad=is_bad) if heard else []
        for watch in channel.stuck:
            events += self._stuck(channel, watch, now, number, None if is_bad else quality)
        if is_bad or quality in NOT_MEASURED:
            number = None
        if channel.rate is not None:
            events += self._rate(channel, now, number)
        if channel.limits:
            events += self._limits(channel, now, number)
        return events

    def _broken(
        self,
        channel: WatchedChannel,
        now: Moment,
        number: float | None,
        quality: Quality | None,
        *,
        is_bad: bool,
    ) -> list[AlarmEvent]:
        missing = is_bad or quality is Quality.UNCERTAIN_STALE
        if not missing and self._board.is_idle(channel.broken) and self._board.is_idle(channel.missing):
            return []
        params: Params = {"reason": quality, "value": number, "unit": channel.unit}
        holds = None if missing and quality not in BROKEN else missing
        events = self._board.note(channel.broken, now, params, holds=holds)
        return events + self._board.note(channel.missing, now, params, holds=missing)

    def _stuck(
        self,
        channel: WatchedChannel,
        watch: StuckWatch,
        now: Moment,
        number: float | None,
        quality: Quality | None,
    ) -> list[AlarmEvent]:
        if number is None:
            return []
        since_ms = None
        if watch.is_validators:
            holds: bool | None = quality is Quality.UNCERTAIN_STUCK
            since_ms = now.wall_ms - round(watch.minutes * 60_000)
        else:
            before = self._before.get(watch.spot.key)
            self._before[watch.spot.key] = number
            holds = None if before is None else number == before
        if not holds and self._board.is_idle(watch.spot):
            return []
        params: Params = {"value": number, "minutes": watch.minutes, "unit": channel.unit}
        return self._board.note(watch.spot, now, params, holds=holds, since_ms=since_ms)

    def _rate(self, channel: WatchedChannel, now: Moment, number: float | None) -> list[AlarmEvent]:
        limit = channel.rate
        if limit is None or number is None:
            return []
        rate = self._meters[limit.spot.key].step(now.t, number)
        if rate is None or not math.isfinite(rate):
            return self._board.note(limit.spot, now, {}, holds=None)
        passed = limit.passed(rate)
        params: Params = {"value": number, "rate": rate, "unit": channel.unit}
        if passed is None:
            return self._board.note(limit.spot, now, params, holds=False)
        return self._board.note(limit.spot, now, {**params, "limit": passed}, holds=True, level=rate)

    def _limits(self, channel: WatchedChannel, now: Moment, number: float | None) -> list[AlarmEvent]:
        events: list[AlarmEvent] = []
        for limit in channel.limits:
            holds = None if number is None else limit.holds(number, raised=self._board.is_raised(limit.spot))
            if holds or not self._board.is_idle(limit.spot):
                params: Params = {
                    "value": number,
                    "limit": limit.bound,
                    "clear_at": limit.clear_at,
                    "unit": channel.unit,
                }
                events += self._board.note(limit.spot, now, params, holds=holds, level=number or 0.0)
        return events


def _number(value: Value) -> float | None:
    return value if isinstance(value, (int, float)) and math.isfinite(value) else None
