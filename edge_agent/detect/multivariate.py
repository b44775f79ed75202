"""A combination of values not seen before, though each alone may be ordinary: half-space trees (river).

    row ─▶ each channel to 0…1 ─▶ HalfSpaceTrees ─▶ mean over rows ─▶ against what it usually is ─▶ latch

Tan, Ting, Liu: Fast anomaly detection for streaming data, IJCAI 2011. An option: what river imports for it
costs more memory than the rest of the agent, so it is imported when a group is built that wants it.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from edge_agent.detect._gate import Gate
from edge_agent.detect._latch import Latch, Verdict
from edge_agent.detect._scale import Variance, fading_mean, floor
from edge_agent.detect.findings import Finding, Outcome, Row, StateMisfitError
from edge_agent.detect.states import DetectorState, MultivariateState, fitting
from edge_agent.settings.detection import MultivariateSettings

NAME: Final = "multivariate"
_RANGED_SHARE: Final = 1 / 2
"""Of the warm-up: what the range of the channels is taken from, before trees can be built."""
_REACH: Final = 6.0
"""Standard deviations from the middle of the range to its ends: a fault must have where to go."""
_MIDDLE: Final = 0.5
"""Of the range: the mean."""
_WINDOW_SHARE: Final = 1 / 4
"""Of the warm-up at most: the window must be full before scores can be had."""


class Multivariate:
    """Detector (d); one for a group."""

    def __init__(
        self, channels: Sequence[str], settings: MultivariateSettings, state: DetectorState | None = None
    ) -> None:
        saved = fitting(state, MultivariateState) or MultivariateState.empty(len(channels))
        if len(saved.moments) != len(channels):
            raise StateMisfitError(
                f"{NAME}: {len(saved.moments)} channels were saved, there are {len(channels)}"
            )
        self._settings = settings
        self._window = min(settings.window_rows, int(settings.warmup_rows * _WINDOW_SHARE))
        self._latch = Latch(settings.latch, saved.latch)
        # river.anomaly imports scipy.stats: 95 MB that only who configures this detector shall pay.
        from river.anomaly import HalfSpaceTrees  # noqa: PLC0415

        self._forest = HalfSpaceTrees
        self._load(saved)

    def step(self, t_ms: int, row: Row) -> Outcome:
        """Judge a row; a row without any value says nothing."""
        present = [value for value in row if value is not None]
        if not present:
            return Outcome(self._latch.held, 0.0, (), self._learning())
        if self._seen < self._settings.warmup_rows:
            self._learn_first(row)
            return Outcome(anomalous=False, score=0.0, learning=self._learning())
        self._smooth.update(self._trees.score_one(self._features(row)))
        score = self._score()
        verdict = self._latch.step(t_ms, score)
        if verdict is Verdict.ANOMALOUS:
            return Outcome(True, score, self._findings(row, score))
        if verdict is Verdict.NEW_NORMAL:
            self.rebaseline()
        else:
            self._trees.learn_one(self._features(row))
        return Outcome(anomalous=False, score=score)

    def rebaseline(self) -> None:
        """Learn anew: what is normal now may be anywhere, and trees cannot be moved."""
        self._load(MultivariateState.empty(len(self._channels)))
        self._latch.release()

    def forget_recent(self) -> None:
        self._smooth = fading_mean(self._settings.mean_rows, self._scores.mean)

    def state(self) -> MultivariateState:
        nodes = [list(tree.iter_dfs()) for tree in self._trees.trees] if self._trees else []
        return MultivariateState(
            seen=self._seen,
            gates=tuple(gate.state() for gate in self._gates),
            moments=tuple(channel.moments() for channel in self._channels),
            lows=tuple(self._lows),
            highs=tuple(self._highs),
            masses=tuple((*(n.r_mass for n in tree), *(n.l_mass for n in tree)) for tree in nodes),
            counter=self._trees.counter if self._trees else 0,
            smooth=self._smooth.get(),
            scores=self._scores.moments(),
            peak=self._peak,
            latch=self._latch.state,
        )

    def _load(self, saved: MultivariateState) -> None:
        self._seen = saved.seen
        self._gates = [Gate(self._settings.warmup_rows // 4, gate) for gate in saved.gates]
        self._channels = [Variance(channel) for channel in saved.moments]
        self._lows, self._highs = list(saved.lows), list(saved.highs)
        self._scores, self._peak = Variance(saved.scores), saved.peak
        self._smooth = fading_mean(self._settings.mean_rows, saved.smooth)
        self._trees: Any = self._grown() if saved.masses else None
        for tree, masses in zip(self._trees.trees if self._trees else (), saved.masses, strict=True):
            nodes = list(tree.iter_dfs())
            for n, node in enumerate(nodes):
                node.r_mass, node.l_mass = masses[n], masses[n + len(nodes)]
        if self._trees:
            self._trees.counter = saved.counter

    def _grown(self) -> Any:
        """Trees as they are after their first window; the seed makes them the same each time."""
        settings = self._settings
        trees: Any = self._forest(settings.trees, settings.height, self._window, seed=settings.seed)
        middle = dict.fromkeys(range(len(self._channels)), _MIDDLE)
        for _ in range(self._window):
            trees.learn_one(middle)
        return trees

    def _learn_first(self, row: Row) -> None:
        settings = self._settings
        self._seen += 1
        ranged = int(settings.warmup_rows * _RANGED_SHARE)
        for gate, channel, value in zip(self._gates, self._channels, row, strict=True):
            for distance in gate.admit(value) if value is not None else ():
                channel.update(distance + (gate.centre or 0.0))
        if self._seen < ranged:
            return
        if self._trees is None:
            ranges = [_range(channel) for channel in self._channels]
            self._lows, self._highs = [low for low, _ in ranges], [high for _, high in ranges]
            self._trees = self._grown()
        features = self._features(row)
        if self._seen >= ranged + self._window:
            self._calibrate(self._trees.score_one(features))
        self._trees.learn_one(features)

    def _calibrate(self, score: float) -> None:
        if not self._scores.n:
            self._smooth = fading_mean(self._settings.mean_rows, score)
        self._smooth.update(score)
        self._scores.update(self._smooth.get())
        self._peak = max(self._peak, self._smooth.get())

    def _features(self, row: Row) -> dict[int, float]:
        """Where each value lies in the range of the warm-up, 0…1; what is missing is taken to be ordinary."""
        return {
            n: _MIDDLE if value is None else min(1.0, max(0.0, (value - low) / (high - low)))
            for n, (value, low, high) in enumerate(zip(row, self._lows, self._highs, strict=True))
        }

    def _score(self) -> float:
        usual = self._scores.mean
        sigma = max(math.sqrt(self._scores.get()), (self._peak - usual) / self._settings.ordinary_peak, 1e-6)
        return max(0.0, self._smooth.get() - usual) / sigma / self._settings.on

    def _learning(self) -> tuple[int, int] | None:
        needed = self._settings.warmup_rows
        return (self._seen, needed) if self._seen < needed else None

    def _findings(self, row: Row, score: float) -> tuple[Finding, ...]:
        """The channel farthest from its mean: the trees themselves name none."""
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
    reach = max(_REACH * math.sqrt(channel.get()), floor(mean))
    return mean - reach, mean + reach
