"""`firmware-sim demo` as a visitor starts it: whole programs, either broker, and the verdict."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest
import tomli

from firmware_sim.demo.login import awaited

pytestmark = pytest.mark.system


async def demo(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "firmware_sim.cli", "demo", "--directory", str(folder), *arguments)
    return await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def outcome(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 100)
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("broker", ["--mosquitto", "--no-mosquitto"])
async def test_no_reading_is_lost_or_doubled(tmp_path: Path, broker: str) -> None:
    status, out, err = await outcome(await demo(tmp_path, "--duration", "16", "--json", broker))
    assert (status, err) == (0, ""), err
    verdict = json.loads(out.splitlines()[-1])
    assert (verdict["lost"], verdict["duplicated"], verdict["wrong"]) == (0, 0, 0), verdict
    assert verdict["true"] == verdict["stored"] > 200


def has_line(folder: Path, site: str) -> bool:
    log = folder / f"agent-{site}.log"
    return log.exists() and "connected to the broker" in log.read_text()


async def begun(folder: Path) -> None:
    """All agents have been read from and have a line: one that is stopped before keeps what it has."""
    for _ in range(600):
        truth = folder / "truth.jsonl"
        text = truth.read_text() if truth.exists() else ""
        if all(f'"{site}"' in text and has_line(folder, site) for site in ("bh-01", "bh-02", "ap-01")):
            return
        await asyncio.sleep(0.1)
    pytest.fail("nothing was read within a minute")


async def test_a_signal_stops_it_in_order_with_a_verdict(tmp_path: Path) -> None:
    process = await demo(tmp_path, "--json")
    await begun(tmp_path)
    process.send_signal(signal.SIGTERM)
    status, out, err = await outcome(process)
    assert (status, err) == (0, ""), err
    assert json.loads(out)["stored"] > 0


async def test_the_console_is_served_and_its_login_is_told(tmp_path: Path) -> None:
    process = await demo(tmp_path, "--json")
    await begun(tmp_path)
    port = tomli.loads((tmp_path / "collector.toml").read_text())["feed"]["listen"].rpartition(":")[2]
    told = await awaited(tmp_path / "collector.log", int(port))
    password = told.rpartition(" ")[2]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as browser:
        page = await browser.get("/")
        login = await browser.post("/api/v1/login", json={"name": "administrator", "password": password})
    process.send_signal(signal.SIGTERM)
    status, _, err = await outcome(process)
    assert (status, err) == (0, ""), err
    assert (page.status_code, login.status_code) == (200, 200)
    assert f"http://127.0.0.1:{port}" in told


def children(parent: int) -> dict[int, str]:
    """Pid → command line."""
    pids = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in pids}


def alive(pids: Iterable[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("words", ["agents/bh-02.toml", "collector.toml"])
async def test_a_child_that_dies_is_named_and_none_is_left_behind(tmp_path: Path, words: str) -> None:
    process = await demo(tmp_path)
    await begun(tmp_path)
    cast = children(process.pid)
    (victim,) = [pid for pid, line in cast.items() if words in line]
    os.kill(victim, signal.SIGKILL)
    status, _, err = await outcome(process)
    assert status == 1
    assert "ended by itself with status -9" in err
    assert alive(cast) == []
