"""A one-class support vector machine: a row is unlike those at the border of what was normal.

    places ─▶ cosines along random directions ─▶ weighted sum: large where such rows have been

Schölkopf and others: Estimating the support of a high-dimensional distribution, Neural Computation 13 (2001).
By itself the machine is linear. Its features are Rahimi and Recht's (Random features for large-scale kernel
machines, NIPS 2007), so that it sees a Gaussian kernel. Not by river's `RBFSampler`: that one takes the
cosines of each channel alone, and combinations stay invisible.
"""

import math
import random
from statistics import NormalDist
from typing import Any, Final

from edge_agent.detect.findings import StateMisfitError
from edge_agent.detect.models.model import SIGMA, Places
from edge_agent.detect.states import SvmState
from edge_agent.settings.detection import MultivariateSettings

_LEAST_MEMORY: Final = 1440
"""Rows: a day has every hour once."""


class OneClassSvm:
    """River's `OneClassSVM` over random Fourier features."""

    def __init__(self, channels: int, settings: MultivariateSettings, saved: SvmState) -> None:
        import numpy as np  # noqa: PLC0415  # comes with river.anomaly anyway

        self._cos = np.cos
        directions, phases = _drawn(channels, settings)
        self._directions, self._phases = np.array(directions), np.array(phases)
        self._length = math.sqrt(2 / settings.features)
        self._memory = max(settings.warmup_rows, _LEAST_MEMORY)
        self._svm = _begun(settings.nu)
        if saved.weights:
            self._load(saved, settings.features)

    def score(self, places: Places) -> float:
        """The distance beyond the border: river's own score is the likeness alone, and the border moves."""
        border: float = 1 - self._svm.intercept
        likeness: float = self._svm.score_one(self._features(places))
        return border - likeness

    def learn(self, places: Places) -> None:
        self._svm.learn_one(self._features(places))
        optimizer = self._svm.optimizer  # counts rows; no more than the memory, so that its rate stays
        optimizer.n_iterations = min(optimizer.n_iterations, self._memory)

    def numbers(self) -> dict[str, Any]:
        weights: dict[int, float] = self._svm.weights
        return {
            "weights": tuple(weight for _, weight in sorted(weights.items())),
            "intercept": self._svm.intercept,
            "rows": self._svm.optimizer.n_iterations,
        }

    def _load(self, saved: SvmState, features: int) -> None:
        if len(saved.weights) != features:
            raise StateMisfitError(f"multivariate: {len(saved.weights)} weights were saved, not {features}")
        from river.utils import VectorDict  # noqa: PLC0415

        self._svm._weights = VectorDict(dict(enumerate(saved.weights)))  # noqa: SLF001  # river has no other way
        self._svm.intercept, self._svm.optimizer.n_iterations = saved.intercept, saved.rows

    def _features(self, places: Places) -> dict[int, float]:
        cosines = self._cos(self._directions @ places + self._phases) * self._length
        return dict(enumerate(cosines.tolist()))


def _begun(nu: float) -> Any:
    """A machine whose weights are the mean over the rows so far.

    Shalev-Shwartz and others: Pegasos, ICML 2007; here the mean fades as soon as the memory is full.
    At a constant rate, fast enough for a warm-up, a fault would be learnt sooner than it is seen.
    """
    from river.anomaly import OneClassSVM  # noqa: PLC0415  # 95 MB: only who configures it shall pay
    from river.optim import SGD, schedulers  # noqa: PLC0415

    shrinkage = nu / 2
    weights, border = (schedulers.InverseScaling(rate, power=1.0) for rate in (1 / shrinkage, 1.0))
    machine = OneClassSVM(nu, SGD(weights), border)
    machine.optimizer.n_iterations = round(1 / shrinkage)
    return machine


def _drawn(channels: int, settings: MultivariateSettings) -> tuple[list[list[float]], list[float]]:
    """Directions and phases for the kernel exp(−d²/n) of rows d standard deviations apart in n channels.

    Only from `random()`: its sequence alone is promised to stay the same in every Python.
    """
    chance = random.Random(settings.seed)  # noqa: S311  # no secret
    along = NormalDist(sigma=math.sqrt(2 / channels) / SIGMA)
    directions = [[along.inv_cdf(chance.random()) for _ in range(channels)] for _ in range(settings.features)]
    return directions, [math.tau * chance.random() for _ in range(settings.features)]
