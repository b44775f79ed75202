"""A combination of values not seen before, though each alone may be ordinary: one of river's models.

    row ─▶ each channel to 0…1 ─▶ model ─▶ mean over rows ─▶ against what it usually is ─▶ latch

An option: what river imports for a model costs more memory than the rest of the agent, so it is imported
when a group is built that wants it.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

from edge_agent.detect._gate import Gate
from edge_agent.detect._latch import Latch, Verdict
from edge_agent.detect._scale import Variance, fading_mean, floor
from edge_agent.detect.findings import Finding, Outcome, Row, StateMisfitError
from edge_agent.detect.models import MIDDLE, MODELS, REACH, Places
from edge_agent.detect.states import DetectorState, MultivariateState, fitting
from edge_agent.settings.detection import MultivariateSettings

NAME: Final = "multivariate"
_RANGED_SHARE: Final = 1 / 2
"""Of the warm-up: what the range of the channels is taken from, before a model can learn."""
_SETTLED_SHARE: Final = 3 / 8
"""Of the warm-up at most: what a model learns before its scores tell what is usual, of the rest."""


class Multivariate:
    """Detector (d); one for a group."""

    def __init__(
        self, channels: Sequence[str], settings: MultivariateSettings, state: DetectorState | None = None
    ) -> None:
        self._settings = settings
        self._constants = settings.constants()
        self._kind = MODELS[settings.model]
        saved = fitting(state, self._kind.state) or self._kind.state.empty(len(channels))
        self._check(saved, len(channels))
        self._latch = Latch(settings.latch, saved.latch)
        self._load(saved)

    def step(self, t_ms: int, row: Row) -> Outcome:
        """Judge a row; a row without any value says nothing."""
        present = [value for value in row if value is not None]
        if not present:
            return Outcome(self._latch.held, 0.0, (), self._learning())
        if self._seen < self._settings.warmup_rows:
            self._learn_first(row)
            return Outcome(anomalous=False, score=0.0, learning=self._learning())
        places = self._places(row)
        self._smooth.update(self._model.score(places))
        score = self._score()
        verdict = self._latch.step(t_ms, score)
        if verdict is Verdict.ANOMALOUS:
            self._waiting.clear()
            return Outcome(True, score, self._findings(row, score))
        if verdict is Verdict.NEW_NORMAL:
            self.rebaseline()
        else:
            self._learn(row, places)
        return Outcome(anomalous=False, score=score)

    def rebaseline(self) -> None:
        """Learn anew: what is normal now may be anywhere, and a model cannot be moved."""
        self._load(self._kind.state.empty(len(self._channels)))
        self._latch.release()

    def forget_recent(self) -> None:
        self._waiting.clear()
        self._smooth = fading_mean(self._settings.mean_rows, self._scores.mean)

    def state(self) -> MultivariateState:
        return self._kind.state(
            seen=self._seen,
            gates=tuple(gate.state() for gate in self._gates),
            moments=tuple(channel.moments() for channel in self._channels),
            lows=tuple(self._lows),
            highs=tuple(self._highs),
            smooth=self._smooth.get(),
            scores=self._scores.moments(),
            peak=self._peak,
            latch=self._latch.state,
            constants=self._constants,
            waiting=tuple(self._waiting),
            **self._model.numbers(),
        )

    def _check(self, saved: MultivariateState, width: int) -> None:
        if len(saved.moments) != width or len(saved.gates) != width:
            raise StateMisfitError(f"{NAME}: {len(saved.moments)} channels were saved, there are {width}")
        if saved.constants not in {(), self._constants}:
            raise StateMisfitError(
                f"{NAME}: learnt with the constants {saved.constants}, now {self._constants}"
            )

    def _load(self, saved: MultivariateState) -> None:
        self._seen = saved.seen
        self._gates = [Gate(self._settings.warmup_rows // 4, gate) for gate in saved.gates]
        self._channels = [Variance(channel) for channel in saved.moments]
        self._lows, self._highs = list(saved.lows), list(saved.highs)
        self._scores, self._peak = Variance(saved.scores), saved.peak
        self._smooth = fading_mean(self._settings.mean_rows, saved.smooth)
        self._waiting: deque[Places] = deque(saved.waiting)
        self._model = self._kind.make(len(self._channels), self._settings, saved)

    def _is_whole(self, row: Row) -> bool:
        """No channel is missing, but for those that have never been there."""
        fed = zip(row, self._channels, strict=True)
        return all(value is not None or not channel.n for value, channel in fed)

    def _learn(self, row: Row, places: Places) -> None:
        """What the mean has not shown yet must not be learnt: a row waits for as many as the mean is over."""
        if self._kind.forgets:
            self._model.learn(places)
        elif self._is_whole(row):
            self._waiting.append(places)
            if len(self._waiting) > self._settings.mean_rows:
                self._model.learn(self._waiting.popleft())

    def _learn_first(self, row: Row) -> None:
        settings = self._settings
        self._seen += 1
        ranged = int(settings.warmup_rows * _RANGED_SHARE)
        settled = settings.settling_rows() + (0 if self._kind.forgets else settings.mean_rows)
        for gate, channel, value in zip(self._gates, self._channels, row, strict=True):
            for distance in gate.admit(value) if value is not None else ():
                channel.update(distance + (gate.centre or 0.0))
        if self._seen < ranged:
            return
        if not self._lows:
            ranges = [_range(channel) for channel in self._channels]
            self._lows, self._highs = [low for low, _ in ranges], [high for _, high in ranges]
        places = self._places(row)
        if self._seen >= ranged + min(settled, int(settings.warmup_rows * _SETTLED_SHARE)):
            self._calibrate(self._model.score(places))
        self._learn(row, places)

    def _calibrate(self, score: float) -> None:
        if not self._scores.n:
            self._smooth, self._peak = fading_mean(self._settings.mean_rows, score), score
        self._smooth.update(score)
        self._scores.update(self._smooth.get())
        self._peak = max(self._peak, self._smooth.get())

    def _places(self, row: Row) -> Places:
        """Where each value lies in the range of the warm-up, 0…1; what is missing is taken to be ordinary."""
        return tuple(
            MIDDLE if value is None else min(1.0, max(0.0, (value - low) / (high - low)))
            for value, low, high in zip(row, self._lows, self._highs, strict=True)
        )

    def _score(self) -> float:
        usual = self._scores.mean
        sigma = max(math.sqrt(self._scores.get()), (self._peak - usual) / self._settings.ordinary_peak, 1e-6)
        return max(0.0, self._smooth.get() - usual) / sigma / self._settings.on

    def _learning(self) -> tuple[int, int] | None:
        needed = self._settings.warmup_rows
        return (self._seen, needed) if self._seen < needed else None

    def _findings(self, row: Row, score: float) -> tuple[Finding, ...]:
        """The channel farthest from its mean: the models themselves name none."""
        away = [
            (abs(value - channel.mean) / (math.sqrt(channel.get()) or floor(value)), n, value)
            for n, (value, channel) in enumerate(zip(row, self._channels, strict=True))
            if value is not None
        ]
        _, n, got = max(away)
        usual = self._channels[n].mean
        return (Finding(n, NAME, score, usual, got, self._latch.state.since_ms),)


def _range(channel: Variance) -> tuple[float, float]:
    """Where the values lie, with room for those of a fault."""
    mean = channel.mean
    reach = max(REACH * math.sqrt(channel.get()), floor(mean))
    return mean - reach, mean + reach
