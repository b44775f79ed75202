"""Faults by hand: through the socket of a running simulation, on its real lines."""

import asyncio
import contextlib
import json
import math
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from firmware_sim import scenario
from firmware_sim.catalog import Severity
from firmware_sim.cli import app
from firmware_sim.control import Control, Reply, Request
from firmware_sim.control_socket import NotRunningError, ask, listening
from firmware_sim.faults import LineFault
from firmware_sim.library import profiles
from firmware_sim.simulation import Simulation

READ_IN5 = bytes.fromhex("0001 0000 0006 01 03 0fac 0002")  # MV210-101: the f32 of its fifth input, at 4012


def nobody(_: object) -> None:
    """Nobody wants the truth."""


@contextlib.asynccontextmanager
async def running(folder: Path, name: str = "ordinary-winter") -> AsyncIterator[Simulation]:
    story = scenario.load(scenario.shipped(name), profiles())
    async with Simulation(story, folder, nobody) as simulation, listening(Control(simulation), folder):
        yield simulation


async def told(control: Control, **request: Any) -> Reply:
    line = msgspec.json.encode(Request(**request))
    return msgspec.json.decode(await control.answer(line), type=Reply)


def shown(simulation: Simulation, device: str, channel: str) -> float:
    stage = simulation.stages["bh-01"]
    one = next(d for d in stage.site.devices if d.name == device)
    name = next(m.channel.name for m in one.channels if m.name == channel)
    value = stage.shown(one, simulation.now_s)[name]
    assert isinstance(value, float)
    return value


async def test_what_is_armed_through_the_socket_is_felt_on_the_lines(tmp_path: Path) -> None:
    async with running(tmp_path) as simulation:
        before = await read_branch(simulation)
        reply = await ask(tmp_path, Request(do="arm", site="bh-01", kind="frozen_branch", branch=1))
        assert [(fault.site, fault.kind) for fault in reply.faults] == [("bh-01", "frozen_branch")]
        stage = simulation.stages["bh-01"]
        assert await read_branch(simulation) == pytest.approx(before, rel=0.02)
        later = stage.over(np.array([simulation.now_s + 3600]))["mv210-1"]["in5"][0]
        assert later == pytest.approx(4, abs=0.2)


async def read_branch(simulation: Simulation) -> float:
    (end,) = [e for e in simulation.endpoints if (e.site, e.link) == ("bh-01", "ethernet")]
    reader, writer = await asyncio.open_connection("127.0.0.1", end.tcp_port)
    writer.write(READ_IN5)
    answer = await asyncio.wait_for(reader.readexactly(13), 5)
    writer.close()
    await writer.wait_closed()
    return float(struct.unpack(">f", answer[9:])[0])


async def test_a_line_fault_is_armed_on_one_instrument_and_cleared(tmp_path: Path) -> None:
    async with running(tmp_path) as simulation:
        faults = simulation.instruments["bh-01", "mv110"].faults
        await ask(tmp_path, Request(do="arm", site="bh-01", device="mv110", kind="late", amount=800))
        assert faults.armed[LineFault.LATE].amount == 800
        reply = await ask(tmp_path, Request(do="clear", site="bh-01"))
        assert (faults.armed, reply.faults) == ({}, ())


async def test_an_adapter_is_pulled_out_and_plugged_in_again(tmp_path: Path) -> None:
    async with running(tmp_path) as simulation:
        before = await read_branch(simulation)
        reply = await ask(tmp_path, Request(do="arm", site="bh-01", kind="unplugged", link="ethernet"))
        assert [(fault.link, fault.kind) for fault in reply.faults] == [("ethernet", "unplugged")]
        with pytest.raises(ConnectionRefusedError):
            await read_branch(simulation)
        assert (await ask(tmp_path, Request(do="clear", kind="unplugged"))).faults == ()
        assert await read_branch(simulation) == pytest.approx(before, rel=0.02)


async def test_an_event_that_is_cleared_ends_and_the_storys_own_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, "sensor-break") as simulation:
        control = Control(simulation)
        await told(control, do="arm", site="bh-01", kind="sensor_stuck", device="mv110", channel="p_supply")
        listed = (await told(control, do="list")).faults
        assert {(fault.kind, fault.told) for fault in listed} == {
            ("sensor_break", True),
            ("sensor_stuck", False),
        }
        left = (await told(control, do="clear")).faults
        assert [fault.kind for fault in left] == ["sensor_break"]


