"""One channel foretold from others that are declared to drive it: supply from outdoor temperature, and so on.

    target, drivers ─▶ means over rows ─▶ residual = target − foretold(drivers) ─▶ ÷ its usual size ─▶ latch
                                  └─▶ regression with forgetting, only in normal rows

Sees a channel that is wrong although its course looks ordinary: a supply too cold for the frost, heat that
does not answer to the fuel. Slow drift is its business: the relation is forgotten over a week, not an hour.
"""

import math
from collections.abc import Sequence
from typing import Final

from edge_agent.detect._gate import Gate
from edge_agent.detect._latch import Latch, Verdict
from edge_agent.detect._regression import Regression
from edge_agent.detect._scale import fading_mean, floor
from edge_agent.detect.findings import Finding, Outcome, Row, StateMisfitError
from edge_agent.detect.states import DetectorState, ExpectedState, fitting
from edge_agent.settings.detection import ExpectedSettings

NAME: Final = "expected"
_SETTLED_SHARE: Final = 1 / 2
"""Of the warm-up: residuals before were made by a relation still on its way."""
_MOST_SQUARES: Final = 4.0
"""A residual of more than two usual sizes widens what is usual by no more than this."""
_INDEPENDENT_ROWS: Final = 60
"""Rows an hour apart say something new of a slow process; those between repeat it."""


