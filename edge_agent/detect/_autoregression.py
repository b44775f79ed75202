"""One channel foretold from its own last values: AR(4) with intercept, learnt once, then frozen.

    value − centre = z ─▶ error = (z − foretold by lags)/scale ─▶ clipped ─▶ mean over rows ─▶ deviation

Frozen, because a model that goes on learning its weights learns the fault as well. Only what moves with the
season follows slowly, and only in normal rows: bias, scale and the level that findings call usual.
"""

import math
from operator import mul
from typing import Final

from msgspec import Struct

from edge_agent.detect._gate import Gate, GateState
from edge_agent.detect._regression import Regression, RegressionState
from edge_agent.detect._scale import Moments, Variance, fading_mean, floor

ORDER: Final = 4
BRIDGED_ROWS: Final = 4
"""Missing rows that are filled with what was foretold; after more the lags say nothing."""
_SOLVED_SHARE: Final = 1 / 8
"""Of the warm-up: how often the weights are solved anew, so that errors are those of rows not yet learnt."""
_SETTLED_SHARE: Final = 1 / 4
"""Of the warm-up: errors before were made by weights still on their way."""
_WALK: Final = (1.0, 0.0, 0.0, 0.0)
"""Where the data say nothing, the next row is as the last: the step of a constant channel is one error."""
_LEAST_ERRORS: Final = 1 / 8
"""Share of the warm-up that must have given errors, or their scale would be a guess."""
_LEVEL_ROWS: Final = 60
"""What findings call usual: the last hour of a live site."""


class Pace(Struct, frozen=True, kw_only=True):
    """How fast a channel is learnt, in rows, and where its errors are clipped, in standard deviations."""

    warmup_rows: int
    mean_rows: int
    clip: float
    adapt_rows: int
    ordinary_peak: float
    """How many standard deviations the largest peak of the warm-up may be taken for."""


class ChannelState(Struct, frozen=True):
    """Everything one channel has learnt, as plain numbers; `scale` is 0 until it has."""

    gate: GateState = GateState()
    seen: int = 0
    weights: tuple[float, ...] = (*_WALK, 0.0)
    regression: RegressionState | None = None
    errors: Moments = Moments()
    peak: float = 0.0
    learnt_scale: float = 0.0
    bias: float = 0.0
    scale: float = 0.0
    lags: tuple[float, ...] = ()
    missing: int = 0
    mean: float = 0.0
    drift: float = 0.0
    level: float = 0.0


