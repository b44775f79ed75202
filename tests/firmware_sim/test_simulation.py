"""A running scenario, read over its real lines; the truth is what was on the wire."""

import asyncio
import json
import os
import signal
import struct
import sys
from pathlib import Path

import pytest

from firmware_sim import scenario
from firmware_sim.faults import LineFault
from firmware_sim.library import profiles
from firmware_sim.plant.boiler_variables import VARIABLES
from firmware_sim.simulation import PlantClock, Simulation
from firmware_sim.truth import TrueValue, read_lines

READ_IN3 = bytes.fromhex("0001 0000 0006 01 03 0fa6 0002")  # MV210-101: f32 at 4006


async def ask(port: int, request: bytes, answer_bytes: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.readexactly(answer_bytes), 5)
    writer.close()
    await writer.wait_closed()
    return answer


def test_plant_time_runs_as_fast_as_it_is_told() -> None:
    now = iter([100.0, 100.0, 102.5])
    clock = PlantClock(1000.0, 60.0, lambda: next(now))
    assert [clock(), clock()] == [1000.0, 1150.0]


async def test_what_is_on_the_wire_is_the_truth_in_the_sites_words(tmp_path: Path) -> None:
    truth: list[TrueValue] = []
    story = scenario.load(scenario.shipped("region"), profiles())
    async with Simulation(story, tmp_path, truth.extend) as simulation:
        (end,) = [e for e in simulation.endpoints if (e.site, e.link) == ("bh-01", "ethernet")]
        assert end.tcp_port
        answer = await ask(end.tcp_port, READ_IN3, 13)
        assert all(
            (tmp_path / "by-id" / Path(e.port).name).is_symlink() for e in simulation.endpoints if e.port
        )
    (value,) = truth
    milliampere = struct.unpack(">f", answer[9:])[0]
    assert (value.site, value.device, value.channel, value.mode) == ("bh-01", "mv210", "fuel_rate", "asked")
    assert value.value == pytest.approx((milliampere - 4) / 16 * 2)
    assert isinstance(value.value, float)
    assert VARIABLES["fuel_rate"].low < value.value < VARIABLES["fuel_rate"].high
    assert list((tmp_path / "by-id").iterdir()) == []


async def test_spoilt_answers_are_no_truth_and_late_ones_are_doubtful(tmp_path: Path) -> None:
    truth: list[TrueValue] = []
    story = scenario.load(scenario.shipped("region"), profiles())
    async with Simulation(story, tmp_path, truth.extend) as simulation:
        (end,) = [e for e in simulation.endpoints if (e.site, e.link) == ("bh-01", "ethernet")]
        assert end.tcp_port
        faults = simulation.instruments["bh-01", "mv210"].faults
        faults.arm(LineFault.BAD_CRC, count=1)
        await ask(end.tcp_port, READ_IN3, 13)
        faults.arm(LineFault.LATE, 10, count=1)
        await ask(end.tcp_port, READ_IN3, 13)
    assert [value.mode for value in truth] == ["doubtful"]


@pytest.mark.system
async def test_the_command_says_when_it_answers_and_keeps_all_truth_at_sigterm(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firmware_sim.cli", "run", "region"),
        *("--truth", str(truth), "--agent-configs", str(tmp_path / "agents"), "--directory", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    port = next(e["tcp_port"] for e in ready["links"] if e["link"] == "ethernet")
    for _ in range(50):
        await ask(port, READ_IN3, 13)
    os.kill(process.pid, signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
    await process.communicate()
    assert len(list(read_lines(truth, TrueValue))) == 50
    assert [Path(path).name for path in ready["agent_configs"]] == ["bh-01.toml", "bh-02.toml", "ap-01.toml"]
    assert {path.name for path in (tmp_path / "agents").iterdir()} == {
        "bh-01.toml",
        "bh-02.toml",
        "ap-01.toml",
    }