async def test_a_broken_sensor_is_broken_at_once_and_whole_again_when_it_is_cleared(tmp_path: Path) -> None:
    async with running(tmp_path) as simulation:
        control = Control(simulation)
        place = {"site": "bh-01", "device": "trm138", "kind": "sensor_break"}
        assert (await told(control, do="arm", channel="t_supply", **place)).ok
        assert math.isnan(shown(simulation, "trm138", "t_supply"))
        await told(control, do="clear", **place)
        assert shown(simulation, "trm138", "t_supply") == pytest.approx(60, abs=20)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"site": "bh-1", "kind": "pump_stop"}, "no site `bh-1`; did you mean `bh-01`?"),
        ({"site": "bh-01", "kind": "pump_stopp"}, "no fault `pump_stopp`; did you mean `pump_stop`?"),
        ({"site": "bh-01", "kind": "late", "device": "mv11"}, "no device `mv11`; did you mean `mv110`?"),
        ({"site": "bh-01", "kind": "late", "device": "mv110", "amount": -1}, "late: amount 1…86400000"),
        ({"site": "bh-01", "kind": "sensor_stuck"}, "sensor_stuck needs the key `device`"),
        (
            {"site": "bh-01", "kind": "inversion"},
            "inversion happens at an air_post only; bh-01 is a boiler_house",
        ),
        ({"site": "bh-01", "kind": "bus_fault", "link": "cabin"}, "no link `cabin`; did you mean `cabinet`?"),
        ({"site": "bh-01", "kind": "unplugged", "link": "cabin"}, "no link `cabin`; did you mean `cabinet`?"),
        ({"site": "bh-01", "kind": "fuel_theft"}, "fuel_theft needs the key `for_s`"),
    ],
)
async def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, request_: dict[str, Any], sentence: str
) -> None:
    async with running(tmp_path) as simulation:
        reply = await told(Control(simulation), do="arm", **request_)
        assert (reply.ok, reply.error[: len(sentence)]) == (False, sentence)


def test_any_bytes_get_an_answer(tmp_path: Path) -> None:
    story = scenario.load(scenario.shipped("ordinary-winter"), profiles())
    control = Control(Simulation(story, tmp_path, nobody))
    words = st.sampled_from(["list", "arm", "clear", "bh-01", "pump_stop", "late", "mv110", "", "x"])
    keys = st.sampled_from(["do", "site", "device", "kind", "severity", "for_s", "amount", "z"])
    lines = st.one_of(
        st.binary(max_size=60),
        st.dictionaries(keys, st.one_of(words, st.floats(), st.none())).map(
            lambda table: json.dumps(table).encode()
        ),
    )

    @settings(max_examples=60)
    @given(line=lines)
    def check(line: bytes) -> None:
        reply = msgspec.json.decode(asyncio.run(control.answer(line)), type=Reply)
        assert reply.ok != bool(reply.error)

    check()


async def test_where_nothing_runs_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match="no simulation runs there"):
        await ask(tmp_path, Request(do="list"))
    result = await asyncio.to_thread(CliRunner().invoke, app, ["fault", "list", "--directory", str(tmp_path)])
    assert (result.exit_code, "no simulation runs there" in result.output) == (1, True)


def test_all_kinds_are_listed() -> None:
    output = CliRunner().invoke(app, ["fault", "kinds"]).output
    assert all(word in output for word in ("pump_stop", "inversion", "garbage_before", *LineFault))
    assert (
        Severity.SEVERE in CliRunner().invoke(app, ["fault", "arm", "--help"], env={"COLUMNS": "200"}).output
    )


@pytest.mark.system
async def test_the_command_arms_lists_and_clears_in_a_running_program(tmp_path: Path) -> None:
    program = (sys.executable, "-m", "firmware_sim.cli")
    process = await asyncio.create_subprocess_exec(
        *program, "run", "ordinary-winter", "--directory", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 30)

    async def fault(*arguments: str) -> Any:
        child = await asyncio.create_subprocess_exec(
            *program,
            "fault",
            *arguments,
            "--directory",
            str(tmp_path),
            "--json",
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(child.communicate(), 30)
        assert child.returncode == 0
        return [row["kind"] for row in json.loads(output)]

    try:
        assert await fault("arm", "--site", "bh-02", "--kind", "pump_stop", "--severity", "severe") == [
            "pump_stop"
        ]
        assert await fault("list") == ["pump_stop"]
        assert await fault("clear") == []
    finally:
        os.kill(process.pid, signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
        await process.communicate()
    assert not (tmp_path / "control.sock").exists()
