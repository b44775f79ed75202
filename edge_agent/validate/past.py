"""What is believed of each channel and what was seen of it: the memory of rate, spike and noise.

    row ─▶ judge ─▶ marks     moves what was seen: newest numbers, doubts, the unrest of the last rows
              └───▶ learn     moves what is believed, by those numbers only that turned out good

A channel without numbers for more than three periods is known no more: its next number is believed, for
nothing near in time speaks against it. Times are monotonic milliseconds and go on from row to row.

Most rows are even: nothing is missing or in doubt, every channel was believed in the row before. They go a
short way, a whole row at a time; `tests` hold that it ends where the long way does.
"""

import math
from collections.abc import Collection, Sequence
from operator import gt
from typing import Final, TypeGuard

from edge_agent.settings.checks import MINUTE_MS, Checks
from edge_agent.validate.doubts import Believed, Doubts
from edge_agent.validate.levels import USUAL_MOVES, Levels
from edge_agent.validate.noise import LOUD, Noise
from edge_agent.validate.rate import impossible
from wire.messages import Quality

GAP_PERIODS: Final = 3
_NEVER: Final = -(2**62)
_SPARE: Final = 0.9
"""An alert is made for a little less than the time between two rows: a trembling grid needs no new one."""
Row = Sequence[float | None]
"""The numbers of a device at one time; None is one that is not to be looked at."""


