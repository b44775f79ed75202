"""A report from the gateway's disk to the centre's: agent, broker and collector, each killed on the way."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge_agent.spool import Spool, folder_of
from tests.collector.collecting import wait_until
from tests.programs import Program, command
from tests.servers import Mosquitto
from wire import topics
from wire.codec import decode
from wire.reports import Report
from wire.topics import Kind

AGENT = """gateway = "gw-1"
[site]
name = "bh-07"
class = "boiler_house"
[broker]
port = {port}
[outbox]
path = "{folder}/outbox.db"
[clock]
source = "system"
[[link]]
name = "rs485"
port = "{folder}/by-id/usb-not-plugged-in"
baud = 9600
[[device]]
name = "vane"
link = "rs485"
profile = "renke_rs_fxjt"
"""
COLLECTOR = """[broker]
port = {port}
[store]
kind = "sqlite"
path = "{folder}/readings.db"
[state]
url = "sqlite:///{folder}/state.db"
"""


def reported(config: Path, folder: Path, name: str) -> str:
    """Make a report (of a line whose adapter is missing) and leave it to the agent; its number."""
    done = command("edge-agent", "report", "-c", str(config), "-o", str(folder / name), "--send", "--json")
    assert "the report was made all the same" in done.stderr
    number: str = json.loads(done.stdout)["id"]
    return number


@contextmanager
def heard_at(port: int) -> Iterator[list[bytes]]:
    """What is said on the topics of reports meanwhile."""
    heard: list[bytes] = []
    subscribed = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: heard.append(bytes(message.payload))
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(topics.every(Kind.REPORT), qos=1)
    assert subscribed.wait(30)
    yield heard
    client.disconnect()
    client.loop_stop()


def numbers(config: Path) -> set[str]:
    done = command("collector", "reports", "list", "-c", str(config), "--json")
    return {entry["id"] for entry in json.loads(done.stdout)} if done.returncode == 0 else set()


@pytest.mark.system
def test_reports_reach_the_centre_whoever_is_killed_on_the_way(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "mosquitto")
    agent_toml, collector_toml = tmp_path / "agent.toml", tmp_path / "collector.toml"
    agent_toml.write_text(AGENT.format(port=broker.port, folder=tmp_path))
    collector_toml.write_text(COLLECTOR.format(port=broker.port, folder=tmp_path))
    spool = Spool(folder_of(f"{tmp_path}/outbox.db"))
    agent = Program("agent", ["edge-agent", "run", "-c", str(agent_toml)], tmp_path)
    collector = Program("collector", ["collector", "run", "-c", str(collector_toml)], tmp_path)
    with broker, agent, collector:
        collector.await_ready()
        first = reported(agent_toml, tmp_path, "first")
        wait_until(lambda: numbers(collector_toml) == {first})
        wait_until(lambda: spool.waiting() == [])
        collector.kill()
        with heard_at(broker.port) as payloads:
            second = reported(agent_toml, tmp_path, "second")
            wait_until(lambda: any(decode(Report, payload).id == second for payload in payloads))
        agent.kill()
        broker.kill()
        assert spool.waiting() == [second]
        broker.start()
        collector.start()
        collector.await_ready()
        agent.start()
        wait_until(lambda: numbers(collector_toml) == {first, second})
        wait_until(lambda: spool.waiting() == [])
    out = tmp_path / "exported"
    done = command("collector", "reports", "export", second, "-c", str(collector_toml), "-o", str(out))
    assert done.returncode == 0, done.stderr
    for suffix in ("pdf", "json"):
        exported, made = (tmp_path / f"{name}.{suffix}" for name in ("exported", "second"))
        assert exported.read_bytes() == made.read_bytes()
