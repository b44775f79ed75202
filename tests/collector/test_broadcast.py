"""The state of each alarm is retained on a real broker, and gone when the alarm is over."""

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from collector import state
from collector.alarms.alarm import Action, Actor
from collector.alarms.desk import Desk, Policies
from collector.alarms.lifecycle import Trigger
from collector.broadcast import Broadcast
from collector.settings import AlarmsTable
from tests.collector.collecting import GATEWAY, PATIENCE_S, Agent, batch, collecting, settings
from tests.collector.test_alarms import CLEARED, RAISED
from tests.collector.test_anything import Air
from tests.servers import Mosquitto
from wire import topics

pytestmark = pytest.mark.system
WHAT = "high/heat/t_supply"
TOPIC = topics.alarm(GATEWAY, WHAT)


@contextmanager
def listening(port: int) -> Iterator["queue.Queue[tuple[str, bytes, bool]]"]:
    """Topic, payload, whether it was retained, of all that is said of alarms."""
    heard: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
    made = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    made.on_connect = lambda client, *_: client.subscribe(topics.EVERY_ALARM, qos=1)
    made.on_message = lambda _c, _u, one: heard.put((one.topic, bytes(one.payload), one.retain))
    made.connect("127.0.0.1", port)
    made.loop_start()
    yield heard
    made.disconnect()
    made.loop_stop()


def next_of(heard: "queue.Queue[tuple[str, bytes, bool]]") -> dict[str, Any]:
    topic, payload, _ = heard.get(timeout=PATIENCE_S)
    assert topic == TOPIC
    found: dict[str, Any] = json.loads(payload) if payload else {}
    return found


def test_what_stands_is_retained_and_what_is_over_is_gone(mosquitto: Mosquitto, tmp_path: Path) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    raised, cleared = (replace(batch(n, rows=0), alarms=(e,)) for n, e in ((1, RAISED), (2, CLEARED)))
    with collecting(wanted), Agent(mosquitto.port) as agent, listening(mosquitto.port) as heard:
        agent.send_until_receipted(raised)
        first = next_of(heard)
        assert (first["key"], first["state"], first["active"]) == (
            f"{GATEWAY}/{WHAT}",
            "unacknowledged",
            True,
        )
        assert (first["priority"], first["params"]["value"]) == (RAISED.priority, 96.0)
        assert first["titles"]["kk"].endswith("жоғарғы шектен жоғары")
        with listening(mosquitto.port) as later:
            topic, _, retained = later.get(timeout=PATIENCE_S)
            assert (topic, retained) == (TOPIC, True)
        agent.send_until_receipted(cleared)
        assert next_of(heard)["state"] == "returned"
        with state.opened(wanted.state.url) as engine, state.writing(engine) as transaction:
            action = Action(trigger=Trigger.ACKNOWLEDGE)
            desk = Desk(Policies(AlarmsTable()))
            desk.act(transaction, [f"{GATEWAY}/{WHAT}"], action, by=Actor("anna"), now_ms=1)
        assert next_of(heard) == {}


def test_a_broker_that_forgot_is_told_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    with collecting(wanted):
        with Agent(mosquitto.port) as agent:
            agent.send_until_receipted(replace(batch(1, rows=0), alarms=(RAISED,)))
        mosquitto.kill()
        mosquitto.start()
        with listening(mosquitto.port) as heard:
            assert next_of(heard)["state"] == "unacknowledged"


def test_what_ended_while_nobody_published_is_cleared(mosquitto: Mosquitto, tmp_path: Path) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    with collecting(wanted), Agent(mosquitto.port) as agent, listening(mosquitto.port) as heard:
        agent.send_until_receipted(replace(batch(1, rows=0), alarms=(RAISED,)))
        next_of(heard)
    desk = Desk(Policies(AlarmsTable()))
    with state.opened(wanted.state.url) as engine, state.writing(engine) as transaction:
        desk.take(transaction, [(GATEWAY, CLEARED)], 1)
        acknowledge = Action(trigger=Trigger.ACKNOWLEDGE)
        desk.act(transaction, [f"{GATEWAY}/{WHAT}"], acknowledge, by=Actor("anna"), now_ms=2)
    with listening(mosquitto.port) as heard:
        assert next_of(heard)["state"] == "unacknowledged"
        with collecting(wanted):
            assert next_of(heard) == {}


def test_of_two_collectors_one_publishes_and_the_other_follows_it(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        Desk(Policies(AlarmsTable())).take(transaction, [(GATEWAY, RAISED)], 1)
    airs = Air("one"), Air("two")
    one, two = (Broadcast(engine, air) for air in airs)
    for second in range(10):
        one.tick(second, 1000 * second)
        two.tick(second, 1000 * second)
    assert [air.topics for air in airs] == [[TOPIC], []]
    airs[0].connection = None
    for second in range(10, 40):
        one.tick(second, 1000 * second)
        two.tick(second, 1000 * second)
    assert [air.topics for air in airs] == [[TOPIC], [TOPIC]]
