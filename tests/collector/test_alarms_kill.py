"""A collector that is killed while alarms come in and people act: nothing is lost, the journal is whole."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from collector import state
from collector.alarms import book
from collector.alarms.alarm import Action, Actor
from collector.alarms.desk import Desk, Policies
from collector.alarms.lifecycle import State, Trigger
from collector.settings import AlarmsTable
from tests.collector.collecting import GATEWAY, NOW_MS, Agent, batch, settings
from tests.collector.test_collecting import collector, write_config
from tests.servers import Mosquitto
from wire.messages import AlarmEvent, AlarmState, Batch

pytestmark = pytest.mark.system
EACH = 8
"""Batches between two kills, a raise and later its end in each."""


def alarm(n: int, status: AlarmState) -> AlarmEvent:
    t_ms = NOW_MS + 1000 * n + (500 if status is AlarmState.CLEARED else 0)
    return AlarmEvent(
        id=f"high/m/c{n}/{NOW_MS}", code="high", state=status, t_ms=t_ms, since_ms=NOW_MS, priority=3
    )


def key(n: int) -> str:
    return f"{GATEWAY}/high/m/c{n}"


def told(seq: int) -> Batch:
    """Batch n raises alarm n and ends the one three before it."""
    events = [alarm(seq, AlarmState.RAISED)]
    if seq > 3:
        events.append(alarm(seq - 3, AlarmState.CLEARED))
    return replace(batch(seq, rows=1), alarms=tuple(events))


def test_killed_in_any_state_nothing_is_lost_and_the_chain_is_whole(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    file = write_config(wanted, tmp_path)
    batches = [told(n) for n in range(1, 3 * EACH + 1)]
    desk = Desk(Policies(AlarmsTable()))
    shelve = Action(trigger=Trigger.SHELVE, comment="works", until_ms=NOW_MS + 3_600_000)
    with Agent(mosquitto.port) as agent:
        for attempt in range(3):
            part = batches[EACH * attempt : EACH * (attempt + 1)]
            with collector(file) as child:
                agent.send_until_receipted(part[0])
                agent.send(*part[1:])
                # In the midst of what is coming in, another process acts on what is there.
                first = EACH * attempt + 1
                with state.opened(wanted.state.url) as engine, state.writing(engine) as transaction:
                    acknowledge = Action(trigger=Trigger.ACKNOWLEDGE, comment="seen")
                    done = desk.act(transaction, [key(first)], acknowledge, by=Actor("anna"), now_ms=NOW_MS)
                    assert [one.key for one in done.alarms] == [key(first)]
                    if attempt == 1:
                        desk.act(transaction, [key(first)], shelve, by=Actor("anna"), now_ms=NOW_MS)
                child.kill()
                child.wait(10)
        with collector(file) as child:
            agent.send_until_receipted(*batches)
            child.terminate()
            child.wait(10)
    with state.opened(wanted.state.url) as engine, state.reading(engine) as connection:
        assert book.broken_at(connection) is None
        lines = [line.entry for line in book.lines(connection, limit=10_000)]
        found = book.known(connection, [key(n) for n in range(1, len(batches) + 1)])
    assert len(found) == len(batches)
    assert {one.key: one.active for one in found.values()} == {
        key(n): n > len(batches) - 3 for n in range(1, len(batches) + 1)
    }
    assert len([one for one in lines if one.trigger is Trigger.RAISE]) == len(batches)
    acknowledged = [one.key for one in lines if one.trigger is Trigger.ACKNOWLEDGE]
    assert acknowledged == [key(1), key(EACH + 1), key(2 * EACH + 1)]
    assert [one.key for one in lines if one.trigger is Trigger.SHELVE] == [key(EACH + 1)]
    assert found[key(1)].state is State.NORMAL
