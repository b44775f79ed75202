"""Linear regression from running moments, in plain floats: five inputs do not pay for an array library.

Means and co-moments by Welford's update, so that an offset of 10⁹ costs no digits; solved for weights when
they are asked for. The same estimate as recursive least squares, without a covariance to keep in shape.
"""

import math
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

RIDGE: Final = 1e-3
"""Of each input's own variance: it decides only where inputs say the same thing, or nothing."""


class RegressionState(Struct, frozen=True):
    """Weight of the rows, means and co-moments (lower triangle by rows) of target and inputs."""

    n: float
    means: tuple[float, ...]
    moments: tuple[float, ...]

    @classmethod
    def empty(cls, inputs: int) -> "RegressionState":
        size = inputs + 1
        return cls(0.0, (0.0,) * size, (0.0,) * (size * (size + 1) // 2))


class Regression:
    """Of the first number of each row on the others; with `keep` < 1 old rows fade by that factor a row."""

    __slots__ = ("_keep", "_means", "_moments", "n")

    def __init__(self, saved: RegressionState, keep: float = 1.0) -> None:
        self._keep = keep
        self.n = saved.n
        self._means = list(saved.means)
        self._moments = list(saved.moments)

    def learn(self, row: Sequence[float], weight: float = 1.0) -> None:
        """Take a row in; `weight`: how often it counts."""
        keep, means, moments = self._keep, self._means, self._moments
        self.n = keep * self.n + weight
        place = 0
        befores: list[float] = []
        for n, value in enumerate(row):
            befores.append(value - means[n])
            means[n] += weight * befores[n] / self.n
            after = value - means[n]
            for before in befores:
                moments[place] = keep * moments[place] + weight * before * after
                place += 1

    def solve(self, prior: Sequence[float]) -> list[float]:
        """The weights of the inputs and, last, the constant.

        Args:
            prior: the weights where the rows say nothing.
        """
        size = len(prior)
        square = [[self._moment(row, column) for column in range(size + 1)] for row in range(size + 1)]
        scales = [line[n] ** -0.5 if line[n] > 0 else 0.0 for n, line in enumerate(square)]
        target = scales[0] or 1.0
        # In units of standard deviations the ridge is the same for every input.
        guess = [w * target / s if s else 0.0 for w, s in zip(prior, scales[1:], strict=True)]
        matrix = [
            [square[i][j] * scales[i] * scales[j] for j in range(1, size + 1)] for i in range(1, size + 1)
        ]
        missing = [
            square[i][0] * scales[i] * target - sum(m * g for m, g in zip(matrix[i - 1], guess, strict=True))
            for i in range(1, size + 1)
        ]
        for n in range(size):
            matrix[n][n] += RIDGE
        found = [g + d for g, d in zip(guess, _eliminated(matrix, missing), strict=True)]
        weights = [f * s / target if s else w for f, s, w in zip(found, scales[1:], prior, strict=True)]
        return [*weights, self._means[0] - sum(w * m for w, m in zip(weights, self._means[1:], strict=True))]

    def distance(self, inputs: Sequence[float]) -> float:
        """How far inputs are from their mean, in standard deviations squared (Mahalanobis)."""
        if self.n <= 0:
            return 0.0
        size = range(1, len(inputs) + 1)
        scales = [math.sqrt(self._moment(n, n) / self.n) for n in size]
        away = [(x - self._means[n]) / s if s else 0.0 for n, x, s in zip(size, inputs, scales, strict=True)]
        matrix = [
            [
                (
                    self._moment(i, j) / self.n / (scales[i - 1] * scales[j - 1])
                    if scales[i - 1] * scales[j - 1]
                    else 0.0
                )
                + (RIDGE if i == j else 0.0)
                for j in size
            ]
            for i in size
        ]
        return sum(a * b for a, b in zip(away, _eliminated(matrix, list(away)), strict=True))

    def forget(self) -> None:
        """Give back the memory; nothing can be learnt or solved any more."""
        self._means, self._moments = [], []

    def state(self) -> RegressionState:
        return RegressionState(self.n, tuple(self._means), tuple(self._moments))

    def _moment(self, row: int, column: int) -> float:
        low, high = sorted((row, column))
        return self._moments[high * (high + 1) // 2 + low]


def _eliminated(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a symmetric positive definite system (Gauss without pivots; the ridge keeps it definite)."""
    size = range(len(right))
    for n in size:
        for below in size[n + 1 :]:
            factor = matrix[below][n] / matrix[n][n]
            right[below] -= factor * right[n]
            for column in size[n:]:
                matrix[below][column] -= factor * matrix[n][column]
    found = [0.0] * len(right)
    for n in reversed(size):
        known = sum(matrix[n][column] * found[column] for column in size[n + 1 :])
        found[n] = (right[n] - known) / matrix[n][n]
    return found
