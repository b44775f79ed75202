"""The alarms of one channel: limits with their deadband, rate, stuck, broken."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

import msgspec
from msgspec import Struct

from edge_agent.conditions.board import Spot
from edge_agent.conditions.machine import Rule
from edge_agent.conditions.plan import Limit, RateLimit, StuckWatch, WatchedChannel
from edge_agent.conditions.rules import gap_ms, rule
from edge_agent.settings import Device
from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms, DelayTable
from edge_agent.settings.checks import Checks
from sensor_profiles.model import Channel
from wire.messages import AlarmCode
from wire.quantities import Quantity

DEADBANDS: Final = {
    Quantity.VOLUME_FLOW: 0.05,
    Quantity.MASS_FLOW: 0.05,
    Quantity.LEVEL: 0.05,
    Quantity.PRESSURE: 0.02,
}
"""Share of the channel's range, common practice for process alarms; other quantities: `OTHER_DEADBAND`."""
OTHER_DEADBAND: Final = 0.01
BELOW: Final = 1 / 40
ABOVE: Final = 1 / 16
"""Shares of the range: a loop of 4…20 mA measures down to 3.6 and up to 21 mA, and what is beyond says that
the sensor is at fault (NAMUR NE 43)."""
MINUTE_MS: Final = 60_000
NEWS: Final = 0.1
"""A person is told again when the value has moved by this share of the distance to the next limit."""
_INWARDS: Final = (AlarmCode.HIGH_HIGH, AlarmCode.LOW_LOW, AlarmCode.HIGH, AlarmCode.LOW)
"""A cause is judged before what it covers."""
_COVERED_BY: Final = {AlarmCode.HIGH: AlarmCode.HIGH_HIGH, AlarmCode.LOW: AlarmCode.LOW_LOW}
_UPPER: Final = frozenset({AlarmCode.HIGH, AlarmCode.HIGH_HIGH})


class Plot(Struct, frozen=True, kw_only=True):
    """A channel and what is said about it; `away` are the alarms that say it cannot be read at all."""

    device: Device
    channel: Channel
    table: ChannelAlarms
    checks: Checks
    alarms: AlarmsTable
    away: tuple[str, ...]

    def spot(self, code: AlarmCode, own: Rule, causes: tuple[str, ...] = (), news: float = 0.0) -> Spot:
        """The spot of one of this channel's alarms."""
        return Spot(
            key=self.key(code),
            code=code,
            rule=own,
            priority=self.of_code(code).priority,
            link=self.device.link,
            device=self.device.name,
            channel=self.channel.name,
            causes=causes,
            news=news,
        )

    def key(self, code: str) -> str:
        return f"{code}/{self.device.name}/{self.channel.name}"

    def of_code(self, code: AlarmCode) -> DelayTable:
        """What is said of a kind of alarm."""
        table: DelayTable = getattr(self.alarms, code)
        return table

    def rule(self, code: AlarmCode, own: ChannelAlarms | None = None) -> Rule:
        return rule(self.of_code(code), gap_ms(self.device), own)


def watched(plot: Plot, index: int) -> WatchedChannel:
    """Everything that is watched on one channel; `index` is its place in every scan."""
    broken = plot.spot(AlarmCode.SENSOR_BROKEN, plot.rule(AlarmCode.SENSOR_BROKEN), plot.away)
    missing = _missing(plot, broken)
    unreadable = (broken.key, missing.key, *plot.away)
    low, high = plot.channel.low, plot.channel.high
    width = _range(plot.channel)
    return WatchedChannel(
        index=index,
        unit=plot.channel.quantity.unit,
        low=-math.inf if low is None else low - BELOW * width,
        high=math.inf if high is None else high + ABOVE * width,
        limits=tuple(_limits(plot)),
        rate=_rate(plot, unreadable),
        stuck=tuple(_stuck(plot, unreadable)),
        broken=broken,
        missing=missing,
    )


def _missing(plot: Plot, broken: Spot) -> Spot:
    """The same alarm for the other reason: no good value for long, whatever it is."""
    long = msgspec.structs.replace(
        broken.rule, on_delay_ms=round(plot.alarms.sensor_broken.missing_s * 1000), count=1, of=1
    )
    return msgspec.structs.replace(
        broken, key=plot.key("sensor_missing"), rule=long, causes=(broken.key, *plot.away)
    )


def _stuck(plot: Plot, unreadable: tuple[str, ...]) -> Iterator[StuckWatch]:
    """By the channel's own table, and by the validator, which sees that others move; one of them tells."""
    own = plot.rule(AlarmCode.STUCK)
    keys = plot.key(AlarmCode.STUCK), plot.key("stuck_beside_others")
    if (minutes := plot.table.stuck_min) is not None:
        flat_ms = own.on_delay_ms + round(minutes * MINUTE_MS)
        flat = msgspec.structs.replace(own, on_delay_ms=flat_ms)
        spot = plot.spot(AlarmCode.STUCK, flat, (*unreadable, keys[1]))
        yield StuckWatch(spot, minutes, is_validators=False)
    if (checked_ms := plot.checks.stuck_ms) is not None:
        spot = plot.spot(AlarmCode.STUCK, own, (*unreadable, keys[0]))
        beside = msgspec.structs.replace(spot, key=keys[1])
        yield StuckWatch(beside, checked_ms / MINUTE_MS, is_validators=True)


def _rate(plot: Plot, unreadable: tuple[str, ...]) -> RateLimit | None:
    rise = math.inf if plot.table.rate_per_min is None else plot.table.rate_per_min
    fall = rise if plot.table.fall_per_min is None else plot.table.fall_per_min
    if math.isinf(min(rise, fall)):
        return None
    over_s = plot.alarms.rate.over_s if plot.table.rate_over_s is None else plot.table.rate_over_s
    spot = plot.spot(AlarmCode.RATE, plot.rule(AlarmCode.RATE), unreadable, news=min(rise, fall))
    return RateLimit(spot, rise, fall, round(over_s * 1000))


def _limits(plot: Plot) -> Iterator[Limit]:
    bounds = {AlarmCode(key): bound for key, bound in plot.table.limits()}
    deadband = _deadband(plot, sorted(bounds.values()))
    for code in _INWARDS:
        if code not in bounds:
            continue
        outer = _COVERED_BY.get(code)
        news = max(deadband, NEWS * _room(plot, bounds, code))
        causes = (plot.key(outer),) if outer in bounds and outer is not None else ()
        yield Limit(
            spot=plot.spot(code, plot.rule(code, plot.table), causes, news),
            bound=bounds[code],
            clear_at=bounds[code] + (-deadband if code in _UPPER else deadband),
            is_upper=code in _UPPER,
        )


def _deadband(plot: Plot, bounds: list[float]) -> float:
    """What the channel says; else a share of its range, at most half of what lies between two limits."""
    if plot.table.deadband is not None:
        return plot.table.deadband
    usual = DEADBANDS.get(plot.channel.quantity, OTHER_DEADBAND) * _range(plot.channel)
    return min([usual, *((above - below) / 2 for below, above in pairwise(bounds))])


def _range(channel: Channel) -> float:
    """The width of the valid range; 0 when it is open."""
    return channel.high - channel.low if channel.high is not None and channel.low is not None else 0.0


def _room(plot: Plot, bounds: Mapping[AlarmCode, float], code: AlarmCode) -> float:
    """The distance to the next limit; where there is no other, the range, else the limit itself."""
    bound = bounds[code]
    others = [abs(bound - other) for key, other in bounds.items() if key is not code]
    return min(others) if others else _range(plot.channel) or abs(bound)
