"""Streams that open, say why they cannot, and open again."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_agent.drivers import Framing, LinkDownError, Port
from edge_agent.drivers._openers import port_of
from edge_agent.drivers._ports import LONGEST_WAIT_S, backoff_s
from edge_agent.settings import Link
from tests.edge_agent.peer import ModbusPeer, PtyWire, TcpWire
from tests.edge_agent.plant import serial_link, tcp_link
from tests.servers import free_port


@asynccontextmanager
async def kept_open(link: Link) -> AsyncIterator[Port]:
    port = port_of(link, random.Random(3))
    task = asyncio.create_task(port.keep_open(), name="keeper")
    try:
        yield port
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def is_up(port: Port) -> None:
    async with asyncio.timeout(5):
        while not port.up:  # noqa: ASYNC110  a port has no event for it; the deadline bounds it
            await asyncio.sleep(0.005)


async def reason_of(link: Link) -> str:
    """What the log says when a link cannot be opened."""
    with capture_logs() as logs:
        async with kept_open(link), asyncio.timeout(5):
            while not logs:  # noqa: ASYNC110  nor has a log
                await asyncio.sleep(0.005)
    return str(logs[0]["reason"])


def soon(seconds: float = 2.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def test_backoff_begins_at_half_a_second_and_ends_at_thirty() -> None:
    rng = random.Random(1)
    assert backoff_s(0, rng) == 0.0
    assert all(0.5 <= backoff_s(1, rng) <= 1.0 for _ in range(100))
    waits = [backoff_s(10_000, rng) for _ in range(100)]
    assert all(LONGEST_WAIT_S / 2 <= wait <= LONGEST_WAIT_S for wait in waits)
    assert len(set(waits)) > 50, "spread by chance"


async def test_bytes_go_both_ways_without_waiting_for_more() -> None:
    peer = ModbusPeer()
    async with TcpWire(peer) as wire, kept_open(tcp_link(wire.port)) as port:
        await is_up(port)
        assert port.framing is Framing.MBAP
        peer.wires[0].send(b"abc")
        assert await port.more(soon())
        assert bytes(port.received) == b"abc"
        assert port.heard == 3
        assert not await port.more(soon(0.02))


async def test_a_tcp_link_sends_at_once_and_gives_up_a_peer_that_vanished() -> None:
    async with TcpWire(ModbusPeer()) as wire, kept_open(tcp_link(wire.port)) as port:
        await is_up(port)
        transport = port._stream.transport  # type: ignore[attr-defined]
        connection = transport.get_extra_info("socket")
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000


async def test_a_port_that_is_closed_says_so_to_who_writes_and_who_waits() -> None:
    peer = ModbusPeer()
    async with TcpWire(peer) as wire, kept_open(tcp_link(wire.port)) as port:
        await is_up(port)
        asyncio.get_running_loop().call_later(0.05, peer.wires[0].hang_up)
        with pytest.raises(LinkDownError, match="closed by the other side"):
            await port.more(soon())
        with pytest.raises(LinkDownError, match="lan is not open"):
            port.write(b"x")


async def test_a_heap_nobody_reads_stays_small() -> None:
    peer = ModbusPeer()
    async with TcpWire(peer) as wire, kept_open(tcp_link(wire.port)) as port:
        await is_up(port)
        while port.heard < 50_000:
            peer.wires[0].send(b"x" * 1000)
            await port.more(soon(0.2))
        assert len(port.received) <= 4096


async def test_a_peer_that_closes_each_connection_is_not_hammered() -> None:
    class Rude(ModbusPeer):
        def begin(self, wire):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            feed = super().begin(wire)
            asyncio.get_running_loop().call_soon(wire.hang_up)
            return feed

    peer = Rude()
    with capture_logs() as logs:
        async with TcpWire(peer) as wire, kept_open(tcp_link(wire.port)):
            await asyncio.sleep(1.2)
    assert 1 <= len(peer.wires) <= 3
    assert [entry["event"] for entry in logs] == ["link lost"]


async def test_a_refused_connection_says_what_to_look_at() -> None:
    port = free_port()
    assert await reason_of(tcp_link(port)) == (
        f"127.0.0.1:{port}: refused; is this the right port, is its server switched on?"
    )


async def test_a_host_name_that_is_none_says_so() -> None:
    wrong = tcp_link(502)
    wrong = type(wrong)("lan", None, 9600, 8, "N", 1, "no-such-host.invalid", 502, False, 0.1)
    assert "no-such-host.invalid:502: " in await reason_of(wrong)


async def test_a_missing_adapter_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    wanted = tmp_path / "by-id" / "usb-WRONG"
    assert "there is no other serial adapter" in await reason_of(serial_link(wanted))
    async with PtyWire(ModbusPeer(), tmp_path) as wire:
        sentence = await reason_of(serial_link(wanted))
    assert sentence == f"{wanted} is not there: plug it in, or set `port` to one that is: {wire.path}"


async def test_a_line_has_one_talker_only(tmp_path: Path) -> None:
    async with PtyWire(ModbusPeer(), tmp_path) as wire, kept_open(serial_link(wire.path)) as port:
        await is_up(port)
        assert "another program has it open" in await reason_of(serial_link(wire.path))
        assert port.up


async def test_what_is_no_serial_line_says_so(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello")
    assert str(file) in await reason_of(serial_link(file))
