"""Does time go on? A late row (its time was there already, or an earlier one) teaches nothing."""

from typing import Final

_ANEW_ROWS: Final = 3


class Onward:
    """The times of a device's rows, monotonic milliseconds; three late rows on end: time has begun anew."""

    def __init__(self) -> None:
        self._t_ms: int | None = None
        self._late = 0
        self.anew = False
        """The last row that counted has nothing to do with those before it."""

    def step(self, t_ms: int) -> bool:
        """Whether a row counts."""
        if self._t_ms is not None and t_ms > self._t_ms:
            self.anew = False
        elif self._t_ms is None or self._late + 1 >= _ANEW_ROWS:
            self.anew = True
        else:
            self._late += 1
            return False
        self._t_ms, self._late = t_ms, 0
        return True
