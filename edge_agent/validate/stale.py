"""Stale: the instrument answers, and says the same again.

    a channel's `stamp` (cyclic time stamp, counter) is the same in three polls          that channel
    every fine number of the device is exactly the same in five polls over five minutes  the whole device

Fine are numbers that come as IEEE 754 and can get stuck at all: three of them, different and not at rest, do
not repeat to the last bit by chance. Instruments that count in coarse steps are left alone.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Final

from edge_agent.settings.checks import MINUTE_MS, Checks
from sensor_profiles.model import Channel, Encoding
from wire.messages import Quality, Value

_STAMPS: Final = 3
_POLLS, _SAME_MS = 5, 5 * MINUTE_MS
_FINE: Final = frozenset({Encoding.F24, Encoding.F32, Encoding.F64})
_FEWEST: Final = 3


class _Same:
    """For how many polls something has been the same, and since when."""

    def __init__(self) -> None:
        self._value: object = None
        self.since_ms, self.polls = 0, 0

    def repeats(self, value: object, t_ms: int) -> bool:
        """Take a poll; None is never the same."""
        if value is not None and value == self._value:
            self.polls += 1
            return True
        self._value, self.since_ms, self.polls = value, t_ms, 1
        return False


class Stale:
    """The repetitions of a device."""

    def __init__(self, channels: Sequence[Channel], checks: Sequence[Checks]) -> None:
        names = [channel.name for channel in channels]
        self._fine = [
            n
            for n, (channel, check) in enumerate(zip(channels, checks, strict=True))
            if check.stuck_ms is not None and channel.field.encoding in _FINE
        ]
        self._pick = itemgetter(*self._fine) if len(self._fine) >= _FEWEST else None
        self._all = range(len(names))
        self._frame = _Same()
        stamped = [(n, names.index(check.stamp)) for n, check in enumerate(checks) if check.stamp in names]
        self._stamps = {at: _Same() for _, at in stamped}
        self._stamped = {at: [n for n, by in stamped if by == at] for at in self._stamps}

    def step(self, t_ms: int, values: Sequence[Value], quality: Mapping[int, Quality]) -> Sequence[int]:
        """The channels whose value is old."""
        if self._pick is not None and self._frame.repeats(self._pick(values), t_ms):
            lasted = t_ms - self._frame.since_ms
            if self._frame.polls >= _POLLS and lasted >= _SAME_MS and self._is_telling(values, quality):
                return self._all
        return self._old_stamps(t_ms, values, quality) if self._stamps else ()

    def _is_telling(self, values: Sequence[Value], quality: Mapping[int, Quality]) -> bool:
        numbers = {values[n] for n in self._fine if n not in quality}
        return len(numbers - {0.0, None}) >= _FEWEST

    def _old_stamps(self, t_ms: int, values: Sequence[Value], quality: Mapping[int, Quality]) -> list[int]:
        old: list[int] = []
        for at, same in self._stamps.items():
            if same.repeats(None if at in quality else values[at], t_ms) and same.polls >= _STAMPS:
                old += self._stamped[at]
        return old
