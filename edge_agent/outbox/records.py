"""What stands in the outbox's database: one method a change, each to be called inside `changing`."""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from edge_agent.outbox import batching, clock_policy
from edge_agent.outbox.batching import Tables
from edge_agent.outbox.clock_policy import Release
from edge_agent.outbox.database import DamagedError, Database
from edge_agent.outbox.losses import merged
from edge_agent.samples import Depth, Pending, Told
from wire import codec
from wire.messages import AlarmEvent, Batch, Clock, Loss, LossReason, Table

T = TypeVar("T")
_STATE: Final = "state."
_MISFITS: Final = 4
"""States set aside that stay, for each stage."""
_GONE: Final = "RETURNING seq, readings, from_ms, to_ms, CASE WHEN losses THEN payload END"
_FRESH: Final[dict[str, str | int | bytes]] = {
    "next_seq": 1,
    "newest_ms": 0,
    "thinned_to": 0,
    "losses": b"[]",
    "waiting_boot": "",
    "waiting_mono_ms": 0,
}
_EPOCH: Final = re.compile(r"[0-9a-f]{16}")
_losses_in = msgspec.json.Decoder(tuple[Loss, ...])
_tables_in = msgspec.json.Decoder(tuple[Table, ...])
_alarms_in = msgspec.json.Decoder(tuple[Told, ...])


class Totals(Struct):
    """Counted once when the file is opened, then kept up; a count over all rows would read the whole file."""

    batches: int = 0
    readings: int = 0
    held: int = 0


