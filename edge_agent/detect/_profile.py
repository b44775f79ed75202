"""One channel's week: a mean for each hour of each weekday, leaning on the same hour of other days."""

import math
from array import array
from typing import Annotated, Final

from msgspec import Meta, Struct

from edge_agent.detect._gate import Gate, GateState
from edge_agent.detect._scale import RELATIVE_FLOOR, fading_mean, floor, linear, logarithmic
from edge_agent.settings.detection import SeasonalSettings

HOUR_MS: Final = 3_600_000
_HOURS: Final = 168
_DAY: Final = 24
_CELLS: Final = Meta(min_length=_HOURS + _DAY, max_length=_HOURS + _DAY)
_LEAN: Final = 60
"""Rows: one visit of an hour weighs as much as what all days know of it."""
_LINEAR: Final = 0.1
"""Of the first values: smaller ones are not stretched, or noise about zero would look large."""
_SETTLED_SHARE: Final = 1 / 4
"""Of the warm-up: residuals before were made by a profile still on its way."""
_TAIL: Final = 0.02
"""Share of rows beyond the running quantile: 200 a week, enough to learn how far they reach."""
_TAIL_CHANCE: Final = math.log(_TAIL)
_TAIL_ROWS: Final = 1000
"""Time constant of the tail in rows beyond the quantile: about five weeks."""
_STEP: Final = 0.001
"""Of the spread: how far the running quantile moves a row; slow, or it would follow a calm week down."""
_FIRST_STEPS: Final = 5.0
"""Divided by the rows seen: larger steps at first (Robbins and Monro 1951)."""


class ProfileState(Struct, frozen=True):
    """Plain numbers of one channel; means are on the logarithmic scale."""

    gate: GateState = GateState()
    unit: float = 0.0
    seen: int = 0
    counts: Annotated[tuple[int, ...], _CELLS] = (0,) * (_HOURS + _DAY)
    means: Annotated[tuple[float, ...], _CELLS] = (0.0,) * (_HOURS + _DAY)
    smooth: float | None = None
    spread: float = 0.0
    quantile: float = 0.0
    excess: float = 0.0
    offset: float = 0.0


class HourlyProfile:
    """Learns from every normal row; the last 24 of the cells are hours of any day."""

    __slots__ = (
        "_counts",
        "_excess",
        "_foretold",
        "_gate",
        "_hour",
        "_means",
        "_offset",
        "_quantile",
        "_rarest",
        "_residual",
        "_settings",
        "_smooth",
        "_spread",
        "_unit",
        "seen",
    )

    def __init__(self, settings: SeasonalSettings, saved: ProfileState) -> None:
        self._settings = settings
        self._gate = Gate(settings.warmup_rows // 2, saved.gate)
        self._unit = saved.unit
        """Where the scale turns from linear to logarithmic."""
        self.seen = saved.seen
        self._counts, self._means = array("I", saved.counts), array("d", saved.means)
        self._smooth = None if saved.smooth is None else fading_mean(settings.mean_rows, saved.smooth)
        self._spread, self._quantile, self._excess = saved.spread, saved.quantile, saved.excess
        self._offset = saved.offset
        self._rarest = math.log(settings.chance)
        self._hour = 0
        self._foretold = 0.0
        self._residual: float | None = None

    @property
    def ready(self) -> bool:
        return self.seen >= self._settings.warmup_rows

    @property
    def usual(self) -> float:
        """What is expected in the hour of the last row, in the channel's unit."""
        return linear(self._expected(), self._unit)

    def step(self, hour: int, value: float | None) -> float | None:
        """How unlikely the row is: 1 at the chance of the settings; None while that cannot be said."""
        self._residual = None
        self._hour = hour
        level = self._smoothed(value)
        if level is None:
            return None
        self._foretold = self._expected()
        self._residual = level - self._foretold
        if self.ready:
            return self._score(abs(self._residual))
        self._learn(level)
        self._foretold = self._expected()
        return None

    def adapt(self) -> None:
        """Learn from the last row, which was normal."""
        if self._residual is not None and self.ready:
            self._learn(self._residual + self._foretold)

    def accept(self) -> None:
        """Take the last residual for normal."""
        self._offset += self._residual or 0.0
        self._residual = None

    def forget_recent(self) -> None:
        self._smooth = None

    def state(self) -> ProfileState:
        return ProfileState(
            gate=self._gate.state(),
            unit=self._unit,
            seen=self.seen,
            counts=tuple(self._counts),
            means=tuple(self._means),
            smooth=None if self._smooth is None else self._smooth.get(),
            spread=self._spread,
            quantile=self._quantile,
            excess=self._excess,
            offset=self._offset,
        )

    def _smoothed(self, value: float | None) -> float | None:
        cut = self._gate.admit(value) if value is not None else ()
        if not cut:
            return None
        if not self._unit:
            self._unit = max(abs(self._gate.centre or 0.0) * _LINEAR, self._gate.reach, floor(0.0))
        level = logarithmic(cut[-1] + (self._gate.centre or 0.0), self._unit)
        if self._smooth is None:
            self._smooth = fading_mean(self._settings.mean_rows, level)
        self._smooth.update(level)
        return self._smooth.get()

    def _expected(self) -> float:
        day = _HOURS + self._hour % _DAY
        count, mean = self._counts[self._hour], self._means[self._hour]
        common = self._means[day] if self._counts[day] else self._level()
        return (count * mean + _LEAN * common) / (count + _LEAN) + self._offset

    def _level(self) -> float:
        """The mean over all hours known."""
        rows = sum(self._counts[_HOURS:])
        known = zip(self._counts[_HOURS:], self._means[_HOURS:], strict=True)
        return sum(count * mean for count, mean in known) / rows if rows else 0.0

    def _score(self, size: float) -> float:
        """log(chance) in relation to the log of the chance at which an anomaly begins."""
        beyond = size - self._quantile
        if beyond <= 0:
            return _TAIL_CHANCE / self._rarest * size / self._quantile
        return (_TAIL_CHANCE - beyond / self._excess) / self._rarest

    def _learn(self, level: float) -> None:
        """Learn from the row that `_foretold` was for."""
        residual = abs(level - self._foretold)
        self.seen = min(self.seen + 1, self._settings.warmup_rows)
        for cell in (self._hour, _HOURS + self._hour % _DAY):
            count = self._counts[cell] = min(self._counts[cell] + 1, self._settings.remember_rows)
            self._means[cell] += (level - self._offset - self._means[cell]) / count
        if self.seen > self._settings.warmup_rows * _SETTLED_SHARE:
            self._learn_tail(residual)

    def _learn_tail(self, size: float) -> None:
        share = 1 / min(self.seen, self._settings.remember_rows * _DAY)
        self._spread = max(self._spread + share * (size - self._spread), RELATIVE_FLOOR)
        beyond = size > self._quantile
        step = self._spread * max(_STEP, _FIRST_STEPS / self.seen) * (1 - _TAIL if beyond else -_TAIL)
        self._quantile = max(self._quantile + step, self._spread)
        if beyond:
            rate = 1 / _TAIL_ROWS if self.ready else 1 / 50
            self._excess += rate * (size - self._quantile - self._excess)
        self._excess = max(self._excess, self._spread / 2)
