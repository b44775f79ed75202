"""The alarms of the region as they are now, and their journal, in the state database.

    Change ─▶ record ─┬▶ alarm          as it is now, one row each
                      ├▶ alarm_journal  append-only; the hash of a row covers the row and all before it
                      └▶ incident       what was raised finds one; closed when its alarms are over

All are written in the caller's transaction. Numbers of the journal have no hole: whoever has read up to one
asks for what is after it and misses nothing. Writers of several processes wait for one another at the row of
the counter.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from collector import state
from collector.alarms import incidents
from collector.alarms.alarm import Alarm, Change, Entry
from collector.alarms.incidents import Incident, Raise
from collector.alarms.lifecycle import ASIDE, State, Trigger
from collector.state import chain

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
        query = _ALARMS.where(c.key.in_(keys[first : first + _AT_ONCE]))
        found |= {alarm.key: alarm for alarm in _decoded(connection, query)}
    return found


_ALARMS: Final = sa.select(state.alarms.c.incident, state.alarms.c.message)


def _decoded(connection: sa.Connection, query: sa.Select[Any]) -> list[Alarm]:
    """Incidents are merged: where an alarm belongs now stands beside what it was when it changed last."""
    found = ((number, _alarm.decode(message)) for number, message in connection.execute(query))
    return [one if one.incident == number else replace(one, incident=number) for number, one in found]


def in_states(connection: sa.Connection, states: Iterable[State], *, site: str | None = None) -> list[Alarm]:
    """All alarms in these states, in no order."""
    c = state.alarms.c
    query = _ALARMS.where(c.state.in_([one.value for one in states]))
    return _decoded(connection, query if site is None else query.where(c.site == site))


def active(connection: sa.Connection, code: str) -> list[Alarm]:
    """The alarms of a code whose condition holds, whatever their state."""
    c = state.alarms.c
    return _decoded(connection, _ALARMS.where(c.code == code, c.active))


def due(connection: sa.Connection, now_ms: int) -> list[Alarm]:
    """The alarms to which the time has brought something."""
    c = state.alarms.c
    return _decoded(connection, _ALARMS.where(c.due_ms > 0, c.due_ms <= now_ms))


def newest(connection: sa.Connection, *, limit: int, site: str | None = None) -> list[Alarm]:
    """The alarms that changed last, the newest first."""
    c = state.alarms.c
    query = _ALARMS.order_by(c.changed_seq.desc()).limit(limit)
    return _decoded(connection, query if site is None else query.where(c.site == site))


def of_occurrence(connection: sa.Connection, occurrence: str) -> list[Alarm]:
    """The alarms that were raised last under this id; two gateways may each have one."""
    place = occurrence.rpartition("/")[0] or occurrence
    if "\0" in place:  # PostgreSQL has no NUL in text, and no gateway has one in a name
        return []
    c = state.alarms.c
    at_place = _ALARMS.where(c.key.endswith(f"/{place}", autoescape=True))
    return [one for one in _decoded(connection, at_place) if one.event.id == occurrence]


def of_incident(connection: sa.Connection, number: int) -> list[Alarm]:
    """The alarms of an incident."""
    return _decoded(connection, _ALARMS.where(state.alarms.c.incident == number))


def record(transaction: sa.Connection, changes: Sequence[Change]) -> None:
    """Write what happened, in this order; what was raised finds its incident.

    Args:
        transaction: of the state database, in which `lock` was called.
        changes: of any alarms; a later one of the same alarm replaces the earlier one.
    """
    entries = [(entry, change.alarm.priority) for change in changes for entry in change.entries]
    if not entries:
        return
    last = chain.append(
        transaction,
        state.alarm_journal,
        [(entry.t_ms, msgspec.json.encode(entry)) for entry, _ in entries],
        [{"key": entry.key, "called": _called(entry, priority)} for entry, priority in entries],
    )
    first = last - len(entries) + 1
    numbered = list(enumerate(entries, first))
    raises = [
        Raise(seq, entry.key, _site(entry.key), incidents.began_ms(entry.event), priority, entry.event.code)
        for seq, (entry, priority) in numbered
        if entry.trigger is Trigger.RAISE and entry.event is not None
    ]
    alarms = {change.alarm.key: change.alarm for change in changes}
    for key, incident in _grouped(transaction, raises).items():
        alarms[key] = replace(alarms[key], incident=incident)
    seqs = {entry.key: seq for seq, (entry, _) in numbered}
    _save(transaction, alarms, seqs)
    ended = {alarms[key].incident for key in seqs if not alarms[key].active} - {0}
    _close(transaction, sorted(ended), entries[-1][0].t_ms)


def _called(entry: Entry, priority: int) -> int | None:
    return priority if entry.trigger is Trigger.RAISE and entry.after not in ASIDE else None


def _site(key: str) -> str:
    return key.partition("/")[0]


def calls(connection: sa.Connection, since_ms: int) -> list[tuple[int, str, int]]:
    """What was raised and shown since a time: when (Unix ms), key, priority; the oldest first."""
    c = state.alarm_journal.c
    query = sa.select(c.t_ms, c.key, c.called).where(c.t_ms >= since_ms, c.called.is_not(None))
    return [(t_ms, key, called) for t_ms, key, called in connection.execute(query.order_by(c.seq))]


def recent_incidents(connection: sa.Connection, since_ms: int) -> list[Incident]:
    """The incidents that began at or after a time, the oldest first."""
    return _incidents(connection, state.incidents.c.opened_ms >= since_ms)


def open_incidents(connection: sa.Connection) -> list[Incident]:
    """The incidents of which an alarm's condition still holds, the oldest first."""
    return _incidents(connection, state.incidents.c.closed_ms.is_(None))


