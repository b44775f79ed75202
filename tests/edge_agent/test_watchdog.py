"""The watchdog bites when polling hangs, although the loop and the disk go on."""

import asyncio
import socket
from pathlib import Path

import pytest

from edge_agent import pipeline
from edge_agent.clock import GatewayClock
from edge_agent.outbox import Outbox
from edge_agent.poll import link
from edge_agent.poll.bus import Bus
from edge_agent.rollout import Configurations
from edge_agent.samples import Fault, Instant
from tests.edge_agent.peer import ModbusPeer, TcpWire, silent
from tests.edge_agent.plant import Scans, device, now, polling, tcp_link
from tests.servers import free_port

CONFIG = """
gateway = "gw"
[site]
name = "ap-01"
class = "air_post"
[broker]
port = {broker}
[[link]]
name = "lan"
host = "127.0.0.1"
tcp_port = {device}
[[device]]
name = "inputs"
link = "lan"
profile = "owen_mv210_101"
unit = 1
period_s = 1.0
"""
BEAT_S, STALL_MS = 0.05, 300
EPOCH = "0" * 16


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.setblocking(False)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setattr(pipeline, "SETTLE_EVERY_S", BEAT_S)
    monkeypatch.setattr(link, "STALL_MS", STALL_MS)
    return listener


async def heard(manager: socket.socket, within_s: float) -> str:
    """The next word; nothing when none comes in time."""
    try:
        return (await asyncio.wait_for(asyncio.get_running_loop().sock_recv(manager, 100), within_s)).decode()
    except TimeoutError:
        return ""


async def test_no_word_comes_any_more_when_a_poll_hangs(
    manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = asyncio.Event()

    async def ask(*_: object) -> bytes:
        hangs.set()
        await asyncio.Event().wait()
        return b""

    file = tmp_path / "agent.toml"
    outbox = Outbox.open(
        tmp_path / "outbox.db", max_bytes=2**23, boot="b", site_class="air_post", epoch_source=lambda: EPOCH
    )
    stop = asyncio.Event()
    async with TcpWire(ModbusPeer()) as wire:
        file.write_text(CONFIG.format(broker=free_port(), device=wire.port))
        monkeypatch.setattr(Bus, "ask", ask)
        configurations = Configurations.open(file)
        agent = asyncio.create_task(pipeline.run(configurations, outbox, GatewayClock("system"), stop))
        with manager:
            async with asyncio.timeout(15):
                await hangs.wait()
                while await heard(manager, 10 * BEAT_S):
                    pass
                # The patience of the link is over; the loop lives, and so does this test.
                assert not await heard(manager, 10 * BEAT_S)
                stop.set()
                assert await heard(manager, 10 * BEAT_S) == "STOPPING=1"
            await asyncio.wait_for(agent, 5)
    outbox.close()


async def test_a_link_without_answers_and_one_that_sleeps_are_moving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "STALL_MS", STALL_MS)
    scans, peer = Scans(), ModbusPeer()
    peer.always(1, silent)
    devices = [device("a"), device("b", link="rare", period_ms=86_400_000)]
    async with TcpWire(peer) as wire:
        links = [tcp_link(wire.port), tcp_link(wire.port, name="rare")]
        async with polling(links, devices, scans) as poller:
            for _ in range(5):
                await scans.next("a", Fault.NO_ANSWER)
                assert poller.is_moving(now())
            at = now()
            assert not poller.is_moving(Instant(at.wall_ms + 86_500_000, at.mono_ms + 86_500_000))
