"""The broker configuration that is shipped, on a real mosquitto: each gateway has its own topics only."""

import queue
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import Mosquitto
from wire import topics
from wire.topics import Gateway, Kind

pytestmark = pytest.mark.system
SHIPPED = Path(__file__).parents[2] / "config" / "mosquitto"
OURS = Gateway("bh-07", "gw-1")
FOREIGN = Gateway("bh-08", "gw-1")


class Configured(Mosquitto):
    """Mosquitto with the shipped files; only paths and the port are changed."""

    def command(self) -> list[str]:
        passwords = self.folder / "ulba.passwd"
        passwords.touch(mode=0o600)
        for user in ("collector", "alarms", "weather", str(OURS)):
            tool = ["mosquitto_passwd", "-b", str(passwords), user, "secret"]
            subprocess.run(tool, check=True, capture_output=True)
        text = (SHIPPED / "ulba.conf").read_text(encoding="utf-8")
        text = text.replace("listener 1883", f"listener {self.port}")
        text = text.replace("/etc/mosquitto/ulba.acl", str(SHIPPED / "ulba.acl"))
        text = text.replace("/etc/mosquitto/ulba.passwd", str(passwords))
        text = text.replace(
            "persistence true", f"persistence true\npersistence_location {self.folder}/\nuser root"
        )
        (self.folder / "ulba.conf").write_text(text, encoding="utf-8")
        return [self.path, "-c", str(self.folder / "ulba.conf")]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Configured]:
    with Configured(tmp_path / "broker") as server:
        yield server


@contextmanager
def client(
    port: int, user: str, password: str = "secret"
) -> Iterator[tuple[mqtt.Client, "queue.Queue[str]"]]:
    """A connected client and the events it has seen: reason codes and topics."""
    seen: queue.Queue[str] = queue.Queue()
    made = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    made.username_pw_set(user, password)
    made.on_connect = lambda _c, _u, _f, reason, _p: seen.put(str(reason))
    made.on_publish = lambda _c, _u, _mid, reason, _p: seen.put(str(reason))
    made.on_subscribe = lambda _c, _u, _mid, reasons, _p: seen.put(str(reasons[0]))
    made.on_message = lambda _c, _u, message: seen.put(message.topic)
    made.connect("127.0.0.1", port)
    made.loop_start()
    yield made, seen
    made.disconnect()
    made.loop_stop()


def test_a_gateway_writes_its_own_batches_and_nobody_elses(broker: Configured) -> None:
    with (
        client(broker.port, "collector") as (collector, heard),
        client(broker.port, str(OURS)) as (agent, said),
    ):
        assert heard.get(timeout=10) == "Success"
        assert said.get(timeout=10) == "Success"
        collector.subscribe(topics.every(Kind.BATCH), qos=1)
        assert heard.get(timeout=10) == "Granted QoS 1"
        agent.publish(topics.build(FOREIGN, Kind.BATCH), b"x", qos=1)
        assert said.get(timeout=10) == "Not authorized"
        agent.publish(topics.build(OURS, Kind.BATCH), b"x", qos=1)
        assert said.get(timeout=10) == "Success"
        assert heard.get(timeout=10) == topics.build(OURS, Kind.BATCH)


@pytest.mark.parametrize("kind", [Kind.ANSWER, Kind.REPORT])
def test_a_gateway_answers_and_reports_for_itself_only_and_commands_nobody(
    broker: Configured, kind: Kind
) -> None:
    with (
        client(broker.port, "collector") as (collector, heard),
        client(broker.port, str(OURS)) as (agent, said),
    ):
        assert heard.get(timeout=10) == "Success"
        assert said.get(timeout=10) == "Success"
        collector.subscribe(topics.every(kind), qos=1)
        assert heard.get(timeout=10) == "Granted QoS 1"
        refused = ((FOREIGN, kind), (FOREIGN, Kind.COMMAND), (OURS, Kind.COMMAND), (OURS, Kind.KEPT))
        for gateway, foreign in refused:
            agent.publish(topics.build(gateway, foreign), b"x", qos=1)
            assert said.get(timeout=10) == "Not authorized"
        agent.publish(topics.build(OURS, kind), b"x", qos=1)
        assert said.get(timeout=10) == "Success"
        assert heard.get(timeout=10) == topics.build(OURS, kind)


@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.COMMAND, Kind.KEPT])
def test_what_is_said_to_a_gateway_reaches_only_it(broker: Configured, kind: Kind) -> None:
    with (
        client(broker.port, "collector") as (collector, said),
        client(broker.port, str(OURS)) as (agent, heard),
    ):
        assert said.get(timeout=10) == "Success"
        assert heard.get(timeout=10) == "Success"
        agent.subscribe(topics.every(kind), qos=1)
        assert heard.get(timeout=10) == "Granted QoS 1"
        for gateway in (FOREIGN, OURS):
            collector.publish(topics.build(gateway, kind), b"x", qos=1)
            assert said.get(timeout=10) == "Success"
        assert heard.get(timeout=10) == topics.build(OURS, kind)


def test_the_collector_writes_the_state_of_alarms_and_other_systems_read_it(
    broker: Configured,
) -> None:
    with (
        client(broker.port, "collector") as (collector, said),
        client(broker.port, str(OURS)) as (agent, refused),
        client(broker.port, "alarms") as (other, heard),
    ):
        for events in (said, refused, heard):
            assert events.get(timeout=10) == "Success"
        other.subscribe(topics.EVERY_ALARM, qos=1)
        assert heard.get(timeout=10) == "Granted QoS 1"
        topic = topics.alarm(OURS, "high/t")
        agent.publish(topic, b"x", qos=1)
        assert refused.get(timeout=10) == "Not authorized"
        collector.publish(topic, b"x", qos=1, retain=True)
        assert said.get(timeout=10) == "Success"
        assert heard.get(timeout=10) == topic


def test_the_degree_of_adverse_weather_is_announced_by_nobody_but_the_weather_service(
    broker: Configured,
) -> None:
    with (
        client(broker.port, "collector") as (collector, heard),
        client(broker.port, str(OURS)) as (agent, refused),
        client(broker.port, "weather") as (weather, said),
    ):
        for events in (heard, refused, said):
            assert events.get(timeout=10) == "Success"
        collector.subscribe(topics.NMU, qos=1)
        assert heard.get(timeout=10) == "Granted QoS 1"
        for topic in (topics.NMU, topics.build(OURS, Kind.NMU)):
            agent.publish(topic, b"x", qos=1)
            assert refused.get(timeout=10) == "Not authorized"
        weather.publish(topics.build(OURS, Kind.BATCH), b"x", qos=1)
        assert said.get(timeout=10) == "Not authorized"
        weather.publish(topics.NMU, b"x", qos=1, retain=True)
        assert said.get(timeout=10) == "Success"
        assert heard.get(timeout=10) == topics.NMU


def test_nobody_comes_in_without_a_password(broker: Configured) -> None:
    with client(broker.port, "collector", "wrong") as (_, seen):
        assert seen.get(timeout=10) == "Not authorized"
