"""The least scale that is believed, and river's statistics kept as plain numbers."""

import math
from typing import Final

from msgspec import Struct
from river import stats

RELATIVE_FLOOR: Final = 2.0**-40
"""Of the magnitude: 4096 times coarser than float64 itself, so that rounding is never taken for a signal,
and at an offset of 10⁹ still a thousandth."""
_ABSOLUTE_FLOOR: Final = 1e-9
"""In the channel's unit, for values about zero: finer than any instrument of a boiler house or air post."""


def floor(magnitude: float) -> float:
    """The smallest standard deviation a channel of this magnitude is believed to have."""
    return max(abs(magnitude) * RELATIVE_FLOOR, _ABSOLUTE_FLOOR)


class Moments(Struct, frozen=True):
    """A `river.stats.Var` as numbers: count, mean and sum of squared deviations."""

    n: float = 0.0
    mean: float = 0.0
    squares: float = 0.0


def moments(var: stats.Var) -> Moments:
    return Moments(var.n, var.mean.get(), var.get() * max(var.n - var.ddof, 0))


def variance(saved: Moments) -> stats.Var:
    """The statistic again: two weighted values have the count, mean and squares that were saved."""
    var = stats.Var()
    if saved.n > 0:
        deviation = math.sqrt(saved.squares / saved.n)
        var.update(saved.mean - deviation, saved.n / 2)
        var.update(saved.mean + deviation, saved.n / 2)
    return var


def fading_mean(rows: float, start: float) -> stats.EWMean:
    """An exponentially weighted mean over about this many rows (weight 1/rows for the newest)."""
    mean = stats.EWMean(1 / rows)
    mean.update(start)
    return mean