class Expected:
    """Detector (c); one for a declared relation."""

    def __init__(
        self, channels: Sequence[str], settings: ExpectedSettings, state: DetectorState | None = None
    ) -> None:
        names = (settings.target, *settings.drivers)
        saved = fitting(state, ExpectedState) or ExpectedState.empty(names, settings.step)
        if saved.names != names:
            raise StateMisfitError(f"{NAME}: {' by '.join(saved.names)} was saved, not {' by '.join(names)}")
        if saved.step != settings.step:
            raise StateMisfitError(f"{NAME}: learnt by the step {saved.step}, now {settings.step}")
        self._settings = settings
        self._places = [list(channels).index(name) for name in names]
        self._gates = [Gate(settings.warmup_rows // 2, gate) for gate in saved.gates]
        self._smooth = [fading_mean(settings.mean_rows, mean) for mean in saved.smooth]
        self._rows = settings.mean_rows if saved.smooth else 0
        self._keep = 1 - 1 / settings.forget_rows
        self._regression = Regression(saved.regression, self._keep)
        self._weights = list(saved.weights)
        self._seen, self._square, self._peak, self._offset = (
            saved.seen,
            saved.square,
            saved.peak,
            saved.offset,
        )
        self._latch = Latch(settings.latch, saved.latch)

    def step(self, t_ms: int, row: Row) -> Outcome:
        """Judge a row; one in which any of the channels is missing says nothing."""
        distances = self._distances(row)
        if distances is None:
            return Outcome(self._latch.held, 0.0, (), self._learning())
        means = self._smoothed(distances)
        residual = means[0] - self._foretold(means)
        if self._seen < self._settings.warmup_rows:
            self._learn(means, residual)
            return Outcome(anomalous=False, score=0.0, learning=self._learning())
        if self._rows < self._settings.mean_rows:
            # After a gap the means are still those of few rows, and as noisy.
            return Outcome(self._latch.held, 0.0)
        score = abs(residual) / self._scale(means) / self._usual() / self._settings.on
        if score >= self._settings.latch.off:
            score /= self._widened(means)
        verdict = self._latch.step(t_ms, score)
        if verdict is Verdict.ANOMALOUS:
            return Outcome(True, score, (self._finding(row, means, score),))
        if verdict is Verdict.NEW_NORMAL:
            self.rebaseline()
        elif score < self._settings.latch.off:
            self._learn(means, residual)
        return Outcome(anomalous=False, score=score)

    def rebaseline(self) -> None:
        """Take the present residual for normal: the relation stays, its constant moves."""
        if self._smooth:
            means = [mean.get() for mean in self._smooth]
            self._offset += means[0] - self._foretold(means)
        self._latch.release()

    def forget_recent(self) -> None:
        self._rows = 0
        self._restart(())

    def state(self) -> ExpectedState:
        return ExpectedState(
            names=(self._settings.target, *self._settings.drivers),
            gates=tuple(gate.state() for gate in self._gates),
            smooth=tuple(mean.get() for mean in self._smooth),
            regression=self._regression.state(),
            weights=tuple(self._weights),
            seen=self._seen,
            square=self._square,
            peak=self._peak,
            offset=self._offset,
            latch=self._latch.state,
            step=self._settings.step,
        )

    def _distances(self, row: Row) -> list[float] | None:
        values = [row[place] for place in self._places]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        admitted = [gate.admit(value) for gate, value in zip(self._gates, known, strict=True)]
        return [cut[-1] for cut in admitted] if all(admitted) else None

    def _smoothed(self, distances: Sequence[float]) -> list[float]:
        if not self._smooth:
            self._restart(distances)
        self._rows = min(self._rows + 1, self._settings.mean_rows)
        for mean, distance in zip(self._smooth, distances, strict=True):
            mean.update(distance)
        return [mean.get() for mean in self._smooth]

    def _restart(self, means: Sequence[float]) -> None:
        self._smooth = [fading_mean(self._settings.mean_rows, mean) for mean in means]

    def _foretold(self, means: Sequence[float]) -> float:
        """The target's distance from its centre."""
        weights = self._weights
        inner = sum(w * x for w, x in zip(weights, means[1:], strict=False))
        return inner + weights[-1] + self._offset

    def _learn(self, means: list[float], residual: float) -> None:
        settings = self._settings
        self._seen = min(self._seen + 1, settings.warmup_rows)
        scale = self._scale(means)
        self._widen(residual / scale, self._seen - int(settings.warmup_rows * _SETTLED_SHARE))
        self._regression.learn([means[0] - self._offset, *means[1:]], self._weight(scale))
        if self._seen % settings.mean_rows == 0 or self._seen == settings.warmup_rows:
            self._weights = self._regression.solve((0.0,) * len(settings.drivers))

    def _widen(self, share: float, settled: int) -> None:
        """Learn how large residuals usually are; `settled`: rows since the relation was believed at all."""
        if settled > 0 and self._seen < self._settings.warmup_rows:
            self._square += (share * share - self._square) / settled
            self._peak = max(self._peak, abs(share))
        elif settled > 0:
            # A drift of days must not become usual on its way.
            square = min(share * share, _MOST_SQUARES * self._usual() ** 2)
            self._square += (square - self._square) / self._settings.forget_rows

    def _scale(self, means: Sequence[float]) -> float:
        """What residuals are shares of: the largest of the target and its parts, or the target's unit."""
        step = self._settings.step
        if step is None:
            return 1.0
        values = [(gate.centre or 0.0) + mean for gate, mean in zip(self._gates, means, strict=True)]
        parts = (weight * value for weight, value in zip(self._weights, values[1:], strict=False))
        return max(step, abs(values[0]), *map(abs, parts))

    def _weight(self, scale: float) -> float:
        """How often a row counts in the regression: uncertain by a share, a large one says less."""
        step = self._settings.step
        return 1.0 if step is None else (step / scale) ** 2

    def _usual(self) -> float:
        """The residual's standard deviation, as a share of its scale."""
        ordinary = self._peak / self._settings.ordinary_peak
        return max(math.sqrt(self._square), ordinary, floor(self._gates[0].centre or 0.0))

    def _widened(self, means: Sequence[float]) -> float:
        """How much wider the residual is where the drivers seldom were (a cold not yet seen).

        The prediction error of a regression on independent rows; asked only of rows that need the excuse.
        """
        rows = max(1.0, self._seen / _INDEPENDENT_ROWS)
        return math.sqrt(1 + (1 + self._regression.distance(means[1:])) / rows)

    def _learning(self) -> tuple[int, int] | None:
        needed = self._settings.warmup_rows
        return (self._seen, needed) if self._seen < needed else None

    def _finding(self, row: Row, means: Sequence[float], score: float) -> Finding:
        centre = self._gates[0].centre or 0.0
        return Finding(
            channel=self._places[0],
            detector=NAME,
            score=score,
            expected=centre + self._foretold(means),
            got=row[self._places[0]] or 0.0,
            since_ms=self._latch.state.since_ms,
        )
