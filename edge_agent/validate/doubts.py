"""Jumps in doubt: rate and spike judged together, for both wait for the next number to say what it was.

See `rate` and `spike` for the two rules.
"""

from msgspec import Struct

from edge_agent.validate.rate import AGREEING, impossible
from edge_agent.validate.spike import leaps
from wire.messages import Quality


class Believed(Struct, frozen=True):
    """The last number of a channel that was believed, and how it may go on from there."""

    value: float
    t_ms: int
    before: float
    """The move that led to it."""
    reach: float
    """What a move within one period may be."""
    period_ms: int
    rate_per_min: float | None

    def too_fast(self, value: float, t_ms: int) -> bool:
        return impossible(value - self.value, t_ms - self.t_ms, self.rate_per_min)

    def reach_at(self, t_ms: int) -> float:
        """Missing rows give a channel time to move."""
        return self.reach * max(1.0, (t_ms - self.t_ms) / self.period_ms)


class Doubt(Struct, frozen=True):
    """A number that was not believed, and how many that agree have come, itself included."""

    value: float
    t_ms: int
    rows: int
    mark: Quality


class Doubts:
    """The doubts of a device's channels, by position."""

    def __init__(self) -> None:
        self.open: dict[int, Doubt] = {}

    def weigh(self, n: int, value: float, t_ms: int, past: Believed) -> Quality | None:
        """Why a number is doubted; the doubt is kept until the next number, or taken away."""
        doubt = self.open.pop(n, None)
        mark = _first(value, t_ms, past) if doubt is None else _after(doubt, value, t_ms, past)
        if mark is not None:
            goes_on = doubt is not None and mark is Quality.UNCERTAIN_RATE
            self.open[n] = Doubt(value, t_ms, doubt.rows + 1 if doubt and goes_on else 1, mark)
        return mark


def _first(value: float, t_ms: int, past: Believed) -> Quality | None:
    if past.too_fast(value, t_ms):
        return Quality.BAD_RATE
    leapt = leaps(value - past.value, past.before, past.reach_at(t_ms))
    return Quality.UNCERTAIN_SPIKE if leapt else None


def _after(doubt: Doubt, value: float, t_ms: int, past: Believed) -> Quality | None:
    if past.too_fast(value, t_ms):
        alone = Quality.BAD_RATE
    elif abs(value - past.value) <= past.reach_at(t_ms):
        return None
    else:
        alone = Quality.UNCERTAIN_SPIKE
    if not _agrees(doubt, value, t_ms, past):
        return alone
    if doubt.mark is Quality.UNCERTAIN_SPIKE or doubt.rows + 1 >= AGREEING:
        return None
    return Quality.UNCERTAIN_RATE


def _agrees(doubt: Doubt, value: float, t_ms: int, past: Believed) -> bool:
    """Whether a number goes on from one in doubt as a channel may."""
    step = value - doubt.value
    if impossible(step, t_ms - doubt.t_ms, past.rate_per_min):
        return False
    return not leaps(step, doubt.value - past.value, past.reach)
