"""A person's word reaches a gateway once, whoever is killed or away meanwhile, and is answered."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion

from tests.programs import command
from tests.stories.region import Region
from wire import codec, topics
from wire.messages import Command, CommandAnswer, CommandOutcome, OperatingMode, Rebaseline, SetMode
from wire.topics import Gateway, Kind

pytestmark = pytest.mark.system
SITE = "bh-01"
DEVICE = "trm138"
WITHIN_S = 40.0
Answer = dict[str, Any]


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as region:
        yield region


def gateways(region: Region) -> dict[str, Answer]:
    """What `collector gateways` says, by site."""
    done = command("collector", "gateways", "-c", str(region.config), "--json")
    assert done.returncode == 0, done.stderr
    return {line["site"]: line for line in json.loads(done.stdout)}


def until(region: Region, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, f"{gateways(region)}\n{region.logs()}"


def start(region: Region, site: str = SITE) -> str:
    """Start one agent and wait until the collector knows it; SITE/GATEWAY."""
    region.agents[site].start()
    until(region, lambda: state(region, site) == "online" and gateways(region)[site]["version"] is not None)
    return f"{site}/{gateways(region)[site]['gateway']}"


def state(region: Region, site: str = SITE) -> str:
    return str(gateways(region).get(site, {}).get("state"))


def told(region: Region, *words: str, by: str = "Айгүл", code: int = 0) -> Answer:
    """Give a command as a person does and read what came of it."""
    options = ("-c", str(region.config), "--by", by, "--json")
    done = command("collector", "command", *words, *options)
    assert done.returncode == code, f"{done.stderr}\n{region.logs()}"
    answer: Answer = json.loads(done.stdout)
    return answer


def listed(region: Region) -> list[Answer]:
    done = command("collector", "command", "list", "-c", str(region.config), "--json")
    assert done.returncode == 0, done.stderr
    lines: list[Answer] = json.loads(done.stdout)
    return lines


def obeyed(region: Region) -> int:
    """How often the agent says in its log that it did something."""
    return region.agents[SITE].log.read_text(encoding="utf-8").count("is taken for normal")


def test_a_mode_and_a_rebaseline_are_given_and_answered(region: Region) -> None:
    name = start(region)
    mode = told(region, "mode", name, "maintenance", "--for", "4h")
    assert (mode["state"], mode["by"]) == ("done", "Айгүл")
    assert abs(mode["order"]["until_ms"] - mode["t_ms"] - 4 * 3_600_000) < 1000
    until(region, lambda: gateways(region)[SITE]["mode"] == "maintenance")
    assert gateways(region)[SITE]["mode_until_ms"] == mode["order"]["until_ms"]
    answer = told(region, "rebaseline", name, DEVICE)
    assert answer["state"] == "done"
    assert DEVICE in answer["says"]
    assert [(line["id"], line["state"]) for line in listed(region)] == [
        (answer["id"], "done"),
        (mode["id"], "done"),
    ]


def test_what_was_answered_outlives_a_kill_at_that_moment_and_is_not_done_twice(region: Region) -> None:
    name = start(region)
    now_ms = time.time_ns() // 1_000_000
    off = Command(
        id="c" * 16, t_ms=now_ms, expires_ms=now_ms + 60_000, by="x", order=SetMode(mode=OperatingMode.OFF)
    )
    learn = replace(off, id="d" * 16, order=Rebaseline(device=DEVICE))
    with centre(region, name, heard=region.agents[SITE].kill) as (say, answers):
        for count, one in enumerate((learn, off), start=1):
            say(codec.encode(one))
            until(region, lambda: len(answers) == count)  # noqa: B023  # called at once
            start(region)
    until(region, lambda: gateways(region)[SITE]["mode"] == "off")
    with centre(region, name) as (say, again):
        say(codec.encode(replace(learn, expires_ms=now_ms + 1)))
        until(region, lambda: bool(again))
    assert again == answers[:1]
    assert obeyed(region) == 2, "obeyed once, told twice"


@contextmanager
def centre(
    region: Region, name: str, heard: Callable[[], object] = bool
) -> Iterator[tuple[Callable[[bytes], None], list[CommandAnswer]]]:
    """Another voice on the command topic, and the gateway's answers; `heard` is called at each, at once."""
    answers: list[CommandAnswer] = []
    site, gateway = name.split("/")
    address = Gateway(site, gateway)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)

    def note(_client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        heard()
        answers.append(codec.decode(CommandAnswer, bytes(message.payload)))

    client.on_message = note
    client.connect("127.0.0.1", region.broker.port)
    client.subscribe(topics.build(address, Kind.ANSWER), qos=1)
    client.loop_start()

    def say(payload: bytes) -> None:
        client.publish(topics.build(address, Kind.COMMAND), payload, qos=1).wait_for_publish(10)

    yield say, answers
    client.disconnect()
    client.loop_stop()


def test_a_gateway_that_is_away_is_told_on_its_return_and_after_a_kill_of_the_collector(
    region: Region,
) -> None:
    name = start(region)
    region.agents[SITE].kill()
    until(region, lambda: state(region) == "offline")
    done = command(
        *("collector", "command", "rebaseline", name, DEVICE, "-c", str(region.config)),
        *("--by", "Aigul", "--wait", "0.5"),
    )
    assert done.returncode == 1
    assert f"{name} is offline: command " in done.stderr
    told(region, "mode", name, "summer", "--wait", "0")
    region.collector.kill()
    region.collector.start()
    region.collector.await_ready()
    assert [line["state"] for line in listed(region)] == ["waiting", "waiting"]
    start(region)
    until(region, lambda: [line["state"] for line in listed(region)] == ["done", "done"])
    assert obeyed(region) == 1


def test_what_came_too_late_is_not_obeyed_and_hostile_payloads_harm_nobody(region: Region) -> None:
    name = start(region)
    now_ms = time.time_ns() // 1_000_000
    off = SetMode(mode=OperatingMode.OFF)
    late = Command(id="0" * 16, t_ms=now_ms - 2, expires_ms=now_ms - 1, by="x", order=off)
    newer = msgspec.json.encode(late).replace(b'"mode"', b'"reboot"', 1).replace(b"0" * 16, b"1" * 16)
    with centre(region, name) as (say, answers):
        for payload in (b"", b"{", b"\xff" * 100, b"x\x9c\x00", b"[" * 100_000, newer, codec.encode(late)):
            say(payload)
        until(region, lambda: len(answers) == 2)
    assert [answer.outcome for answer in answers] == [CommandOutcome.REFUSED, CommandOutcome.EXPIRED]
    assert gateways(region)[SITE]["mode"] == "heating"
    assert listed(region) == []
    assert told(region, "rebaseline", name, DEVICE)["state"] == "done"