class Records:
    """The tables of one database and their totals; not for more than one thread."""

    def __init__(
        self, database: Database, *, boot: str, site_class: str, epoch_source: Callable[[], str]
    ) -> None:
        """Take a database over; a new one gets an epoch.

        Raises:
            DamagedError: its meta table makes no sense.
        """
        self._db = database
        self._boot = boot
        self._site_class = site_class
        if database.get("epoch") is None:
            with database.transaction():
                for key, value in (_FRESH | {"epoch": epoch_source()}).items():
                    database.put(key, value)
        self.epoch = str(database.get("epoch"))
        self._check_meta()
        self._totals = self._count()

    def _check_meta(self) -> None:
        typed = all(isinstance(self._db.get(key), type(value)) for key, value in _FRESH.items())
        ((newest,),) = self._db.rows("SELECT total(seq) FROM (SELECT max(seq) AS seq FROM batch)")
        if not (typed and _EPOCH.fullmatch(self.epoch) and newest < self._db.get("next_seq")):
            raise DamagedError("the outbox's meta table is not as it was written")

    def _count(self) -> Totals:
        ((batches, readings),) = self._db.rows("SELECT count(*), total(readings) FROM batch")
        ((held,),) = self._db.rows("SELECT total(readings) FROM held")
        return Totals(batches, int(readings), int(held))

    @contextmanager
    def changing(self, *, durable: bool = True) -> Iterator[None]:
        """A transaction; the totals follow it, also back."""
        before = msgspec.structs.replace(self._totals)
        try:
            with self._db.transaction(durable=durable):
                yield
        except BaseException:
            self._totals = before
            raise

    def add(self, tables: Tables, alarms: tuple[AlarmEvent, ...] = (), *, corrects: bool) -> int:
        """Write a batch with whatever losses are to be told; its sequence number.

        Args:
            tables: of readings.
            alarms: with the tables at least one row or event.
            corrects: the clock is trusted and these are the newest readings: `newest_ms` follows, even back.
        """
        _, to_ms = batching.span(tables, alarms)
        known = self._db.get("newest_ms")
        clock = Clock.SYNCED if corrects else Clock.UNSYNCED
        self._db.put("newest_ms", clock_policy.newest(known, to_ms, clock))
        return self._insert(tables, alarms)

    def _insert(self, tables: Tables, alarms: tuple[AlarmEvent, ...]) -> int:
        seq = int(self._db.get("next_seq"))
        losses = self._untold()
        batch = Batch(
            epoch=self.epoch,
            seq=seq,
            boot=self._boot,
            site_class=self._site_class,
            alarms=alarms,
            tables=tables,
            losses=losses,
        )
        payload = codec.encode(batch)
        readings = batching.readings_in(tables)
        row = (seq, readings, *batching.span(tables, alarms), len(losses), len(payload), zlib.crc32(payload))
        self._db.rows("INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row, payload, len(alarms))
        self._db.put("next_seq", seq + 1)
        if losses:
            self._db.put("losses", b"[]")
        self._totals.batches += 1
        self._totals.readings += readings
        return seq

    def tell(self, losses: Iterable[Loss]) -> None:
        """Losses that the next batch carries."""
        if new := tuple(losses):
            self._db.put("losses", msgspec.json.encode(merged((*self._untold(), *new))))

    def _untold(self) -> tuple[Loss, ...]:
        try:
            return _losses_in.decode(self._db.get("losses"))
        except msgspec.DecodeError as error:
            raise DamagedError(f"the outbox's loss records: {error}") from None

    def pending(
        self, after_seq: int, limit_batches: int, limit_bytes: int
    ) -> tuple[list[Pending], list[int]]:
        """Batches in order, and the numbers of those that are not as they were written."""
        last = self._last_within(after_seq, limit_batches, limit_bytes)
        rows = self._db.rows(
            "SELECT seq, crc, payload FROM batch WHERE seq > ? AND seq <= ? ORDER BY seq", after_seq, last
        )
        sound = [Pending(seq, payload) for seq, crc, payload in rows if is_sound(payload, crc)]
        return sound, [seq for seq, crc, payload in rows if not is_sound(payload, crc)]

    def _last_within(self, after_seq: int, limit_batches: int, limit_bytes: int) -> int:
        """The last batch that still fits; the first one always does."""
        sizes = self._db.rows(
            "SELECT seq, bytes FROM batch WHERE seq > ? ORDER BY seq LIMIT ?", after_seq, limit_batches
        )
        last = after_seq
        for seq, size in sizes:
            limit_bytes -= size
            if limit_bytes < 0 and last != after_seq:
                break
            last = seq
        return last

    def remove(self, ranges: Iterable[tuple[int, int]]) -> int:
        """Delete what was receipted; how many batches."""
        before = self._totals.batches
        for first, last in ranges:
            self._deleted("WHERE seq BETWEEN ? AND ?", first, last)
        return before - self._totals.batches

    def lose(self, reason: LossReason, numbers: Sequence[int]) -> None:
        """Give batches up, and tell it; what they were to tell is told again."""
        gone = self._deleted("WHERE seq IN (SELECT value FROM json_each(?))", json.dumps(numbers))
        loss = Loss(
            reason=reason,
            from_ms=min(row[2] for row in gone),
            to_ms=max(row[3] for row in gone),
            first_seq=min(row[0] for row in gone),
            last_seq=max(row[0] for row in gone),
            readings=sum(row[1] for row in gone),
        )
        self.tell((loss, *(carried for row in gone for carried in _losses_of(row[4]))))

    def _deleted(self, where: str, *parameters: object) -> list[tuple[Any, ...]]:
        gone = self._db.rows(f"DELETE FROM batch {where} {_GONE}", *parameters)  # noqa: S608 - our own constants
        self._totals.batches -= len(gone)
        self._totals.readings -= sum(row[1] for row in gone)
        return gone

    def hold(self, tables: Tables) -> None:
        """Keep readings that have no true time yet."""
        self._hold(batching.first_mono_ms(tables), tables, readings=batching.readings_in(tables))

    def hold_alarms(self, alarms: tuple[Told, ...]) -> None:
        """Keep alarm events that have no true time yet; at least one."""
        self._hold(min(told.mono_ms for told in alarms), alarms, alarms=len(alarms))

    def _hold(self, mono_ms: int, content: object, *, readings: int = 0, alarms: int = 0) -> None:
        payload = zlib.compress(msgspec.json.encode(content))
        if self._db.get("waiting_boot") != self._boot:
            self._db.put("waiting_boot", self._boot)
            self._db.put("waiting_mono_ms", mono_ms)
        row = (self._boot, mono_ms, readings, zlib.crc32(payload), payload, alarms)
        columns = "boot, mono_ms, readings, crc, payload, alarms"
        self._db.rows(f"INSERT INTO held ({columns}) VALUES (?, ?, ?, ?, ?, ?)", *row)  # noqa: S608 - ours
        self._totals.held += readings

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return self._totals.batches

    @property
    def holds(self) -> bool:
        """Whether anything waits for a clock."""
        return bool(self._db.rows("SELECT 1 FROM held LIMIT 1"))

    def waiting_since_ms(self) -> int:
        """The monotonic time at which the first reading of this boot began to wait."""
        return int(self._db.get("waiting_mono_ms"))

    def newest_ms(self) -> int:
        """The newest time known."""
        return int(self._db.get("newest_ms"))

    def release(self, boot: str, offset_ms: int, how: Release, limit: int) -> int:
        """Turn up to `limit` rows of what is held into a batch each; how many.

        Alarm events go whatever their time would be: a doubtful one is better than one that nobody hears of.
        """
        rows = self._db.rows(
            "DELETE FROM held WHERE id IN (SELECT id FROM held WHERE boot = ?"
            " AND (alarms OR mono_ms + ? >= ?) ORDER BY id LIMIT ?)"
            " RETURNING id, readings, crc, payload, alarms",
            *(boot, offset_ms, how.not_before_ms, limit),
        )
        for _, readings, crc, payload, alarms in sorted(rows):
            self._totals.held -= readings
            if alarms and (told := _held(payload, crc, _alarms_in)):
                self.add((), batching.retimed_alarms(told, offset_ms, how.clock), corrects=False)
            elif not alarms and (tables := _held(payload, crc, _tables_in)):
                self.add(batching.retimed(tables, offset_ms, how.clock), corrects=False)
            else:
                self.tell([Loss(reason=LossReason.CORRUPT, readings=readings)])
        return len(rows)

    def release_foreign_alarms(self) -> None:
        """Alarm events of an earlier boot have lost their only clock and go with their doubtful times."""
        rows = self._db.rows(
            "DELETE FROM held WHERE boot != ? AND alarms > 0 RETURNING id, crc, payload", self._boot
        )
        for _, crc, payload in sorted(rows):
            if told := _held(payload, crc, _alarms_in):
                self.add((), tuple(one.event for one in told), corrects=False)

    def lose_held(self, reason: LossReason, where: str, *parameters: object) -> int:
        """Give held readings up, and tell it; how many rows."""
        gone = self._db.rows(f"DELETE FROM held WHERE {where} RETURNING readings", *parameters)  # noqa: S608
        if gone:
            readings = sum(row[0] for row in gone)
            self._totals.held -= readings
            self.tell([Loss(reason=reason, readings=readings)])
        return len(gone)

    def keep(self, state: Mapping[str, bytes]) -> None:
        """Remember the state of these stages in place of what was known of them."""
        for part, content in state.items():
            self._db.put(_STATE + part, content)

    def state(self) -> dict[str, bytes]:
        """What `keep` was given last."""
        rows = self._db.rows("SELECT key, value FROM meta WHERE key GLOB ?", f"{_STATE}*")
        return {key.removeprefix(_STATE): value for key, value in rows if isinstance(value, bytes)}

    def set_state_aside(self, part: str, stamp: str) -> str:
        """Keep the state of a stage under another key, which is returned; the newest few stay."""
        key = f"misfit.{part}.{stamp}"
        self._db.rows("UPDATE meta SET key = ? WHERE key = ?", key, _STATE + part)
        self._db.rows(
            "DELETE FROM meta WHERE key IN"
            " (SELECT key FROM meta WHERE key GLOB ? ORDER BY key DESC LIMIT -1 OFFSET ?)",
            *(f"misfit.{part}.*", _MISFITS),
        )
        return key

    def depth(self) -> Depth:
        """How much there is."""
        oldest = self._db.rows("SELECT seq, from_ms FROM batch ORDER BY seq LIMIT 1")
        seq, from_ms = oldest[0] if oldest else (self._db.get("next_seq"), 0)
        totals = self._totals
        return Depth(
            batches=totals.batches,
            readings=totals.readings,
            oldest_ms=from_ms,
            oldest_seq=seq,
            bytes=self._db.used_bytes(),
            held=totals.held,
        )


def is_sound(payload: object, crc: int) -> bool:
    """Whether a payload is as it was written."""
    return isinstance(payload, bytes) and zlib.crc32(payload) == crc


def _held(payload: bytes, crc: int, decoder: msgspec.json.Decoder[tuple[T, ...]]) -> tuple[T, ...]:
    """Nothing when the payload is not as it was written, or another version wrote it."""
    if not is_sound(payload, crc):
        return ()
    try:
        return decoder.decode(zlib.decompress(payload))
    except (zlib.error, msgspec.DecodeError):
        return ()


def _losses_of(payload: bytes | None) -> tuple[Loss, ...]:
    if not isinstance(payload, bytes):
        return ()
    try:
        return codec.decode(Batch, payload).losses
    except codec.DecodeError:
        return ()
