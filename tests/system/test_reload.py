"""SIGHUP: another configuration in the same process, over the same outbox."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.stories.region import Region
from tests.system.test_agent import listening
from wire import codec
from wire.messages import About
from wire.topics import Kind

pytestmark = pytest.mark.system
SITE = "ap-01"
NEW = "the configuration in use goes on"
MOST_S = 2.0


def logged(region: Region, event: str, times: int = 1) -> list[dict[str, str]]:
    """Wait until an agent has said it so often."""
    deadline = time.monotonic() + 20
    while True:
        lines = region.agents[SITE].log.read_text(encoding="utf-8").splitlines()
        found = [line for line in map(json.loads, filter(None, lines)) if line["event"] == event]
        if len(found) >= times:
            return found
        assert time.monotonic() < deadline, region.agents[SITE].tail()
        time.sleep(0.05)


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def hang_up(region: Region) -> None:
    os.kill(region.agents[SITE].pid, signal.SIGHUP)


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as region:
        yield region


def test_ten_new_configurations_lose_nothing_and_double_nothing(region: Region) -> None:
    region.start_agents()
    region.await_readings()
    config = region.configs[SITE]
    took_s: list[float] = []
    for turn in range(10):
        rewrite(config, "[site]", f"# turn {turn}\n[site]")
        began_s = time.monotonic()
        hang_up(region)
        logged(region, "connected to the broker", times=turn + 2)
        took_s.append(time.monotonic() - began_s)
    assert sorted(took_s)[len(took_s) // 2] < MOST_S, took_s
    region.drain()
    verdict = region.verdict()
    assert verdict.good, f"{verdict}\n{region.logs()}"
    assert verdict.expected == verdict.stored, verdict


def test_a_configuration_that_cannot_be_used_changes_nothing(region: Region) -> None:
    region.start_agents()
    region.await_readings()
    config = region.configs[SITE]
    good = config.read_text(encoding="utf-8")
    for turn, (old, new, said) in enumerate(
        [
            ("gateway", "gatewy", "did you mean `gateway`?"),
            (
                '[outbox]\npath = "',
                '[outbox]\npath = "/elsewhere/',
                "`outbox.path` can change only with a restart",
            ),
            ("[broker]\n", '[broker]\nca_file = "/nowhere.pem"\n', "No such file"),
        ],
        1,
    ):
        config.write_text(good, encoding="utf-8")
        rewrite(config, old, new)
        hang_up(region)
        assert said in logged(region, NEW, times=turn)[-1]["reason"]
    config.write_text(good, encoding="utf-8")
    hang_up(region)
    logged(region, "the configuration is as it was")
    region.drain()
    assert region.verdict().good


def test_a_device_less_and_another_log_level_are_taken_up(region: Region) -> None:
    region.start_agents()
    region.await_readings()
    config = region.configs[SITE]
    text = config.read_text(encoding="utf-8")
    gone = tomli.loads(text)["device"][-1]["name"]
    config.write_text(f'log_level = "warning"\n{text[: text.rindex("[[device]]")]}', encoding="utf-8")
    config.write_text(without_links(config.read_text(encoding="utf-8")), encoding="utf-8")
    with listening(region.broker.port, Kind.ABOUT) as heard:
        hang_up(region)
        while gone in {device.name for device in codec.decode(About, heard.get(timeout=20)).devices}:
            pass
    region.agents[SITE].stop()
    lines = [json.loads(line) for line in region.agents[SITE].log.read_text(encoding="utf-8").splitlines()]
    assert sum(line["event"] == "connected to the broker" for line in lines) == 1


def test_the_collector_takes_up_its_log_level_and_says_what_waits_for_a_start(region: Region) -> None:
    def heard(event: str) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        while True:
            lines = region.collector.log.read_text(encoding="utf-8").splitlines()
            if found := [line for line in map(json.loads, lines) if line["event"] == event]:
                return dict(found[-1])
            assert time.monotonic() < deadline, region.collector.tail()
            time.sleep(0.05)

    good = region.config.read_text(encoding="utf-8")
    region.config.write_text("log_levl = 1\n" + good, encoding="utf-8")
    os.kill(region.collector.pid, signal.SIGHUP)
    assert "did you mean `log_level`?" in heard(NEW)["reason"]
    new = f'log_level = "warning"\nclient_id = "other"\n{good}[alarms]\nshelve_most_h = 1\n'
    region.config.write_text(new, encoding="utf-8")
    os.kill(region.collector.pid, signal.SIGHUP)
    assert heard("some of the configuration is taken up with the next start")["tables"] == ["client_id"]
    region.start_agents()
    region.await_readings()
    region.collector.stop()
    events = [json.loads(line)["event"] for line in region.collector.log.read_text().splitlines()]
    assert "stopped" not in events  # it is info


def without_links(text: str) -> str:
    """The configuration without links that no device uses."""
    used = {device["link"] for device in tomli.loads(text)["device"]}
    parts = text.split("[[")
    return "[[".join(
        part
        for part in parts
        if not part.startswith("link]]") or tomli.loads(f"[[{part}")["link"][0]["name"] in used
    )
