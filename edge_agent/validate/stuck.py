"""Stuck: exactly equal for `stuck_ms` while a peer moves.

The equality is of values, which is that of raw ones: value = raw · scale + offset. A value at rest (zero, or
at an end of its range: a pump that stands, a calm, a closed valve, fog) is no sign of anything. A peer moves
when it has come an eighth of its `spike` away from where it was, a noticeable step and not a flicker of its
last digit; without a `spike`, when it changes at all. That is looked at in every fourth row.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from edge_agent.settings.checks import Checks
from edge_agent.validate.levels import USUAL_MOVES
from edge_agent.validate.precedence import believed
from sensor_profiles.model import Channel
from wire.messages import Quality, Value

_NEVER: Final = -(2**62)
_EVERY: Final = 4


class Stuck:
    """Since when the channels of a device stand still, and when they last moved, by believed values."""

    def __init__(self, channels: Sequence[Channel], checks: Sequence[Checks], gap_ms: int) -> None:
        self.watched = [n for n, check in enumerate(checks) if check.stuck_ms is not None]
        """The indices of the channels that can get stuck; positions below count in this list."""
        self._is_all = len(self.watched) == len(channels)
        self._channels, self._checks, self._gap_ms = channels, checks, gap_ms
        self._shortest = min((self._patience(n) for n in range(len(self.watched))), default=0)
        self._values: Sequence[Value] = [None] * len(self.watched)
        self._anchors: list[Value] = [None] * len(self.watched)
        self._since = [_NEVER] * len(self.watched)
        self._moved = [_NEVER] * len(self.watched)
        self._not_before_ms = _NEVER
        """Nothing can have stood still for long enough before that time; `since` only grows."""
        self._t_ms, self._row = _NEVER, 0

    def suspects(self, t_ms: int, values: Sequence[Value]) -> list[int]:
        """Positions that have stood still for long enough, this row included; to be asked before `learn`."""
        if t_ms - self._t_ms > self._gap_ms or t_ms < self._t_ms:
            self._since, self._not_before_ms = [t_ms] * len(self.watched), _NEVER
        if t_ms < self._not_before_ms:
            return []
        self._not_before_ms = min(self._since, default=t_ms) + self._shortest
        if t_ms < self._not_before_ms:
            return []
        return [
            n
            for n, value in enumerate(self._pick(values))
            if value == self._values[n]
            and t_ms - self._since[n] >= self._patience(n)
            and not self._is_at_rest(n, value)
        ]

    def still(self, n: int) -> tuple[int, int]:
        """Since when a position stands still, and how long it may, ms."""
        return self._since[n], self._patience(n)

    def moves_beside(self, n: int, still: tuple[int, int], now_ms: int) -> bool:
        """Whether position `n` has moved lately, while another stood still."""
        since, patience = still
        moved = self._moved[n]
        return moved - since > self._gap_ms and now_ms - moved < patience

    def learn(self, t_ms: int, values: Sequence[Value], quality: Mapping[int, Quality]) -> None:
        """Take a row; what is stuck equals what is known, and changes nothing."""
        row = self._pick(values)
        if quality:
            row = self._believed(row, quality)
        self._since = [
            since if value == known else t_ms
            for since, value, known in zip(self._since, row, self._values, strict=True)
        ]
        self._values, self._t_ms, self._row = row, t_ms, (self._row + 1) % _EVERY
        if not self._row:
            self._look_for_moves(t_ms)

    def _pick(self, values: Sequence[Value]) -> Sequence[Value]:
        return values if self._is_all else [values[n] for n in self.watched]

    def _believed(self, row: Sequence[Value], quality: Mapping[int, Quality]) -> list[Value]:
        """The row with what was known before where it is not believed."""
        return [
            value if believed(quality.get(channel)) else known
            for value, known, channel in zip(row, self._values, self.watched, strict=True)
        ]

    def _look_for_moves(self, t_ms: int) -> None:
        for n, (value, anchor) in enumerate(zip(self._values, self._anchors, strict=True)):
            if not isinstance(value, float):
                continue
            if not isinstance(anchor, float):
                self._anchors[n] = value
            elif value != anchor and abs(value - anchor) >= self._least(n):
                self._anchors[n], self._moved[n] = value, t_ms

    def _patience(self, n: int) -> int:
        return self._checks[self.watched[n]].stuck_ms or 0

    def _least(self, n: int) -> float:
        return (self._checks[self.watched[n]].spike or 0.0) / USUAL_MOVES

    def _is_at_rest(self, n: int, value: Value) -> bool:
        channel = self._channels[self.watched[n]]
        return value is None or value in {0.0, channel.low, channel.high}
