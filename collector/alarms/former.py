"""What former versions kept of alarms in tables of their own is carried over into the journal, once.

Until schema 5 events stood in `alarm_event` and persons' words in `false_alarm`. What is over by then needs
nobody's acknowledgement; the journal says that the upgrade acknowledged it.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from collector.alarms import book, happenings
from collector.alarms.alarm import Action, Actor, Alarm, Change, FalseMark, Policy
from collector.alarms.lifecycle import State, Trigger
from wire.messages import AlarmEvent
from wire.topics import Gateway

UPGRADE: Final = Actor("upgrade")
_events: Final = sa.table(
    "alarm_event", *map(sa.column, ("site", "gateway", "id", "received_ms", "t_ms", "message"))
)
_false: Final = sa.table(
    "false_alarm", *map(sa.column, ("site", "gateway", "id", "t_ms", "by", "comment", "command_id"))
)
_AT_ONCE: Final = 1000


def carry_over(transaction: sa.Connection) -> None:
    """Enter what the former tables hold and drop them; nothing where there are none."""
    inspector = sa.inspect(transaction)
    if not inspector.has_table(_events.name):
        return
    marks = _marks(transaction) if inspector.has_table(_false.name) else {}
    query = sa.select(_events).order_by(_events.c.received_ms, _events.c.t_ms, _events.c.id)
    rows = transaction.execute(query).mappings().all()
    for first in range(0, len(rows), _AT_ONCE):
        _enter(transaction, rows[first : first + _AT_ONCE])
    _settle(transaction, {(Gateway(row["site"], row["gateway"]), row["message"]) for row in rows}, marks)
    for table in (_events, _false):
        transaction.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")


def _marks(connection: sa.Connection) -> dict[tuple[Gateway, str], FalseMark]:
    return {
        (Gateway(row["site"], row["gateway"]), row["id"]): FalseMark(
            by=row["by"], t_ms=row["t_ms"], comment=row["comment"], command=row["command_id"]
        )
        for row in connection.execute(sa.select(_false)).mappings()
    }


def _enter(transaction: sa.Connection, rows: Sequence[sa.RowMapping]) -> None:
    told = [
        (Gateway(row["site"], row["gateway"]), _decoded(row["message"]), int(row["received_ms"]))
        for row in rows
    ]
    book.lock(transaction)
    alarms = book.known(
        transaction, sorted({happenings.key_of(gateway, event) for gateway, event, _ in told})
    )
    changes: list[Change] = []
    for gateway, event, received_ms in told:
        key = happenings.key_of(gateway, event)
        changes.append(happenings.told(alarms.get(key), gateway, event, received_ms, Policy()))
        alarms[key] = changes[-1].alarm
    book.record(transaction, changes)


def _settle(
    transaction: sa.Connection,
    told: set[tuple[Gateway, bytes]],
    marks: dict[tuple[Gateway, str], FalseMark],
) -> None:
    keys = sorted({happenings.key_of(gateway, _decoded(message)) for gateway, message in told})
    changes = [
        change for one in book.known(transaction, keys).values() if (change := _settled(one, marks)).entries
    ]
    book.record(transaction, changes)


def _settled(one: Alarm, marks: dict[tuple[Gateway, str], FalseMark]) -> Change:
    """Marked as it was, and acknowledged where it is over."""
    change = Change(one)
    mark = marks.get((one.gateway, one.event.id.replace("\0", "\N{REPLACEMENT CHARACTER}")))
    if mark is not None:
        word = Action(trigger=Trigger.FALSE, comment=mark.comment or "-", command=mark.command)
        change = happenings.act(one, word, Actor(mark.by), mark.t_ms, Policy())
    if one.state is State.RETURNED:
        seen = happenings.act(
            change.alarm, Action(trigger=Trigger.ACKNOWLEDGE), UPGRADE, one.changed_ms, Policy()
        )
        change = Change(seen.alarm, change.entries + seen.entries)
    return change


def _decoded(message: bytes) -> AlarmEvent:
    return msgspec.json.decode(message, type=AlarmEvent)