class Past:
    """The past of a device's numbers; positions are those of `checks`."""

    def __init__(self, checks: Sequence[Checks], period_ms: int) -> None:
        width = len(checks)
        self._all = range(width)
        self._period_ms, self._gap_ms = period_ms, GAP_PERIODS * period_ms
        self._rates = [check.rate_per_min for check in checks]
        self._levels = Levels([check.spike for check in checks])
        self._noise, self._doubts = Noise(), Doubts()
        self._last: Sequence[float] = [0.0] * width
        self._newest: Sequence[float] = self._last
        self._when: Sequence[int] = [_NEVER] * width
        self._seen: Sequence[int] = self._when
        self._moves = [0.0] * width
        self._t_ms, self._even = _NEVER, False
        self._row: Row = ()
        self._alert: list[float] = []
        self._alert_ms = math.inf

    def judge(self, t_ms: int, row: Row) -> dict[int, Quality]:
        """Why numbers of a row are doubted, by position."""
        self._row = row
        elapsed, self._t_ms = t_ms - self._t_ms, t_ms
        if self._noise.unrest:
            self._noise.pass_row()
        marks = {} if self._is_ordinary(elapsed, row) else self._each(t_ms, row)
        if self._noise.is_calm:
            return marks
        self._noise.latch()
        return dict.fromkeys(self._noise.noisy, Quality.UNCERTAIN_NOISE) | marks

    def learn(self, doubted: Collection[int], elsewhere: Collection[int] = ()) -> None:
        """Believe the row that was judged last, but for the doubted positions.

        Args:
            doubted: by the device's own checks: the next number is compared with an older one.
            elsewhere: those and what other channels contradict. A number goes on from the one before wherever
                the sensor sits, so these are compared with; but how much a channel moves is not learnt.
        """
        if self._even and not doubted and not elsewhere:
            self._last, self._when = self._newest, self._seen
            taught = self._levels.learn(self._moves, self._all)
        else:
            taught = self._believe(self._row, doubted, elsewhere)
        if self._noise.noisy:
            taught |= self._accept_noise()
        if taught:
            self._alert_ms = math.inf

    def forget_times(self) -> None:
        """What comes next has nothing to do with what came: every channel is known no more."""
        self._seen, self._even = [_NEVER] * len(self._all), False

    def levels(self) -> dict[int, float]:
        """What outlives a restart: the squared usual move of each position that has one."""
        return self._levels.known()

    def restore(self, levels: dict[int, float]) -> None:
        """Go on with levels learnt before."""
        for n, level in levels.items():
            self._levels.restore(n, level)
        self._alert_ms = math.inf

    def _accept_noise(self) -> bool:
        outlasted = self._noise.outlasted()
        for n in outlasted:
            self._levels.forget(n)
            self._noise.forget(n)
        return bool(outlasted)

    def _is_ordinary(self, elapsed_ms: int, row: Row) -> bool:
        """Take an even row of usual moves; False, and nothing taken: it needs a closer look."""
        if not self._even or elapsed_ms > self._gap_ms or not _is_whole(row):
            return False
        moves = [value - last for value, last in zip(row, self._last, strict=True)]
        if not self._alert_ms <= elapsed_ms <= 4 * self._alert_ms:
            self._set_alert(elapsed_ms)
        if any(map(gt, map(abs, moves), self._alert)) and not self._is_only_loud(elapsed_ms, moves):
            return False
        self._newest, self._seen, self._moves = row, [self._t_ms] * len(moves), moves
        return True

    def _is_only_loud(self, elapsed_ms: int, moves: Sequence[float]) -> bool:
        """Tell noise what is loud in an even row; False, and nothing told: something leaps or is too fast."""
        loud = [n for n, move in enumerate(moves) if abs(move) > self._alert[n]]
        for n in loud:
            if abs(moves[n]) > self._reach(n) or impossible(moves[n], elapsed_ms, self._rates[n]):
                return False
        for n in loud:
            self._noise.note(n, moves[n], self._moves[n], self._levels.squares[n])
        return True

    def _reach(self, n: int) -> float:
        return USUAL_MOVES * math.sqrt(self._levels.squares[n])

    def _set_alert(self, elapsed_ms: int) -> None:
        """The move from which on a channel is looked at closely: loud, or too fast."""
        self._alert_ms = _SPARE * elapsed_ms
        minutes = self._alert_ms / MINUTE_MS
        self._alert = [
            min(LOUD * math.sqrt(square), math.inf if rate is None else rate * minutes)
            for square, rate in zip(self._levels.squares, self._rates, strict=True)
        ]

    def _each(self, t_ms: int, row: Row) -> dict[int, Quality]:
        newest, seen, moves = list(self._newest), list(self._seen), [0.0] * len(self._all)
        marks = {}
        self._even, self._when = False, list(self._when)
        for n, value in enumerate(row):
            if value is None:
                continue
            if t_ms - seen[n] > self._gap_ms:
                self._forget(n)
            else:
                moves[n] = value - newest[n]
            if mark := self._weigh(n, value, t_ms):
                marks[n] = mark
            self._noise.note(n, moves[n], self._moves[n], self._levels.squares[n])
            newest[n], seen[n] = value, t_ms
        self._newest, self._seen, self._moves = newest, seen, moves
        return marks

    def _weigh(self, n: int, value: float, t_ms: int) -> Quality | None:
        when = self._when[n]
        if when == _NEVER:
            return None
        past = Believed(self._last[n], when, self._moves[n], self._reach(n), self._period_ms, self._rates[n])
        return self._doubts.weigh(n, value, t_ms, past)

    def _forget(self, n: int) -> None:
        self._when = [_NEVER if m == n else when for m, when in enumerate(self._when)]
        self._doubts.open.pop(n, None)
        self._noise.forget(n)

    def _believe(self, row: Row, doubted: Collection[int], elsewhere: Collection[int]) -> bool:
        last, when, moves, known = list(self._last), list(self._when), [0.0] * len(row), []
        for n, value in enumerate(row):
            if value is None or n in doubted:
                continue
            if when[n] != _NEVER and n not in elsewhere:
                moves[n] = value - last[n]
                known.append(n)
            last[n], when[n] = value, self._t_ms
        self._last, self._when = last, when
        self._even = not self._doubts.open and when == self._seen and _NEVER not in when
        return self._levels.learn(moves, known)


def _is_whole(row: Row) -> TypeGuard[Sequence[float]]:
    return None not in row
