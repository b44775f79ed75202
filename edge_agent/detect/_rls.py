"""Recursive least squares in plain floats: five coefficients are too few for an array library to pay.

Haykin, Adaptive Filter Theory, the RLS chapter; the start is a ridge of strength 1 / `START` around the
coefficients given.
"""

from collections.abc import Sequence
from typing import Final

START: Final = 1000.0
"""Inputs are about 1 in size, so 1/1000 of a sample's weight: it decides only where the data say nothing."""


class LeastSquares:
    """y ≈ weights · inputs; with `keep` < 1 old rows fade, each by that factor."""

    __slots__ = ("_keep", "covariance", "weights")

    def __init__(
        self,
        weights: Sequence[float],
        covariance: Sequence[Sequence[float]] | None = None,
        keep: float = 1.0,
    ) -> None:
        self.weights = list(weights)
        self._keep = keep
        size = range(len(weights))
        start = [[START if row == column else 0.0 for column in size] for row in size]
        self.covariance = [list(row) for row in covariance or start]

    def predict(self, inputs: Sequence[float]) -> float:
        return sum(w * x for w, x in zip(self.weights, inputs, strict=True))

    def learn(self, inputs: Sequence[float], error: float) -> None:
        """Move the weights by the error that `predict` made on these inputs."""
        spread = [sum(p * x for p, x in zip(row, inputs, strict=True)) for row in self.covariance]
        below = self._keep + sum(s * x for s, x in zip(spread, inputs, strict=True))
        for n, s in enumerate(spread):
            gain = s / below
            self.weights[n] += gain * error
            row = self.covariance[n]
            for m, other in enumerate(spread):
                row[m] = (row[m] - gain * other) / self._keep
        self._bound()

    def _bound(self) -> None:
        """Forgetting without excitation would let the covariance grow without end: never above the start."""
        highest = max(row[n] for n, row in enumerate(self.covariance))
        if highest > START:
            shrink = START / highest
            self.covariance = [[value * shrink for value in row] for row in self.covariance]
