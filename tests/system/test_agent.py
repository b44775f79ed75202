"""The agent as a service: what it says when it starts, dies and stops, and that it stops in time."""

import json
import queue
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.programs import command
from tests.stories.region import Region
from wire import codec, topics
from wire.messages import About, Presence, Status
from wire.topics import Kind

pytestmark = pytest.mark.system
SITE = "ap-01"


@contextmanager
def listening(port: int, kind: Kind) -> Iterator["queue.Queue[bytes]"]:
    """The payloads of one kind of message of all gateways, retained ones first."""
    heard: queue.Queue[bytes] = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: heard.put(bytes(message.payload))
    client.connect("127.0.0.1", port)
    client.subscribe(topics.every(kind), qos=1)
    client.loop_start()
    yield heard
    client.disconnect()
    client.loop_stop()


def state(heard: "queue.Queue[bytes]", wanted: Presence) -> Status:
    """The next status that says so."""
    while True:
        status = codec.decode(Status, heard.get(timeout=20))
        if status.state is wanted:
            return status


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as region:
        yield region


def test_it_is_born_dies_comes_back_and_says_goodbye(region: Region) -> None:
    agent = region.agents[SITE]
    with listening(region.broker.port, Kind.STATUS) as heard:
        agent.start()
        born = state(heard, Presence.ONLINE)
        agent.kill()
        assert state(heard, Presence.OFFLINE).epoch == born.epoch
        agent.start()
        assert state(heard, Presence.ONLINE).epoch == born.epoch
        agent.await_ready()
        assert agent.stop() < 5
        assert state(heard, Presence.STOPPED).outbox_batches == 0


def test_its_birth_message_is_kept_for_whoever_comes_later(region: Region) -> None:
    region.start_agents()
    region.await_readings()
    with listening(region.broker.port, Kind.ABOUT) as heard:
        told = [codec.decode(About, heard.get(timeout=10)) for _ in region.agents]
    units = {channel.name: channel.unit for about in told for d in about.devices for channel in d.channels}
    assert units["t_supply"] == "Cel"
    assert units["pm2_5"] == "ug/m3"


def test_it_stops_in_time_without_a_broker_and_keeps_what_it_has(region: Region) -> None:
    region.start_agents()
    region.await_readings()
    region.broker.kill()
    kept = {site: agent.stop() for site, agent in region.agents.items()}
    assert max(kept.values()) < 5
    region.broker.start()
    region.start_agents()
    region.drain()
    verdict = region.verdict()
    assert verdict.good, verdict
    assert verdict.expected == verdict.stored


def test_its_log_is_one_json_object_a_line(region: Region) -> None:
    region.start_agents()
    region.await_readings()
    agent = region.agents[SITE]
    agent.stop()
    lines = [json.loads(line) for line in agent.log.read_text(encoding="utf-8").splitlines()]
    assert {"event", "level", "timestamp"} <= set.intersection(*(set(line) for line in lines))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gateway = 1\n", "agent.toml:1: gateway: expected `str`, got `int`"),
        ('gatewy = "gw"\n', "agent.toml:1: gatewy: unknown key; did you mean `gateway`?"),
        ("gateway = \n", "agent.toml:1: not TOML"),
    ],
)
def test_a_wrong_configuration_is_one_sentence_and_exit_1(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    for verb in ("run", "check"):
        done = command("edge-agent", verb, "-c", str(file))
        assert done.returncode == 1
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_second_agent_on_one_outbox_is_refused(region: Region) -> None:
    agent = region.agents[SITE]
    agent.start()
    agent.await_ready()
    done = command("edge-agent", "run", "-c", str(region.configs[SITE]))
    assert done.returncode == 1
    assert "outbox.db" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_broker_that_swallows_connections_does_not_hold_up_the_stop(region: Region) -> None:
    agent, config = region.agents[SITE], region.configs[SITE]
    with socket.create_server(("127.0.0.1", 0), backlog=0) as hole, ExitStack() as stack:
        for _ in range(4):  # a full queue: the kernel drops what comes next
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)  # the standard library's own
            caller.connect_ex(hole.getsockname())
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace(f"port = {region.broker.port}", f"port = {hole.getsockname()[1]}"))
        agent.start()
        agent.await_ready()
        assert agent.stop(within_s=20) < 5
