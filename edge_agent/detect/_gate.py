"""What of the first values can be believed: a few accidents must not spoil what is learnt for a year."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from msgspec import Struct

from edge_agent.detect._scale import floor

SEED_ROWS: Final = 32
"""Enough for a median that a few wild first rows cannot move."""
_JUNK_ROWS: Final = 3
"""So many wild rows are accidents; one more and it is how the process is."""
_WILD: Final = 2.0
"""A value is wild beyond this multiple of the largest distance from the centre that is no accident."""


class GateState(Struct, frozen=True):
    """Plain numbers of a gate; `seed` is emptied when there is a centre."""

    seed: tuple[float, ...] = ()
    centre: float | None = None
    largest: tuple[float, ...] = ()


class Gate:
    """Lets a channel's values through as distances from a centre, wild ones cut."""

    __slots__ = ("_largest", "_least", "_rows", "_seed", "centre")

    def __init__(self, rows: int, saved: GateState) -> None:
        self._rows = max(1, min(SEED_ROWS, rows))
        self._seed = list(saved.seed)
        self.centre = saved.centre
        self._least = floor(saved.centre or 0.0)
        self._largest = list(saved.largest)

    def admit(self, value: float) -> Sequence[float]:
        """What may be learnt: nothing while there is no centre, then all values so far, then each."""
        if self.centre is not None:
            return (self._cut(value - self.centre),)
        self._seed.append(value)
        return self._begin() if len(self._seed) >= self._rows else ()

    @property
    def reach(self) -> float:
        """The largest distance that is no accident."""
        return self._largest[-1]

    def state(self) -> GateState:
        return GateState(tuple(self._seed), self.centre, tuple(self._largest))

    def _begin(self) -> list[float]:
        values, self._seed = self._seed, []
        self.centre = centre = median(values)
        self._least = floor(centre)
        sizes = sorted((abs(value - centre) for value in values), reverse=True)
        self._largest = sizes[: _JUNK_ROWS + 1]
        return [self._limited(value - centre) for value in values]

    def _cut(self, distance: float) -> float:
        if abs(distance) <= self._largest[-1]:
            return distance
        cut = self._limited(distance)
        self._largest = sorted([*self._largest, abs(distance)], reverse=True)[: _JUNK_ROWS + 1]
        return cut

    def _limited(self, distance: float) -> float:
        limit = _WILD * max(self._largest[-1], self._least)
        return max(-limit, min(limit, distance))
