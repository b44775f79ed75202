"""What the clock does to alarms: gateways fall silent and come back, shelving ends."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from collector import gateways, nmu, state
from collector.alarm_clock import GRACE_S, AlarmClock
from collector.alarms import book
from collector.alarms.alarm import Action, Actor, Alarm
from collector.alarms.desk import Desk, Policies
from collector.alarms.lifecycle import State, Trigger
from collector.arrivals import News
from collector.settings import AlarmsTable
from tests.collector.collecting import wait_until
from wire.messages import AlarmEvent, AlarmState, Presence, Status
from wire.topics import Gateway

GATEWAY = Gateway("bh-01", "gw")
EPOCH = "0123456789abcdef"
DESK = Desk(Policies(AlarmsTable()))


def say(engine: sa.Engine, presence: Presence) -> None:
    with state.writing(engine) as transaction:
        gateways.note(transaction, [News(GATEWAY, Status(state=presence, epoch=EPOCH))], 1000)


def alarms(engine: sa.Engine) -> list[Alarm]:
    with state.reading(engine) as connection:
        return book.in_states(connection, State)


def test_a_dead_gateway_becomes_an_alarm_and_its_return_ends_it(engine: sa.Engine) -> None:
    clock = AlarmClock(engine, DESK)
    say(engine, Presence.OFFLINE)
    clock.tick(0, 100_000)
    assert alarms(engine) == []
    clock.tick(GRACE_S, 160_000)
    (alarm,) = alarms(engine)
    assert (alarm.key, alarm.state) == ("bh-01/gw/gateway_silent/bh-01/gw", State.UNACKNOWLEDGED)
    assert alarm.event.params["reason"] == "offline"
    clock.tick(GRACE_S + 1, 161_000)
    assert alarms(engine) == [alarm]
    say(engine, Presence.ONLINE)
    clock.tick(GRACE_S + 2, 162_000)
    assert [one.state for one in alarms(engine)] == [State.RETURNED]


def test_nothing_is_written_while_nothing_happens(engine: sa.Engine) -> None:
    clock = AlarmClock(engine, DESK)
    say(engine, Presence.ONLINE)
    for second in range(100):
        clock.tick(second, 1000 * second)
    with state.reading(engine) as connection:
        assert book.last_seq(connection) == 0


def test_shelving_ends_by_itself(engine: sa.Engine) -> None:
    event = AlarmEvent(id="high/t/1", code="high", state=AlarmState.RAISED, t_ms=1000, since_ms=1000)
    with state.writing(engine) as transaction:
        DESK.take(transaction, [(GATEWAY, event)], 1000)
        shelve = Action(trigger=Trigger.SHELVE, comment="why", until_ms=5000)
        DESK.act(transaction, ["bh-01/gw/high/t"], shelve, by=Actor("anna"), now_ms=2000)
    clock = AlarmClock(engine, DESK)
    clock.tick(0, 4999)
    assert [one.state for one in alarms(engine)] == [State.SHELVED]
    clock.tick(1, 5000)
    assert [one.state for one in alarms(engine)] == [State.UNACKNOWLEDGED]


@pytest.mark.system
def test_two_collectors_that_see_the_same_at_once_tell_it_once(engine: sa.Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one collector")
    entered = nmu.Entry(degree=2, from_ms=0, to_ms=10**6, source="the weather service", by="anna", t_ms=1)
    with ThreadPoolExecutor(2) as pool:
        with state.writing(engine) as transaction:
            nmu.enter(transaction, entered)
        with state.writing(engine) as transaction:
            book.lock(transaction)
            ticks = [pool.submit(AlarmClock(engine, DESK).tick, 0, 1000 + n) for n in range(2)]
            waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            wait_until(lambda: transaction.execute(waiting).scalar_one() == 2)
        for tick in ticks:
            tick.result()
    with state.reading(engine) as connection:
        assert [line.entry.trigger for line in book.lines(connection)] == [Trigger.RAISE]
