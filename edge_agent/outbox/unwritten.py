"""What could not be written: a bounded memory in place of the disk; pure.

Invariant: at most `LIMIT` readings and alarm events, and whatever readings had to go are in `losses`. The
newest scans always stay; alarm events stay when the readings beside them go.
"""

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from edge_agent.outbox.losses import merged
from edge_agent.samples import Scan, Told
from wire.messages import Clock, Loss, LossReason

LIMIT: Final = 100_000
"""Readings; about 10 MB. Ten posts of 20 channels polled each minute fill it in eight hours."""
ALARMS: Final = 10_000
"""Alarm events that outlive their readings; a hundred alarms would have to come and go fifty times each."""


class Group(Struct, frozen=True):
    """What one call brought: scans and the names of their channels, alarm events, state."""

    scans: tuple[Scan, ...]
    names: Mapping[str, tuple[str, ...]]
    alarms: tuple[Told, ...] = ()
    state: Mapping[str, bytes] = MappingProxyType({})

    @property
    def readings(self) -> int:
        return sum(len(scan.values) for scan in self.scans)

    @property
    def size(self) -> int:
        """What counts against the limit; at least 1, so that nothing is kept for free."""
        return self.readings + len(self.alarms) or 1


class Unwritten:
    """First in, first written."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._groups: deque[Group] = deque()
        self._size = 0
        self.losses: tuple[Loss, ...] = ()
        """What was given up for want of memory; to be told with the next batch."""

    def add(self, group: Group) -> None:
        """Take a group in; when there is too much, give the oldest readings up."""
        self._groups.append(group)
        self._size += group.size
        while self._size > self._limit and len(self._groups) > 1:
            gone, heir = self.pop(), self.pop()
            if gone.scans:
                self.losses = merged((*self.losses, _loss(gone)))
            self._groups.appendleft(_heir(gone, heir))
            self._size += self._groups[0].size

    def oldest(self) -> Group | None:
        """What must be written next."""
        return self._groups[0] if self._groups else None

    def pop(self) -> Group:
        """Let go of the oldest."""
        group = self._groups.popleft()
        self._size -= group.size
        return group


def _heir(gone: Group, heir: Group) -> Group:
    """The next group, with what of an older one is not given up."""
    alarms = (*gone.alarms, *heir.alarms)[-ALARMS:]
    return Group(heir.scans, heir.names, alarms, {**gone.state, **heir.state})


def _loss(group: Group) -> Loss:
    """Times that a clock nobody had set gave are not told."""
    times = [scan.taken.wall_ms for scan in group.scans if scan.clock is not Clock.UNSYNCED] or [0]
    return Loss(reason=LossReason.OUTBOX_FULL, from_ms=min(times), to_ms=max(times), readings=group.readings)