def _incidents(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[Incident]:
    c = state.incidents.c
    query = sa.select(c.message).where(which).order_by(c.id)
    return [_incident.decode(message) for (message,) in connection.execute(query)]


def _grouped(transaction: sa.Connection, raises: Sequence[Raise]) -> dict[str, int]:
    """Put what was raised into incidents; key → incident."""
    if not raises:
        return {}
    since_ms = min(one.t_ms for one in raises) - _LONGEST_MS
    grouped = incidents.group(recent_incidents(transaction, since_ms), raises)
    table = state.incidents
    entry = state.insert(transaction, table)
    renewed = {name: entry.excluded[name] for name in ("opened_ms", "closed_ms", "message")}
    transaction.execute(
        entry.on_conflict_do_update(index_elements=[table.c.id], set_=renewed),
        [
            {
                "id": one.id,
                "opened_ms": one.first_ms,
                "closed_ms": one.last_ms if one.merged_into else None,
                "message": msgspec.json.encode(one),
            }
            for one in grouped.changed.values()
        ],
    )
    c = state.alarms.c
    for one in grouped.changed.values():
        if one.merged_into:
            moved = state.alarms.update().where(c.incident == one.id)
            transaction.execute(moved.values(incident=one.merged_into))
    return grouped.homes


def _close(transaction: sa.Connection, numbers: Sequence[int], now_ms: int) -> None:
    """Close those of these incidents of which no alarm's condition holds any more."""
    if not numbers:
        return
    alarms, table = state.alarms, state.incidents
    holds = sa.exists().where(alarms.c.incident == table.c.id, alarms.c.active)
    over = table.update().where(table.c.id.in_(numbers), table.c.closed_ms.is_(None), ~holds)
    transaction.execute(over.values(closed_ms=now_ms))


def lines(
    connection: sa.Connection, *, after_seq: int = 0, limit: int = 1000, key: str | None = None
) -> list[Line]:
    """The journal after a number, the oldest first."""
    c = state.alarm_journal.c
    query = sa.select(c.seq, c.entry).where(c.seq > after_seq).order_by(c.seq).limit(limit)
    if key is not None:
        query = query.where(c.key == key)
    return [Line(seq, _entry.decode(body)) for seq, body in connection.execute(query)]


def newest_lines(connection: sa.Connection, key: str, limit: int) -> list[Line]:
    """The newest of the journal of an alarm, the newest first."""
    c = state.alarm_journal.c
    query = sa.select(c.seq, c.entry).where(c.key == key).order_by(c.seq.desc()).limit(limit)
    return [Line(seq, _entry.decode(body)) for seq, body in connection.execute(query)]


def last_seq(connection: sa.Connection) -> int:
    """The number of the newest entry; 0: there is none."""
    c = state.alarm_journal.c
    return int(connection.execute(sa.select(sa.func.max(c.seq))).scalar() or 0)


def broken_at(connection: sa.Connection) -> int | None:
    """The first number at which the journal is not what was written; None: all of it is."""
    return chain.broken_at(connection, state.alarm_journal)


def lock(transaction: sa.Connection) -> None:
    """Wait until no other process is changing alarms; to be called before they are read to be changed."""
    chain.lock(transaction, state.alarm_journal)


def keep_due(transaction: sa.Connection, alarms: Iterable[Alarm]) -> None:
    """Note when time brings something to these alarms; nothing else of them has changed."""
    c = state.alarms.c
    for one in alarms:
        values = {"due_ms": one.due_ms, "message": msgspec.json.encode(one)}
        transaction.execute(state.alarms.update().where(c.key == one.key).values(values))


def _save(transaction: sa.Connection, alarms: dict[str, Alarm], seqs: dict[str, int]) -> None:
    table = state.alarms
    entry = state.insert(transaction, table)
    names = ("state", "active", "changed_seq", "due_ms", "incident", "message")
    changed = {name: entry.excluded[name] for name in names}
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
                "due_ms": alarm.due_ms,
                "incident": alarm.incident,
                "message": msgspec.json.encode(alarm),
            }
            for key, alarm in sorted(alarms.items())
            if key in seqs
        ],
    )
