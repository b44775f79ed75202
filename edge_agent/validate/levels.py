"""How much each channel usually moves from row to row: what a spike and a burst of noise are measured by.

    level = long-term mean of squared moves, never below (`spike` / 8)²     infinite until it is known

The first level is robust: sixteen squared moves, their median. From then on one row in 32 teaches it, which
is enough over a day and costs next to nothing. Only believed moves come here.
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

USUAL_MOVES: Final = 8.0
"""A spike is at least so many usual moves (root mean square): noise does not reach it, even heavy-tailed."""
_SEEDS: Final = 16
_MEDIAN_OF_SQUARES: Final = 0.4549
"""The median of a squared standard normal variable: chi-squared with one degree of freedom."""
_EVERY: Final = 32
_SHARE: Final = 1 / 45
"""45 rows, each the 32nd: a day of one-minute rows."""
_LARGEST: Final = 1e200
"""Of a squared move; the difference of two numbers, or its square, may be infinite."""
_ABSURD: Final = 1e6
"""A level so far above both the floor and the present moves was learnt from junk."""


class Levels:
    """The levels of a device's channels."""

    def __init__(self, spikes: Sequence[float | None]) -> None:
        """Nothing known yet; `spikes` are the smallest jumps called so, None where no level is wanted."""
        self._floors = [None if spike is None else (spike / USUAL_MOVES) ** 2 for spike in spikes]
        self._seeds: dict[int, list[float]] = {n: [] for n, floor in enumerate(self._floors) if floor}
        self._row = 0
        self.squares = [math.inf] * len(spikes)
        """Each channel's level, squared units."""

    def learn(self, moves: Sequence[float], channels: Sequence[int]) -> bool:
        """Learn from a row; only these channels' moves are believed. True when a level has changed."""
        self._row = (self._row + 1) % _EVERY
        if self._row and not self._seeds:
            return False
        for n in channels:
            square = min(moves[n] * moves[n], _LARGEST)
            if n in self._seeds:
                self._seed(n, square)
            elif not self._row and self._floors[n] is not None:
                self._follow(n, square)
        return True

    def forget(self, n: int) -> None:
        """Learn a channel anew."""
        if self._floors[n] is not None:
            self.squares[n], self._seeds[n] = math.inf, []

    def known(self) -> dict[int, float]:
        """The levels that have been learnt."""
        return {n: level for n, level in enumerate(self.squares) if math.isfinite(level)}

    def restore(self, n: int, level: float) -> None:
        """Go on from a level learnt before."""
        floor = self._floors[n]
        if floor is not None and math.isfinite(level):
            self.squares[n] = max(level, floor)
            self._seeds.pop(n, None)

    def _seed(self, n: int, square: float) -> None:
        seeds, floor = self._seeds[n], self._floors[n]
        seeds.append(square)
        if len(seeds) == _SEEDS and floor is not None:
            self.squares[n] = max(median(seeds) / _MEDIAN_OF_SQUARES, floor)
            del self._seeds[n]

    def _follow(self, n: int, square: float) -> None:
        level, floor = self.squares[n], self._floors[n] or 0.0
        if level > _ABSURD * max(floor, square):
            self.forget(n)
        elif square <= USUAL_MOVES * USUAL_MOVES * level:
            self.squares[n] = max(level + (square - level) * _SHARE, floor)
