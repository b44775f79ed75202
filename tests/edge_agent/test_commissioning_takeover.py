"""A line on which an agent runs is never disturbed: it is refused, or borrowed and given back."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.drivers import _holders
from edge_agent.drivers._openers import port_of
from edge_agent.drivers._ports import OpenError
from firmware_sim.devices import Instrument, PtyLine
from tests.edge_agent.commissioning import edge_agent, instrument
from tests.edge_agent.peer import ModbusPeer, PtyWire
from tests.edge_agent.plant import serial_link
from tests.programs import Program
from tests.servers import free_port

PORT = "by-id/usb-FTDI_RS485-if00"
DEADLINE_S = 30.0


def written_config(folder: Path) -> Path:
    path = folder / "agent.toml"
    path.write_text(
        f"""gateway = "gw-1"
[site]
name = "bh-07"
class = "boiler_house"
[broker]
port = {free_port()}
[outbox]
path = "{folder}/outbox.db"
[clock]
source = "system"
[[link]]
name = "rs485"
port = "{folder / PORT}"
baud = 9600
[[device]]
name = "vane"
link = "rs485"
profile = "renke_rs_fxjt"
unit = 2
period_s = 1.0
""",
        encoding="utf-8",
    )
    return path


async def polls(vane: Instrument, more: int = 2) -> None:
    """Wait until the instrument has been asked so many times more."""
    wanted = vane.requests + more
    async with asyncio.timeout(DEADLINE_S):
        while vane.requests < wanted:  # noqa: ASYNC110  an instrument has no event for it
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running_agent(folder: Path) -> AsyncIterator[Instrument]:
    """An agent that polls one vane each second."""
    vane = instrument("renke_rs_fxjt", 2)
    async with PtyLine([vane], folder / PORT, 9600):
        with Program("agent", ["edge-agent", "run", "-c", str(written_config(folder))], folder) as agent:
            await polls(vane)
            yield vane
            assert agent.process is not None
            assert agent.process.poll() is None, agent.tail()


@pytest.mark.system
async def test_a_scan_of_a_running_agents_line_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async with running_agent(tmp_path) as vane:
        done = await edge_agent("scan", "--port", str(tmp_path / PORT), "--units", "1-3")
        await polls(vane)
    assert done.status == 1
    assert "in use by edge-agent run -c" in done.err
    assert "(process " in done.err
    assert "add --take-over to borrow the line from it" in done.err


@pytest.mark.system
async def test_a_line_is_borrowed_for_the_scan_and_polled_again_afterwards(tmp_path: Path) -> None:
    async with running_agent(tmp_path) as vane:
        words = ("--port", str(tmp_path / PORT), "--units", "1-3", "--take-over", "--json")
        done = await edge_agent("scan", *words)
        assert done.status == 0, done.err
        assert [device["unit"] for device in done.json["devices"]] == [2]
        await polls(vane)
        left = _holders.request_file(tmp_path / PORT)
        assert left is not None
        assert not left.exists()
        log = (tmp_path / "agent.log").read_text()
    assert "lent to edge-agent scan" in log
    assert vane.writes_attempted == 0


async def test_who_holds_a_port_is_named(tmp_path: Path) -> None:
    async with PtyWire(ModbusPeer(), tmp_path) as wire:
        assert _holders.holder(wire.path) is None
        port = port_of(serial_link(wire.path), random.Random(1))
        async with port.opened():
            found = _holders.holder(wire.path)
            assert found is not None
            assert f"(process {os.getpid()})" in found
            second = port_of(serial_link(wire.path), random.Random(1))
            with pytest.raises(
                OpenError, match=r"another program has it open, .*process \d+.*only one may talk"
            ):
                async with second.opened():
                    pass
        assert _holders.holder(wire.path) is None


async def test_a_borrowed_port_is_not_borrowed_twice_and_a_dead_borrower_holds_nothing(
    tmp_path: Path,
) -> None:
    async with PtyWire(ModbusPeer(), tmp_path) as wire:
        with _holders.borrowed(wire.path):
            assert _holders.borrower(wire.path) is not None
            with (
                pytest.raises(_holders.TakenError, match="is borrowing it; wait until it has ended"),
                _holders.borrowed(wire.path),
            ):
                pass
        assert _holders.borrower(wire.path) is None
        forgotten = _holders.request_file(wire.path)
        assert forgotten is not None
        forgotten.touch()
        try:
            assert _holders.borrower(wire.path) is None, "nobody holds the file any more"
        finally:
            forgotten.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
async def test_a_port_without_permission_says_which_group_is_missing(tmp_path: Path) -> None:
    async with PtyWire(ModbusPeer(), tmp_path) as wire:
        wire.path.resolve().chmod(0o600)
        os.seteuid(65534)
        try:
            with pytest.raises(OpenError, match="permission denied; add the user to the group dialout"):
                async with port_of(serial_link(wire.path.resolve()), random.Random(1)).opened():
                    pass
        finally:
            os.seteuid(0)
