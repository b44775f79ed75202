"""Noise burst: loud moves that take each other back, again and again.

A loose contact or a fed-in disturbance goes up and down; a ramp, however steep, goes on. So what counts is
not the square of a move but minus the product of two that follow one another, where that is positive: for
measurement noise it is about the variance of differences, for a ramp nothing, for a step or one spike a
single row. Only loud moves count, those above three usual ones; so an ordinary row costs nothing here.

    unrest = mean over 8 rows of min(−move · move before, 32 levels)        on above 10 levels, off below 4

Three wild values within eight rows make a burst, and nothing, however wild, is remembered beyond 16 rows.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Final

LOUD: Final = 3.0
"""Usual moves; a normal distribution is beyond in one row of 370."""
_SHARE: Final = 1 / 8
_ON, _OFF, _MOST = 10.0, 4.0, 32.0
"""Levels. On at four to five times the usual standard deviation."""
_NOTHING: Final = 1.0
"""Levels; unrest below it is not kept."""
_ACCEPTED_ROWS: Final = 1440
"""What has been noisy for a day of one-minute rows is no burst: the channel is learnt anew."""


class Noise:
    """The unrest of a device's channels, by position; a calm one takes no room."""

    def __init__(self) -> None:
        self.unrest: dict[int, float] = {}
        """In levels."""
        self.rows: dict[int, int] = {}
        """Noisy channels, and for how many rows."""

    def pass_row(self) -> None:
        """A row has passed; `note` adds what was loud in it."""
        calmed = {n: unrest * (1 - _SHARE) for n, unrest in self.unrest.items()}
        self.unrest = {n: unrest for n, unrest in calmed.items() if unrest > _NOTHING}

    def note(self, n: int, move: float, before: float, level: float) -> None:
        """Take a loud move of this row, the move before it, and the channel's level, squared units."""
        back = -move * before
        if not isfinite(level) or back <= 0 or move * move <= LOUD * LOUD * level:
            return
        # The product of an infinite move and none is NaN: it counts as much as any row may.
        counted = back / level if back < _MOST * level else _MOST
        self.unrest[n] = self.unrest.get(n, 0.0) + counted * _SHARE

    def latch(self) -> None:
        """Settle which channels are noisy after this row."""
        held = {n: rows + 1 for n, rows in self.rows.items() if self.unrest.get(n, 0.0) > _OFF}
        self.rows = {n: 1 for n, unrest in self.unrest.items() if unrest > _ON} | held

    def forget(self, n: int) -> None:
        self.unrest.pop(n, None)
        self.rows.pop(n, None)

    def outlasted(self) -> Sequence[int]:
        """Channels that have been noisy for so long that it is how they are."""
        return [n for n, rows in self.rows.items() if rows >= _ACCEPTED_ROWS]
