"""Boiler houses: supply against the temperature schedule, fuel in days, make-up against its norm; pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from collector.rules.air import Series, within
from collector.rules.findings import LEVEL, Finding, Params, Subject
from collector.store.selection import mean

DAY_MS: Final = 24 * 3_600_000
CONSUMED_MS: Final = 3 * DAY_MS
"""The consumption is that of the last three days."""
_LEAST_HOURS: Final = 12
_BACK: Final = 0.8
"""A condition ends at this share of what begins it."""
_FAR: Final = 2.0
"""So many times the tolerance is urgent."""


def scheduled(schedule: Sequence[tuple[float, float]], outdoor: float) -> float:
    """The supply temperature for an outdoor one, °C: straight between the points, level beyond them."""
    points = sorted(schedule)
    if outdoor <= points[0][0]:
        return points[0][1]
    for (cold, hot), (mild, cool) in pairwise(points):
        if outdoor <= mild:
            return hot + (cool - hot) * (outdoor - cold) / (mild - cold)
    return points[-1][1]


def off_schedule(
    subject: Subject,
    supply: Series,
    outdoor: Series,
    schedule: Sequence[tuple[float, float]],
    *,
    tolerance: float,
    window_ms: int,
    t_ms: int,
    standing: float,
) -> Finding | None:
    """Whether the mean supply temperature of a window is off what the schedule asks for.

    Args:
        subject: the supply channel.
        supply: its good readings, °C.
        outdoor: those of the outdoor temperature, °C.
        schedule: points of outdoor and supply temperature.
        tolerance: K to either side.
        window_ms: over which both are averaged.
        t_ms: the time, Unix ms.
        standing: the level of the alarm that stands; 0: none does.
    """
    ours, theirs = within(supply, t_ms, window_ms), within(outdoor, t_ms, window_ms)
    if not _covers(ours, t_ms, window_ms) or not theirs:
        return None
    air = mean([value for _, value in theirs])
    found, expected = mean([value for _, value in ours]), scheduled(schedule, air)
    off = abs(found - expected)
    reached = max(2.0 if off > _FAR * tolerance else 1.0, standing)
    params: Params = {
        "value": found,
        "expected": expected,
        "outdoor": air,
        "limit": tolerance,
        LEVEL: reached,
        "unit": "Cel",
    }
    holds = off > (tolerance * _BACK if standing else tolerance)
    return Finding(subject=subject, t_ms=t_ms, holds=holds, priority=2 if reached > 1 else 3, params=params)


def _covers(series: Series, t_ms: int, window_ms: int) -> bool:
    """Whether readings reach back to the first quarter of the window."""
    return bool(series) and series[0][0] <= t_ms - 0.75 * window_ms


def consumption(stock: Series) -> float | None:
    """What is used in a day, in the unit of the stock; None: too little is known. A refill is no consumption.

    Args:
        stock: hourly means of the last days.
    """
    if len(stock) < _LEAST_HOURS:
        return None
    used = sum(max(before - after, 0.0) for (_, before), (_, after) in pairwise(stock))
    days = (stock[-1][0] - stock[0][0]) / DAY_MS
    return used / days if used > 0 else None


def fuel_low(
    subject: Subject, stock: Series, days: float, unit: str, *, t_ms: int, standing: float
) -> Finding | None:
    """Whether the fuel lasts for fewer days than it should, at the consumption of the last ones."""
    used = consumption(stock)
    if used is None:
        return None
    left = stock[-1][1] / used
    holds = left < (days / _BACK if standing else days)
    reached = max(2.0 if left < days / _FAR else 1.0, standing)
    params: Params = {
        "value": stock[-1][1],
        "days": left,
        "limit_days": days,
        "daily": used,
        LEVEL: reached,
        "unit": unit,
    }
    return Finding(subject=subject, t_ms=t_ms, holds=holds, priority=1 if reached > 1 else 2, params=params)


def makeup_high(
    subject: Subject, flow: Series, limit: float, unit: str, *, window_ms: int, t_ms: int, standing: float
) -> Finding | None:
    """Whether the mean make-up of a window is above its norm."""
    inside = within(flow, t_ms, window_ms)
    if not _covers(inside, t_ms, window_ms):
        return None
    found = mean([value for _, value in inside])
    holds = found > (limit * _BACK if standing else limit)
    reached = max(2.0 if found > _FAR * limit else 1.0, standing)
    params: Params = {
        "value": found,
        "limit": limit,
        LEVEL: reached,
        "unit": unit,
    }
    return Finding(subject=subject, t_ms=t_ms, holds=holds, priority=2 if reached > 1 else 3, params=params)
