"""Air posts: the 20-minute mean against the maximum single concentration; pure.

The norm counts what is breathed in over 20 to 30 minutes: a rolling mean over 20 minutes, never the value of
a minute. It counts only when three quarters of the readings of that time are there and good. Levels are
multiples of the limit; one is left when the mean is below nine tenths of it.
"""

from collections.abc import Mapping, Sequence
from statistics import StatisticsError, correlation
from typing import Final

from msgspec import Struct

from collector.rules.findings import LEVEL, Finding, Params, Subject, limit_level
from collector.store.selection import mean as mean_of

WINDOW_MS: Final = 20 * 60_000
COVERED: Final = 0.75
KEEP: Final = 0.9
LOCKSTEP: Final = 0.9
"""From this correlation on H₂S that follows SO₂ is held for the cross-sensitivity of its cell."""
_LEAST_PAIRS: Final = 8
_PRIORITIES: Final = ((10.0, 1), (5.0, 2))
Series = Sequence[tuple[int, float]]
"""Good readings in order of time: Unix ms and value."""


class Channel(Struct, frozen=True):
    """One measured substance."""

    subject: Subject
    limit: float
    """In the channel's unit."""
    unit: str
    period_s: float


def mean(series: Series, t_ms: int, period_s: float) -> float | None:
    """The mean over the 20 minutes until a time; None: too few good readings."""
    inside = within(series, t_ms)
    wanted = COVERED * WINDOW_MS / 1000 / period_s
    return mean_of([value for _, value in inside]) if inside and len(inside) >= wanted else None


def within(series: Series, t_ms: int, window_ms: int = WINDOW_MS) -> list[tuple[int, float]]:
    """Those of the last 20 minutes, or of another window."""
    return [one for one in series if t_ms - window_ms < one[0] <= t_ms]


def judge(
    channel: Channel, series: Series, t_ms: int, *, standing: float, levels: Sequence[float], so2: Series = ()
) -> Finding | None:
    """Whether a substance exceeds its limit at a time, and how many times.

    Args:
        channel: what is measured.
        series: its good readings.
        t_ms: the time, Unix ms.
        standing: the level of the alarm that stands; 0: none does.
        levels: multiples of the limit that are told apart.
        so2: for hydrogen sulphide, the good readings of sulphur dioxide at the same post.
    """
    found = mean(series, t_ms, channel.period_s)
    if found is None:
        return None
    reached = limit_level(found, {one: one * channel.limit for one in levels}, standing, KEEP)
    params: Params = {
        "value": found,
        "limit": channel.limit,
        "times": found / channel.limit,
        LEVEL: reached,
        "unit": channel.unit,
    }
    if reached and is_lockstep(within(series, t_ms), within(so2, t_ms)):
        params["suspect"] = "so2"
    return Finding(
        subject=channel.subject,
        t_ms=t_ms,
        holds=reached > 0,
        priority=next((priority for least, priority in _PRIORITIES if reached >= least), 3),
        params=params,
    )


def is_lockstep(h2s: Series, so2: Series) -> bool:
    """Whether two series move together, minute by minute, and upwards."""
    ours, theirs = _by_minute(h2s), _by_minute(so2)
    minutes = sorted(ours.keys() & theirs.keys())
    if len(minutes) < _LEAST_PAIRS:
        return False
    try:
        return correlation([ours[m] for m in minutes], [theirs[m] for m in minutes]) >= LOCKSTEP
    except (StatisticsError, OverflowError):  # one of them does not move at all, or beyond all numbers
        return False


def _by_minute(series: Series) -> Mapping[int, float]:
    return {t_ms // 60_000: value for t_ms, value in series}
