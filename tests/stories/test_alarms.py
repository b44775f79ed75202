"""What a gateway notices by itself reaches the dispatcher in words, once, whatever is killed meanwhile."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.programs import command
from tests.stories.region import Region

pytestmark = pytest.mark.system
SITE = "bh-01"
LIMIT = 20.0
"""°C; in January the supply is far above it."""
WITHIN_S = 40.0
Lines = list[dict[str, Any]]


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is taken and refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def watch(config: Path, port: int) -> None:
    """A limit below what the simulator shows, and two devices behind a port that is closed."""
    text = config.read_text(encoding="utf-8")
    supply = '[device.channels.in1]\nname = "t_supply"\n'
    assert text.count(supply) == 1
    text = text.replace(supply, f"{supply}alarms = {{ high = {LIMIT}, deadband = 2, on_delay_s = 1 }}\n")
    text += "\n[alarms.link_silent]\non_delay_s = 1\n"
    text += f'\n[[link]]\nname = "closed"\nhost = "127.0.0.1"\ntcp_port = {port}\n'
    for unit in (1, 2):
        text += f'\n[[device]]\nname = "meter-{unit}"\nlink = "closed"\nprofile = "generic_f32_20"\n'
        text += f"unit = {unit}\nperiod_s = 1\n"
    config.write_text(text, encoding="utf-8")


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with closed_port() as port, Region(tmp_path) as region:
        watch(region.configs[SITE], port)
        yield region


def listed(region: Region, *options: str) -> Lines:
    done = command(
        "collector", "alarms", "list", "-c", str(region.config), "--site", SITE, "--json", *options
    )
    assert done.returncode == 0, done.stderr
    lines: Lines = json.loads(done.stdout)
    return lines


def about(lines: Lines, *codes: str) -> Lines:
    return [line for line in lines if line["alarm"]["code"] in codes]


def until(region: Region, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, f"{listed(region)}\n{region.logs()}"


def both(region: Region) -> bool:
    return len(about(listed(region, "--active"), "high", "link_silent")) >= 2


def supply(region: Region) -> dict[int, float]:
    """When which supply temperature was stored."""
    return {
        one.t_ms: one.value
        for one in region.readings()
        if (one.site, one.device, one.channel) == (SITE, "trm138", "t_supply")
        and isinstance(one.value, float)
    }


def test_a_limit_and_a_closed_link_are_told_with_their_numbers_in_three_languages(region: Region) -> None:
    region.start_agents()
    until(region, lambda: both(region))
    lines = listed(region, "--active")
    (high,) = (line["alarm"] for line in about(lines, "high"))
    stored = supply(region)
    assert (high["state"], high["device"], high["channel"]) == ("raised", "trm138", "t_supply")
    assert high["params"]["limit"] == LIMIT
    assert high["params"]["value"] == stored[high["t_ms"]] > LIMIT
    assert abs(high["since_ms"] - min(stored)) <= 2  # reckoned on the monotonic clock, both cut to ms
    (silent,) = (line["alarm"] for line in about(lines, "link_silent"))
    assert (silent["link"], silent["params"]["devices"]) == ("closed", 2)
    assert not about(listed(region), "device_silent", "sensor_broken")
    titles = {language: titles_of(region, language) for language in ("ru", "kk", "en")}
    assert len({title for told in titles.values() for title in told}) == 6, titles


def titles_of(region: Region, language: str) -> list[str]:
    """The titles in a language; the sentences under them bear limit and link."""
    lines = about(listed(region, "--active", "--language", language), "high", "link_silent")
    high, silent = sorted(lines, key=lambda line: line["alarm"]["code"])
    assert "20" in high["text"]["happened"], high
    assert "closed" in json.dumps(silent["text"]), silent
    return [high["text"]["title"], silent["text"]["title"]]


def test_an_agent_that_was_killed_goes_on_with_its_alarms_and_raises_none_twice(region: Region) -> None:
    region.start_agents()
    until(region, lambda: both(region))
    before = {line["alarm"]["id"] for line in about(listed(region), "high", "link_silent")}
    region.kill_agent(SITE)
    killed_ms = time.time_ns() // 1_000_000
    region.agents[SITE].start()
    until(region, lambda: max(supply(region)) > killed_ms + 8_000)
    after = about(listed(region), "high", "link_silent")
    assert {line["alarm"]["id"] for line in after} == before
    assert len(after) == len(before) == 2
    assert {line["alarm"]["state"] for line in after} <= {"raised", "updated"}
