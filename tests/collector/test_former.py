"""What former versions kept of alarms is carried over into the journal."""

import msgspec
import sqlalchemy as sa

from collector import state
from collector.alarms import book, former
from collector.alarms.lifecycle import State
from tests.collector.collecting import GATEWAY
from wire.messages import AlarmEvent, AlarmState

OLD = {
    "alarm_event": "site TEXT, gateway TEXT, id TEXT, t_ms BIGINT, received_ms BIGINT, message {}",
    "false_alarm": 'site TEXT, gateway TEXT, id TEXT, t_ms BIGINT, "by" TEXT, comment TEXT, command_id TEXT',
}


def event(place: str, status: AlarmState, t_ms: int) -> AlarmEvent:
    return AlarmEvent(id=f"anomaly/{place}/1000", code="anomaly", state=status, t_ms=t_ms, since_ms=1000)


def old_tables(transaction: sa.Connection) -> None:
    kind = {"sqlite": "BLOB", "postgresql": "BYTEA"}[transaction.dialect.name]
    for name, columns in OLD.items():
        transaction.exec_driver_sql(f"CREATE TABLE {name} ({columns.format(kind)})")
    place = {"site": GATEWAY.site, "gateway": GATEWAY.gateway}
    told = [
        event("stands", AlarmState.RAISED, 1000),
        event("over", AlarmState.RAISED, 1000),
        event("over", AlarmState.CLEARED, 5000),
    ]
    table = sa.table(
        "alarm_event",
        *map(sa.column, ("site", "gateway", "id", "t_ms", "received_ms", "message")),
    )
    for one in told:
        row = {"id": one.id, "t_ms": one.t_ms, "received_ms": one.t_ms + 100}
        transaction.execute(table.insert(), {**place, **row, "message": msgspec.json.encode(one)})
    mark = {"id": told[0].id, "t_ms": 7000, "by": "aigul", "comment": "new pump", "command_id": "0" * 16}
    transaction.execute(former._false.insert(), {**place, **mark})


def test_events_and_words_of_former_tables_stand_in_the_journal(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        old_tables(transaction)
        former.carry_over(transaction)
    with state.writing(engine) as transaction:
        former.carry_over(transaction)
        assert not sa.inspect(transaction).has_table("alarm_event")
        assert not sa.inspect(transaction).has_table("false_alarm")
        alarms = {one.event.id: one for one in book.in_states(transaction, State)}
        entries = [line.entry for line in book.lines(transaction)]
        assert book.broken_at(transaction) is None
    stands, over = alarms["anomaly/stands/1000"], alarms["anomaly/over/1000"]
    assert (stands.state, over.state) == (State.UNACKNOWLEDGED, State.NORMAL)
    assert stands.false is not None
    assert (stands.false.by, stands.false.t_ms, stands.false.comment) == ("aigul", 7000, "new pump")
    assert [(one.t_ms, one.trigger, one.by) for one in entries] == [
        (1100, "raise", ""),
        (1100, "raise", ""),
        (5100, "clear", ""),
        (5100, "acknowledge", "upgrade"),
        (7000, "false", "aigul"),
    ]
