"""Noise burst: loud moves that take each other back, again and again.

A loose contact or a fed-in disturbance goes up and down; a ramp, however steep, goes on. So what counts is
not the square of a move but what of it takes back the move before: of two that follow one another in opposite
directions, the lesser one's square. For a ramp that is nothing, for a step too, for one spike a single row.
Only what is loud counts, above three usual moves; so an ordinary row costs nothing here.

    unrest = mean over 8 rows of min(taken back², 16 levels)        on above 5 levels, off below 1.5

Three wild values within eight rows make a burst, and nothing, however wild, is remembered beyond 18 rows.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Final

LOUD: Final = 3.0
"""Usual moves; a normal distribution is beyond in one row of 370."""
_SHARE: Final = 1 / 8
_ON, _OFF, _MOST = 5.0, 1.5, 16.0
"""Levels. On at about four times the usual standard deviation."""
_NOTHING: Final = 1.0
"""Levels; unrest below it is not kept."""
_ACCEPTED_ROWS: Final = 1440
"""What has been noisy for a day of one-minute rows more than calm is no burst: it is learnt anew."""


class Noise:
    """The unrest of a device's channels, by position; a calm one takes no room."""

    def __init__(self) -> None:
        self.unrest: dict[int, float] = {}
        """In levels."""
        self.noisy: set[int] = set()
        self._rows: dict[int, int] = {}
        """Noisy rows less calm ones, while there are more of them."""

    def pass_row(self) -> None:
        """A row has passed; `note` adds what was loud in it."""
        calmed = {n: unrest * (1 - _SHARE) for n, unrest in self.unrest.items()}
        self.unrest = {n: unrest for n, unrest in calmed.items() if unrest > _NOTHING}

    def note(self, n: int, move: float, before: float, level: float) -> None:
        """Take a loud move of this row, the move before it, and the channel's level, squared units."""
        back = min(abs(move), abs(before))
        if move * before >= 0 or not isfinite(level) or back * back <= LOUD * LOUD * level:
            return
        self.unrest[n] = self.unrest.get(n, 0.0) + min(back * back / level, _MOST) * _SHARE

    def latch(self) -> None:
        """Settle which channels are noisy after this row."""
        unrest = self.unrest
        self.noisy = {n for n in unrest if unrest[n] > (_OFF if n in self.noisy else _ON)}
        counted = {n: self._rows.get(n, 0) + (1 if n in self.noisy else -1) for n in self._rows | unrest}
        self._rows = {n: rows for n, rows in counted.items() if rows > 0}

    def forget(self, n: int) -> None:
        self.noisy.discard(n)
        self.unrest.pop(n, None)
        self._rows.pop(n, None)

    @property
    def is_calm(self) -> bool:
        """Nothing is remembered of any channel."""
        return not self.unrest and not self._rows

    def outlasted(self) -> Sequence[int]:
        """Channels that have been noisy for so long that it is how they are."""
        return [n for n, rows in self._rows.items() if rows >= _ACCEPTED_ROWS]
