"""Scans that could not be written: a bounded memory in place of the disk; pure.

Invariant: at most `LIMIT` readings, and whatever had to go is in `loss`. The newest scans always stay.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from edge_agent.outbox.losses import merged
from edge_agent.samples import Scan
from wire.messages import Clock, Loss, LossReason

LIMIT: Final = 100_000
"""Readings; about 10 MB. Ten posts of 20 channels polled each minute fill it in eight hours."""


class Group(Struct, frozen=True):
    """The scans of one call and the names of their channels."""

    scans: tuple[Scan, ...]
    names: Mapping[str, tuple[str, ...]]

    @property
    def readings(self) -> int:
        return sum(len(scan.values) for scan in self.scans)


class Unwritten:
    """First in, first written."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._groups: deque[Group] = deque()
        self._readings = 0
        self.losses: tuple[Loss, ...] = ()
        """What was given up for want of memory; to be told with the next batch."""

    def add(self, scans: Sequence[Scan], names: Mapping[str, tuple[str, ...]]) -> None:
        """Take scans in; when there are too many, give the oldest up."""
        group = Group(tuple(scans), names)
        self._groups.append(group)
        self._readings += group.readings
        while self._readings > self._limit and len(self._groups) > 1:
            self.losses = merged((*self.losses, _loss(self.pop())))

    def oldest(self) -> Group | None:
        """What must be written next."""
        return self._groups[0] if self._groups else None

    def pop(self) -> Group:
        """Let go of the oldest."""
        group = self._groups.popleft()
        self._readings -= group.readings
        return group


def _loss(group: Group) -> Loss:
    """Times that a clock nobody had set gave are not told."""
    times = [scan.taken.wall_ms for scan in group.scans if scan.clock is not Clock.UNSYNCED] or [0]
    return Loss(reason=LossReason.OUTBOX_FULL, from_ms=min(times), to_ms=max(times), readings=group.readings)
