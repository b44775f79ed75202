"""The least scale that is believed, the logarithmic one, and running statistics as plain numbers."""

import math
from typing import Final

from msgspec import Struct

from edge_agent.detect._river import FadingMean, ew_mean

RELATIVE_FLOOR: Final = 2.0**-40
"""Of the magnitude: 4096 times coarser than float64 itself, so that rounding is never taken for a signal,
and at an offset of 10⁹ still a thousandth."""
_ABSOLUTE_FLOOR: Final = 1e-9
"""In the channel's unit, for values about zero: finer than any instrument of a boiler house or air post."""
_LARGEST_LEVEL: Final = 80.0
"""On the logarithmic scale; e⁸⁰ is beyond every value that is learnt from."""


def floor(magnitude: float) -> float:
    """The smallest standard deviation a channel of this magnitude is believed to have."""
    return max(abs(magnitude) * RELATIVE_FLOOR, _ABSOLUTE_FLOOR)


def logarithmic(value: float, unit: float) -> float:
    """A value on the scale that is linear below `unit` and logarithmic above, both ways from zero."""
    return math.copysign(math.log1p(abs(value) / unit), value)


def linear(level: float, unit: float) -> float:
    """The value at a level of the logarithmic scale."""
    return math.copysign(math.expm1(min(abs(level), _LARGEST_LEVEL)) * unit, level)


class Moments(Struct, frozen=True):
    """A `Variance` as it is saved: count, mean and sum of squared deviations."""

    n: float = 0.0
    mean: float = 0.0
    squares: float = 0.0


class Variance:
    """Mean and sample variance of all values so far, by Welford's update (Technometrics 4, 1962, p. 419).

    Step for step the arithmetic of `river.stats.Var`, whose module would bring numpy.
    """

    __slots__ = ("_squares", "mean", "n")

    def __init__(self, saved: Moments) -> None:
        self.n, self.mean, self._squares = saved.n, saved.mean, saved.squares

    def update(self, value: float) -> None:
        self.n += 1
        before = value - self.mean
        self.mean += 1 / self.n * before
        self._squares += before * (value - self.mean)

    def get(self) -> float:
        """The variance; 0 of fewer than two values."""
        return self._squares / (self.n - 1) if self.n > 1 else 0.0

    def moments(self) -> Moments:
        return Moments(self.n, self.mean, self._squares)


def fading_mean(rows: float, start: float) -> FadingMean:
    """An exponentially weighted mean over about this many rows (weight 1/rows for the newest)."""
    mean = ew_mean(1 / rows)
    mean.update(start)
    return mean