class Autoregression:
    """The model of one channel; deviations are in standard deviations of what chance would give."""

    __slots__ = (
        "_bias",
        "_centre",
        "_drift",
        "_error",
        "_errors",
        "_gate",
        "_lags",
        "_learnt_scale",
        "_mean",
        "_missing",
        "_pace",
        "_peak",
        "_regression",
        "_scale",
        "_sigma",
        "_weights",
        "level",
        "seen",
    )

    def __init__(self, pace: Pace, saved: ChannelState) -> None:
        self._pace = pace
        self._peak, self._learnt_scale = saved.peak, saved.learnt_scale
        self._sigma = self._ordinary()
        self._gate = Gate(pace.warmup_rows // 2, saved.gate)
        self._centre, self.seen = saved.gate.centre or 0.0, saved.seen
        self._weights = list(saved.weights)
        self._regression = Regression(saved.regression or RegressionState.empty(ORDER))
        self._errors = Variance(saved.errors)
        self._bias, self._scale = saved.bias, saved.scale
        self._lags, self._missing = list(saved.lags), saved.missing
        self._mean = fading_mean(pace.mean_rows, saved.mean)
        self._drift = fading_mean(pace.mean_rows, saved.drift)
        self._error = 0.0
        self.level = saved.level
        """What the channel usually is, in its own unit."""
        if self.ready:
            self._regression.forget()

    @property
    def ready(self) -> bool:
        return self._scale > 0

    def step(self, value: float | None) -> float | None:
        """Take a row in; the deviation, or None where nothing can be said."""
        if value is None:
            return self._miss()
        self._missing = 0
        if self._scale > 0:
            return self._follow(value - self._centre)
        self._learn(value)
        return None

    def adapt(self, value: float | None) -> None:
        """Let bias, scale and level follow the last row, which was normal."""
        if value is None or not self.ready:
            return
        share = 1 / self._pace.adapt_rows
        error = self._error * self._scale
        self._bias += share * error
        squared = self._scale * self._scale
        self._scale = max(math.sqrt(squared + share * (error * error - squared)), self._learnt_scale)
        self.level += (value - self.level) / _LEVEL_ROWS

    def accept(self, value: float | None) -> None:
        """Take what the channel does now for usual."""
        self._bias += self._drift.get() * self._scale
        self._restart_means()
        if value is not None:
            self.level = value

    def forget_recent(self) -> None:
        """Nothing follows from the last rows any more."""
        self._lags = []
        self._restart_means()

    def state(self) -> ChannelState:
        return ChannelState(
            gate=self._gate.state(),
            seen=self.seen,
            weights=tuple(self._weights),
            regression=None if self.ready else self._regression.state(),
            errors=self._errors.moments(),
            peak=self._peak,
            learnt_scale=self._learnt_scale,
            bias=self._bias,
            scale=self._scale,
            lags=tuple(self._lags),
            missing=self._missing,
            mean=self._mean.get(),
            drift=self._drift.get(),
            level=self.level,
        )

    def _restart_means(self) -> None:
        self._mean = fading_mean(self._pace.mean_rows, 0.0)
        self._drift = fading_mean(self._pace.mean_rows, 0.0)

    def _least_scale(self) -> float:
        return floor(self._centre)

    def _miss(self) -> float | None:
        """A short gap is bridged and leaves the deviation as it was."""
        self._missing += 1
        self._error = 0.0
        if self._missing > BRIDGED_ROWS:
            self.forget_recent()
        if len(self._lags) < ORDER:
            return None
        self._push(self._foretold() if self.ready else self._lags[0])
        return self._mean.get() / self._sigma if self.ready else None

    def _follow(self, z: float) -> float | None:
        if len(self._lags) < ORDER:
            self._push(z)
            return None
        foretold, scale, clip = self._foretold(), self._scale, self._pace.clip
        error = (z - foretold) / scale
        clipped = self._error = max(-clip, min(clip, error))
        self._mean.update(clipped)
        self._drift.update(error)
        self._push(z)
        return self._mean.get() / self._sigma

    def _foretold(self) -> float:
        weights = self._weights
        return sum(map(mul, weights, self._lags), weights[-1] + self._bias)

    def _push(self, lag: float) -> None:
        self._lags = [lag, *self._lags[: ORDER - 1]]

    def _learn(self, value: float) -> None:
        self.seen += 1
        for z in self._gate.admit(value):
            self._fit(z)
        if self.seen >= self._pace.warmup_rows:
            self._finish(value)

    def _fit(self, z: float) -> None:
        if len(self._lags) == ORDER:
            if self.seen > self._pace.warmup_rows * _SETTLED_SHARE:
                self._calibrate(z - self._foretold())
            self._regression.learn((z, *self._lags))
            if self.seen % math.ceil(self._pace.warmup_rows * _SOLVED_SHARE) == 0:
                self._weights = self._regression.solve(_WALK)
        self._push(z)

    def _calibrate(self, error: float) -> None:
        self._errors.update(error)
        limit = self._pace.clip * math.sqrt(self._errors.get())
        self._mean.update(max(-limit, min(limit, error)))
        self._peak = max(self._peak, abs(self._mean.get()))

    def _ordinary(self) -> float:
        """The standard deviation of the mean of errors, in that of one error.

        That of independent errors, unless the warm-up had peaks beyond what the setting calls ordinary.
        """
        independent = math.sqrt(1 / (2 * self._pace.mean_rows - 1))
        peak = self._peak / self._learnt_scale if self._learnt_scale else 0.0
        return max(independent, peak / self._pace.ordinary_peak)

    def _finish(self, value: float) -> None:
        """Freeze the model; the errors of the first half were made by weights still on their way."""
        if self._errors.n < self._pace.warmup_rows * _LEAST_ERRORS:
            self.seen = self._pace.warmup_rows - 1
            return
        self._centre = self._gate.centre or 0.0
        self._weights = self._regression.solve(_WALK)
        self._regression.forget()
        self._scale = self._learnt_scale = max(math.sqrt(self._errors.get()), self._least_scale())
        self._sigma = self._ordinary()
        self._restart_means()
        self.level = value
