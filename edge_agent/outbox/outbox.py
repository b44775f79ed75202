"""The outbox as the pipeline sees it: what happens when the disk is full or the file is damaged."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final, Self, TypeVar

import structlog

from edge_agent.outbox.batching import tables_of
from edge_agent.outbox.clock_policy import Release, decide
from edge_agent.outbox.database import (
    DamagedError,
    Database,
    NotNowError,
    OutboxError,
    UnusableError,
    lock,
    salvaged_epoch,
    set_aside,
)
from edge_agent.outbox.records import Records
from edge_agent.outbox.room import make_room
from edge_agent.outbox.unwritten import Group, Unwritten
from edge_agent.samples import Depth, Instant, Pending, Scan, Told
from wire.messages import Clock, Loss, LossReason

T = TypeVar("T")
_LOG_SHARE: Final = 4
_LONGEST_LOG: Final = 4 * 1024 * 1024
_RELEASED_AT_ONCE: Final = 32
_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"
_log = structlog.get_logger()


class Outbox:
    """Readings on disk until they are receipted; one thread at a time may call it."""

    def __init__(
        self, path: Path, *, max_bytes: int, boot: str, site_class: str, epoch_source: Callable[[], str]
    ) -> None:
        """See `open`."""
        self._path = path
        self._boot = boot
        self._site_class = site_class
        self._epoch_source = epoch_source
        self._log_bytes = min(max_bytes // _LOG_SHARE, _LONGEST_LOG)
        self._database_bytes = max_bytes - self._log_bytes
        self._unwritten = Unwritten()
        self._trouble: str | None = None
        self._failures = 0
        self._lost: Loss | None = None
        self._lock: IO[bytes] | None = None
        self._database: Database | None = None
        self._records: Records | None = None
        self.epoch = ""
        """The epoch of the database in use, 16 hex digits; another one after a damaged file was set aside."""

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        max_bytes: int,
        boot: str,
        site_class: str,
        epoch_source: Callable[[], str],
    ) -> Self:
        """Open or make the outbox; a damaged one is set aside and replaced.

        Args:
            path: the database; its log, its lock and damaged predecessors lie beside it.
            max_bytes: database and log together.
            boot: this boot's name; monotonic times of another boot mean nothing.
            site_class: goes into every batch.
            epoch_source: draws 16 random hex digits.

        Raises:
            UnusableError: in use, no permission, another program's file, or no room to make one.
        """
        outbox = cls(
            Path(path), max_bytes=max_bytes, boot=boot, site_class=site_class, epoch_source=epoch_source
        )
        outbox._lock = lock(outbox._path)
        try:
            outbox._first_opening()
        except NotNowError as error:
            outbox.close()
            raise UnusableError(f"{error}; see that the folder has room and may be written") from error
        except OutboxError:
            outbox.close()
            raise
        return outbox

    def append(
        self,
        scans: Sequence[Scan],
        names: Mapping[str, tuple[str, ...]],
        alarms: Sequence[Told] = (),
        state: Mapping[str, bytes] = MappingProxyType({}),
    ) -> int | None:
        """Write scans and alarm events as one batch; on return it is on the disk, and so is the state.

        Args:
            scans: in any order; those of an unset clock wait, see `settle`.
            names: device → names of its channels.
            alarms: in order; those of an unset clock wait too.
            state: stage → what it must know after a restart; others keep theirs.

        Returns:
            The last number written; None when there is no batch: nothing to send, all of it waits for a
            clock, or the disk cannot be written now (it waits in memory and goes first next time).
        """
        if scans or alarms or state:
            self._unwritten.add(Group(tuple(scans), names, tuple(alarms), state))
        last: int | None = None
        while (group := self._unwritten.oldest()) is not None:
            numbers = self._guarded(partial(self._write, group=group), None)
            if numbers is None:
                return last
            last = max(numbers, default=last)
        self._note_recovery()
        self._cut_log()
        return last

    @property
    def behind(self) -> bool:
        """Whether something that was appended waits in memory for the disk."""
        return self._unwritten.oldest() is not None

    def pending(self, after_seq: int, limit_batches: int, limit_bytes: int) -> list[Pending]:
        """Batches after a number, oldest first; the first one whatever its size.

        A batch that is no longer as it was written is given up with a loss record.
        """
        return self._guarded(lambda r: self._sound(r, after_seq, limit_batches, limit_bytes), [])

    def receipted(self, epoch: str, ranges: Sequence[tuple[int, int]]) -> int:
        """Delete batches that the collector has; how many. A foreign epoch changes nothing.

        Not flushed to disk: a deletion undone by a power cut costs one repeated message.
        """
        removed = self._guarded(lambda r: self._removed(r, epoch, ranges), 0)
        self._cut_log()
        return removed

    def release(self, boot: str, offset_ms: int) -> int:
        """The clock is set: held readings of this boot become batches with true times; how many batches.

        Args:
            boot: whose monotonic times the offset belongs to.
            offset_ms: wall minus monotonic time.
        """
        return self._release(boot, offset_ms, Release(Clock.SYNCED, 0))

    def settle(self, now: Instant, clock: Clock, wait_ms: int) -> int:
        """Release what `clock_policy` lets go now; how many batches. Call it every few seconds.

        Args:
            now: both clocks.
            clock: how far the wall clock can be trusted.
            wait_ms: how long a clock that is only plausible is not believed.
        """
        how = self._guarded(partial(_what_may_go, now=now, clock=clock, wait_ms=wait_ms), None)
        return self._release(self._boot, now.wall_ms - now.mono_ms, how) if how else 0

    def state(self) -> dict[str, bytes]:
        """Stage → its state, as it was written with the last events that it led to."""
        return self._guarded(lambda r: r.state(), {})

    def set_state_aside(self, stage: str) -> str:
        """A state does not fit: keep it under another key with the date, and go on without it; the key."""
        stamp = datetime.now(UTC).strftime(_STAMP)
        return self._guarded(lambda r: self._state_set_aside(r, stage, stamp), "")

    def depth(self) -> Depth:
        """What is on disk; nothing while the file cannot be used."""
        nothing = Depth(batches=0, readings=0, oldest_ms=0, oldest_seq=0, bytes=0)
        return self._guarded(lambda r: r.depth(), nothing)

    def close(self) -> None:
        """Let go of the file; whatever is in it stays."""
        self._detach()
        if self._lock is not None:
            self._lock.close()

    def _write(self, records: Records, group: Group) -> list[int]:
        """Write what has waited longest; the number of its batch, if it makes one."""
        sure = tables_of([scan for scan in group.scans if scan.clock is not Clock.UNSYNCED], group.names)
        alarms = tuple(told.event for told in group.alarms if told.event.clock is not Clock.UNSYNCED)
        numbers = []
        with records.changing():
            records.tell(self._unwritten.losses)
            records.keep(group.state)
            _hold(records, group)
            if sure or alarms:
                numbers.append(records.add(sure, alarms, corrects=True))
            self._make_room(records)
        self._unwritten.pop()
        self._unwritten.losses = ()
        return numbers

    def _state_set_aside(self, records: Records, stage: str, stamp: str) -> str:
        with records.changing():
            return records.set_state_aside(stage, stamp)

    def _sound(self, records: Records, after_seq: int, limit_batches: int, limit_bytes: int) -> list[Pending]:
        sound, damaged = records.pending(after_seq, limit_batches, limit_bytes)
        if damaged:
            _log.error("batches damaged on disk are given up", numbers=damaged, path=str(self._path))
            with records.changing():
                records.lose(LossReason.CORRUPT, damaged)
        return sound

    def _removed(self, records: Records, epoch: str, ranges: Sequence[tuple[int, int]]) -> int:
        if epoch != self.epoch:
            return 0
        with records.changing(durable=False):
            return records.remove(ranges)

    def _release(self, boot: str, offset_ms: int, how: Release) -> int:
        total = 0
        while count := self._guarded(lambda r: self._released(r, boot, offset_ms, how), 0):
            total += count
        self._cut_log()
        return total

    def _released(self, records: Records, boot: str, offset_ms: int, how: Release) -> int:
        with records.changing():
            count = records.release(boot, offset_ms, how, _RELEASED_AT_ONCE)
            self._make_room(records)
        return count

    def _make_room(self, records: Records) -> None:
        if self._database is not None:
            make_room(self._database, records, self._database_bytes)

    def _cut_log(self) -> None:
        if self._database is None:
            return
        try:
            self._database.empty_log(self._log_bytes)
        except OutboxError as error:
            self._note_trouble(error)

    def _guarded(self, action: Callable[[Records], T], otherwise: T) -> T:
        """Run an action on the database; damage is set aside and the action run on a new one."""
        for _ in range(2):
            try:
                return action(self._attached())
            except DamagedError as error:
                if not self._set_aside(error):
                    break
            except OutboxError as error:
                self._note_trouble(error)
                break
        return otherwise

    def _first_opening(self) -> None:
        try:
            records = self._attached()
        except DamagedError as error:
            if not self._set_aside(error):
                raise
            records = self._attached()
        other_boots = "boot != ?"
        with records.changing():
            records.release_foreign_alarms()
            records.lose_held(LossReason.CLOCK_UNKNOWN, other_boots, self._boot)

    def _attached(self) -> Records:
        """The records of the database in use; opened again after it was set aside."""
        if self._records is None:
            self._detach()
            self._database = Database(self._path)
            records = Records(
                self._database, boot=self._boot, site_class=self._site_class, epoch_source=self._epoch_source
            )
            if self._lost is not None:
                with records.changing():
                    records.tell([self._lost])
                self._lost = None
            self._records, self.epoch = records, records.epoch
        return self._records

    def _detach(self) -> None:
        self._records = None
        if self._database is not None:
            self._database.close()
            self._database = None

    def _set_aside(self, why: DamagedError) -> bool:
        self._detach()
        epoch = salvaged_epoch(self._path) or self.epoch or None
        stamp = datetime.now(UTC).strftime(_STAMP)
        try:
            target = set_aside(self._path, stamp)
        except OSError as error:
            self._note_trouble(NotNowError(f"{self._path}: cannot be renamed: {error.strerror}"))
            return False
        self._lost = Loss(reason=LossReason.CORRUPT, epoch=epoch)
        _log.error("outbox damaged; set aside, a new one begins", reason=str(why), kept_as=str(target))
        return True

    def _note_trouble(self, error: OutboxError) -> None:
        """Say it once until it is over."""
        self._failures += 1
        if self._trouble is None:
            self._trouble = str(error)
            _log.error("outbox cannot be written; readings wait in memory", reason=self._trouble)

    def _note_recovery(self) -> None:
        if self._trouble is not None:
            _log.info("outbox is written again", reason=self._trouble, failures=self._failures)
            self._trouble, self._failures = None, 0


def _hold(records: Records, group: Group) -> None:
    """Keep what has no true time yet."""
    if alarms := tuple(told for told in group.alarms if told.event.clock is Clock.UNSYNCED):
        records.hold_alarms(alarms)
    if scans := [scan for scan in group.scans if scan.clock is Clock.UNSYNCED]:
        records.hold(tables_of(scans, group.names))


def _what_may_go(records: Records, now: Instant, clock: Clock, wait_ms: int) -> Release | None:
    if not records.holds:
        return None
    waited_ms = now.mono_ms - records.waiting_since_ms()
    return decide(clock, waited_ms=waited_ms, wait_ms=wait_ms, newest_ms=records.newest_ms())
