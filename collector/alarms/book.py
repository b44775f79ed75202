"""The alarms of the region as they are now, and their journal, in the state database.

    Change ─▶ record ─┬▶ alarm          as it is now, one row each
                      └▶ alarm_journal  append-only; the hash of a row covers the row and all before it

Both are written in the caller's transaction. Numbers of the journal have no hole: whoever has read up to one
asks for what is after it and misses nothing. Writers of several processes wait for one another at the row of
the counter.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from collector import state
from collector.alarms import incidents
from collector.alarms.alarm import Alarm, Change, Entry
from collector.alarms.incidents import Incident, Raise
from collector.alarms.lifecycle import State, Trigger
from wire.messages import AlarmEvent

BEGINNING: Final = bytes(32)
"""What the hash of the first entry follows."""
_HEAD: Final = "alarm_journal"
_AT_ONCE: Final = 500
"""Keys in one question; SQLite takes 32,766, PostgreSQL 65,535."""
_LONGEST_MS: Final = 3_600_000
"""An incident that began earlier takes up no more alarms."""
_incident = msgspec.json.Decoder(Incident)
_alarm = msgspec.json.Decoder(Alarm)
_entry = msgspec.json.Decoder(Entry)


class Line(Struct, frozen=True):
    """An entry and its number in the journal."""

    seq: int
    entry: Entry


def known(connection: sa.Connection, keys: Sequence[str]) -> dict[str, Alarm]:
    """Those of these alarms that were ever raised."""
    c = state.alarms.c
    found: dict[str, Alarm] = {}
    for first in range(0, len(keys), _AT_ONCE):
        query = sa.select(c.key, c.message).where(c.key.in_(keys[first : first + _AT_ONCE]))
        found |= {key: _alarm.decode(message) for key, message in connection.execute(query)}
    return found


def in_states(connection: sa.Connection, states: Iterable[State], *, site: str | None = None) -> list[Alarm]:
    """All alarms in these states, in no order."""
    c = state.alarms.c
    query = sa.select(c.message).where(c.state.in_([one.value for one in states]))
    if site is not None:
        query = query.where(c.site == site)
    return [_alarm.decode(message) for (message,) in connection.execute(query)]


def active(connection: sa.Connection, code: str) -> list[Alarm]:
    """The alarms of a code whose condition holds, whatever their state."""
    c = state.alarms.c
    query = sa.select(c.message).where(c.code == code, c.active)
    return [_alarm.decode(message) for (message,) in connection.execute(query)]


def record(transaction: sa.Connection, changes: Sequence[Change]) -> None:
    """Write what happened, in this order; what was raised finds its incident.

    Args:
        transaction: of the state database, in which `lock` was called.
        changes: of any alarms; a later one of the same alarm replaces the earlier one.
    """
    entries = [entry for change in changes for entry in change.entries]
    if not entries:
        return
    seq, previous = _head(transaction, len(entries))
    rows, seqs, raises = [], {}, []
    for entry in entries:
        body = msgspec.json.encode(entry)
        previous = chained(previous, body)
        rows.append({"seq": seq, "t_ms": entry.t_ms, "key": entry.key, "entry": body, "hash": previous})
        seqs[entry.key] = seq
        if entry.trigger is Trigger.RAISE and entry.event is not None:
            raises.append(_raise(seq, entry, entry.event))
        seq += 1
    transaction.execute(state.alarm_journal.insert(), rows)
    alarms = {change.alarm.key: change.alarm for change in changes}
    for key, incident in _grouped(transaction, raises).items():
        if key in alarms:
            alarms[key] = replace(alarms[key], incident=incident)
    _save(transaction, alarms, seqs)


def recent_incidents(connection: sa.Connection, since_ms: int) -> list[Incident]:
    """The incidents that began at or after a time, the oldest first."""
    c = state.incidents.c
    query = sa.select(c.message).where(c.opened_ms >= since_ms).order_by(c.id)
    return [_incident.decode(message) for (message,) in connection.execute(query)]


def _raise(seq: int, entry: Entry, event: AlarmEvent) -> Raise:
    return Raise(seq, entry.key, entry.key.partition("/")[0], event.t_ms, event.priority)


def _grouped(transaction: sa.Connection, raises: Sequence[Raise]) -> dict[str, int]:
    """Put what was raised into incidents; key → incident, also of those that were put together just now."""
    if not raises:
        return {}
    since_ms = min(one.t_ms for one in raises) - _LONGEST_MS
    changed = incidents.group(recent_incidents(transaction, since_ms), raises)
    table = state.incidents
    entry = state.insert(transaction, table)
    renewed = {name: entry.excluded[name] for name in ("opened_ms", "message")}
    transaction.execute(
        entry.on_conflict_do_update(index_elements=[table.c.id], set_=renewed),
        [
            {"id": one.id, "opened_ms": one.first_ms, "message": msgspec.json.encode(one)}
            for one in changed.values()
        ],
    )
    return incidents.places(changed)


def lines(
    connection: sa.Connection, *, after_seq: int = 0, limit: int = 1000, key: str | None = None
) -> list[Line]:
    """The journal after a number, the oldest first."""
    c = state.alarm_journal.c
    query = sa.select(c.seq, c.entry).where(c.seq > after_seq).order_by(c.seq).limit(limit)
    if key is not None:
        query = query.where(c.key == key)
    return [Line(seq, _entry.decode(body)) for seq, body in connection.execute(query)]


def last_seq(connection: sa.Connection) -> int:
    """The number of the newest entry; 0: there is none."""
    c = state.alarm_journal.c
    return int(connection.execute(sa.select(sa.func.max(c.seq))).scalar() or 0)


def chained(previous: bytes, body: bytes) -> bytes:
    """The hash of an entry that follows another one."""
    return hashlib.sha256(previous + body).digest()


def broken_at(connection: sa.Connection) -> int | None:
    """The first number at which the journal is not what was written; None: all of it is."""
    previous, expected = BEGINNING, 1
    c = state.alarm_journal.c
    query = sa.select(c.seq, c.entry, c.hash).order_by(c.seq).execution_options(yield_per=_AT_ONCE)
    with connection.execute(query) as rows:
        for seq, body, found in rows:
            previous = chained(previous, body)
            if seq != expected or found != previous:
                return expected
            expected += 1
    return None


def lock(transaction: sa.Connection) -> None:
    """Wait until no other process is changing alarms; to be called before they are read to be changed."""
    opened = state.insert(transaction, state.counters).values(name=_HEAD, value=0)
    same = opened.on_conflict_do_update(
        index_elements=[state.counters.c.name], set_={"value": state.counters.c.value}
    )
    transaction.execute(same)


def _head(transaction: sa.Connection, count: int) -> tuple[int, bytes]:
    """Reserve numbers: the first of them, and the hash before it."""
    c = state.counters.c
    moved = state.counters.update().where(c.name == _HEAD).values(value=c.value + count).returning(c.value)
    first = int(transaction.execute(moved).scalar_one()) - count + 1
    journal = state.alarm_journal.c
    before = transaction.execute(sa.select(journal.hash).where(journal.seq == first - 1)).scalar()
    return first, before or BEGINNING


def _save(transaction: sa.Connection, alarms: dict[str, Alarm], seqs: dict[str, int]) -> None:
    table = state.alarms
    entry = state.insert(transaction, table)
    changed = {name: entry.excluded[name] for name in ("state", "active", "changed_seq", "message")}
    transaction.execute(
        entry.on_conflict_do_update(index_elements=[table.c.key], set_=changed),
        [
            {
                "key": key,
                "site": alarm.gateway.site,
                "code": alarm.event.code,
                "state": alarm.state.value,
                "active": alarm.active,
                "changed_seq": seqs[key],
                "message": msgspec.json.encode(alarm),
            }
            for key, alarm in sorted(alarms.items())
            if key in seqs
        ],
    )
