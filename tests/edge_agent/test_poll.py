"""The whole of polling against real sockets and pseudo-terminals."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_agent.samples import Block, Fault, Instant
from sensor_profiles.model import Space
from tests.edge_agent.peer import (
    ModbusPeer,
    PtyWire,
    TcpWire,
    exception,
    garbled,
    halves,
    hangs_up_half_way,
    image,
    late,
    sends,
    silent,
)
from tests.edge_agent.plant import Scans, device, field, now, polling, profile, serial_link, tcp_link
from tests.servers import free_port

FORTY = Block(Space.HOLDING, 0, 40)


async def test_twenty_floats_come_as_one_block_on_the_grid() -> None:
    scans = Scans()
    async with TcpWire(peer := ModbusPeer()) as wire, polling([tcp_link(wire.port)], [device("a")], scans):
        await scans.until(lambda: len(scans.good("a")) >= 3)
    first = scans.good("a")[0]
    assert [answer.block for answer in first.answers] == [FORTY]
    assert first.answers[0].data == image(1, 0, 40)
    assert all(scan.taken.wall_ms % 100 < 50 for scan in scans.of("a"))
    assert {request.function for request in peer.requests} == {3}


@pytest.mark.parametrize("behaviour", [halves, late(0.05)])
async def test_an_answer_in_pieces_or_in_no_hurry_is_an_answer(behaviour: object) -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.always(1, behaviour)  # type: ignore[arg-type]
    async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [device("a")], scans):
        scan = await scans.next("a")
    assert scan.answers[0].data == image(1, 0, 40)


async def test_a_healthy_device_that_fails_once_is_asked_again_within_the_tick() -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.script(silent)
    link_device = device("a", period_ms=1000, timeout_ms=200)
    async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [link_device], scans) as poller:
        await scans.until(lambda: bool(scans.of("a")))
        status = poller.link_status()[0]
    assert scans.faults("a") == [None]
    assert (status.requests, status.timeouts) == (2, 1)


async def test_exceptions_are_faults_and_never_values() -> None:
    scans = Scans()
    peer = ModbusPeer()
    async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [device("a")], scans) as poller:
        await scans.next("a")
        peer.script(exception(4))
        refused = await scans.next("a", Fault.REFUSED)
        await scans.next("a")
        peer.script(exception(6), exception(6))
        await scans.next("a", Fault.NO_ANSWER)
        asked = len(peer.requests)
        await scans.next("a")
        assert poller.silent_devices() == ()
    assert refused.answers[0].data == b""
    assert len(peer.requests) > asked


async def test_a_busy_device_is_asked_once_more_and_not_backed_off() -> None:
    scans = Scans()
    peer = ModbusPeer()
    async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [device("a")], scans) as poller:
        await scans.next("a")
        peer.script(exception(5))
        await scans.next("a")
        assert poller.link_status()[0].timeouts == 0
    assert set(scans.faults("a")) == {None}


async def test_holes_are_switched_off_when_a_device_refuses_them() -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.illegal = {2, 3}
    holed = device("a", model=profile([field(0), field(4)], max_hole=8))
    with capture_logs() as logs:
        async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [holed], scans):
            await scans.until(lambda: len(scans.good("a")) >= 3)
    assert [answer.block.start for answer in scans.of("a")[0].answers] == [0, 4]
    assert [request.count for request in peer.requests[:5]] == [6, 2, 2, 2, 2]
    assert sum("holes" in entry["event"] for entry in logs) == 1


async def test_registers_refused_for_good_are_left_alone_and_the_others_read() -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.illegal = {100}
    two = device("a", model=profile([field(0), field(100)]))
    with capture_logs() as logs:
        async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [two], scans) as poller:
            await scans.until(lambda: len(scans.of("a")) >= 4)
            assert poller.silent_devices() == ()
    assert [answer.fault for answer in scans.of("a")[-1].answers] == [None, Fault.REFUSED]
    assert sum(request.start == 100 for request in peer.requests) == 1
    assert sum("refuses these registers" in entry["event"] for entry in logs) == 1


async def test_garbage_is_counted_apart_and_passes() -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.rtu = True
    async with (
        TcpWire(peer) as wire,
        polling(
            [tcp_link(wire.port, rtu=True)], [device("a", period_ms=400, timeout_ms=100)], scans
        ) as poller,
    ):
        await scans.next("a")
        peer.script(garbled, sends((0.0, b"\x00\xff garbage \x01\x03")))
        await scans.next("a", Fault.GARBLED)
        await scans.next("a")
        status = poller.link_status()[0]
    assert (status.garbled, status.timeouts) == (2, 0)


async def test_the_answer_of_another_unit_is_dropped_and_the_wait_goes_on() -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.always(
        1,
        lambda p, r: [
            (0.0, r.wrap(bytes((3, 80)) + bytes(80), unit=2)),
            (0.02, r.wrap(p.answer(r))),
        ],
    )
    async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [device("a")], scans):
        scan = await scans.next("a")
    assert scan.answers[0].data == image(1, 0, 40)


async def test_a_late_answer_on_tcp_is_told_by_its_number() -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.always(1, lambda _, r: [(0.15, r.wrap(bytes((3, 80)) + r.transaction.to_bytes(2, "big") * 40))])  # type: ignore[union-attr]
    patient = device("a", timeout_ms=100, period_ms=100)
    async with TcpWire(peer) as wire, polling([tcp_link(wire.port, dead_share=0.5)], [patient], scans):
        await scans.until(lambda: len(scans.of("a")) >= 8)
    assert scans.good("a") == []
    assert len(peer.requests) > 3


async def test_a_link_that_refuses_connections_yields_faults_at_every_tick_and_comes_back() -> None:
    scans = Scans()
    port = free_port()
    with capture_logs() as logs:
        async with polling([tcp_link(port)], [device("a")], scans) as poller:
            await scans.until(lambda: len(scans.of("a")) >= 3)
            assert set(scans.faults("a")) == {Fault.LINK_DOWN}
            assert poller.silent_devices() == ("a",)
            assert not poller.link_status()[0].up
            async with TcpWire(ModbusPeer(), port):
                await scans.next("a")
                await asyncio.sleep(1.1)  # a connection counts as back when it has lived for a second
                assert poller.silent_devices() == ()
    ours = [entry["event"] for entry in logs if entry["event"].startswith("link")]
    assert ours == ["link lost", "link back"]
    assert f"127.0.0.1:{port}: refused" in logs[0]["reason"]


async def test_a_peer_that_hangs_up_in_mid_answer_is_connected_again() -> None:
    scans = Scans()
    peer = ModbusPeer()
    async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [device("a")], scans):
        await scans.next("a")
        peer.script(hangs_up_half_way)
        await scans.next("a", Fault.LINK_DOWN)
        await scans.next("a")
    assert len(peer.wires) == 2


async def test_what_is_no_modbus_tcp_makes_the_link_open_anew() -> None:
    scans = Scans()
    peer = ModbusPeer()
    with capture_logs() as logs:
        async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], [device("a")], scans):
            await scans.next("a")
            peer.script(sends((0.0, b"HTTP/1.1 400 Bad Request\r\n")))
            await scans.next("a", Fault.LINK_DOWN)
            await scans.next("a")
    assert len(peer.wires) == 2
    assert "is not Modbus TCP; is the endpoint a serial server" in logs[0]["reason"]


async def test_a_dead_unit_behind_a_gateway_costs_its_neighbours_nothing() -> None:
    """Silence, and a gateway that speaks for its silent device (exception 11), are the same."""
    scans = Scans()
    peer = ModbusPeer({1, 3})
    peer.always(4, exception(11))
    devices = [device(name, unit, period_ms=400, timeout_ms=100) for unit, name in enumerate("abcd", 1)]
    async with TcpWire(peer) as wire, polling([tcp_link(wire.port)], devices, scans) as poller:
        await scans.until(lambda: len(scans.of("d")) >= 4)
        assert poller.silent_devices() == ("b", "d")
        assert poller.link_status()[0].late_polls == 0
    assert set(scans.faults("a")) == set(scans.faults("c")) == {None}
    assert set(scans.faults("b")) == set(scans.faults("d")) == {Fault.NO_ANSWER}
    assert len(peer.wires) == 1, "nobody loses the connection for a neighbour's silence"


@pytest.mark.parametrize("step_ms", [3_600_000, -3_600_000])
async def test_a_clock_that_is_set_while_polling_stops_nothing(step_ms: int) -> None:
    scans = Scans()
    step = 0

    def clock() -> Instant:
        real = now()
        return Instant(real.wall_ms + step, real.mono_ms)

    async with (
        TcpWire(ModbusPeer()) as wire,
        polling([tcp_link(wire.port)], [device("a")], scans, clock) as poller,
    ):
        await scans.next("a")
        step = step_ms
        seen = len(scans.of("a"))
        await scans.until(lambda: len(scans.of("a")) >= seen + 3)
        assert poller.link_status()[0].late_polls == 0
    assert set(scans.faults("a")) == {None}


async def test_a_device_that_is_down_with_power_off_and_on_again() -> None:
    scans = Scans()
    wire = TcpWire(ModbusPeer())
    await wire.start()
    async with polling([tcp_link(wire.port)], [device("a")], scans):
        await scans.next("a")
        await wire.stop()
        await scans.next("a", Fault.LINK_DOWN)
        await wire.start()
        await scans.next("a")
    await wire.stop()


async def test_two_links_do_not_wait_for_each_other() -> None:
    scans = Scans()
    slow, quick = ModbusPeer(()), ModbusPeer()
    async with TcpWire(slow) as one, TcpWire(quick) as two:
        links = [tcp_link(one.port, name="dead"), tcp_link(two.port)]
        devices = [device("d", link="dead", timeout_ms=600), device("a", period_ms=200)]
        async with polling(links, devices, scans) as poller:
            await scans.until(lambda: len(scans.good("a")) >= 5)
            late_polls = {status.name: status.late_polls for status in poller.link_status()}
    assert late_polls["lan"] == 0
    assert set(scans.faults("a")) == {None}


async def test_stop_does_not_wait_for_a_device_that_never_answers() -> None:
    scans = Scans()
    peer = ModbusPeer(())
    async with TcpWire(peer) as wire:
        stuck = device("a", timeout_ms=60_000)
        async with polling([tcp_link(wire.port)], [stuck], scans):
            await peer.until_asked(1)
    assert scans.all == []


async def test_an_adapter_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.rtu = True
    wanted = tmp_path / "by-id" / "usb-WRONG"
    with capture_logs() as logs:
        async with (
            PtyWire(peer, tmp_path) as wire,
            polling([serial_link(wanted)], [device("a", link="line")], scans),
        ):
            await scans.until(lambda: len(scans.of("a")) >= 2)
    assert set(scans.faults("a")) == {Fault.LINK_DOWN}
    assert logs[0]["reason"].startswith(f"{wanted} is not there")
    assert str(wire.path) in logs[0]["reason"]
    assert len([entry for entry in logs if entry["event"] == "link lost"]) == 1


async def test_an_adapter_that_is_pulled_out_comes_back_under_another_terminal(tmp_path: Path) -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.rtu = True
    async with (
        PtyWire(peer, tmp_path) as wire,
        polling([serial_link(wire.path)], [device("a", link="line")], scans) as poller,
    ):
        await scans.next("a")
        before = wire.path.readlink()
        wire.vanish()
        await scans.next("a", Fault.LINK_DOWN)
        assert poller.silent_devices() == ("a",)
        blocker = PtyWire(ModbusPeer(), tmp_path, "usb-another")  # takes the number that has become free
        blocker.appear()
        wire.appear()
        assert wire.path.readlink() != before
        scan = await scans.next("a")
        blocker.vanish()
    assert scan.answers[0].data == image(1, 0, 40)


async def test_an_adapter_that_goes_in_the_middle_of_an_answer_is_a_lost_link(tmp_path: Path) -> None:
    scans = Scans()
    peer = ModbusPeer()
    peer.rtu = True
    async with (
        PtyWire(peer, tmp_path) as wire,
        polling([serial_link(wire.path)], [device("a", link="line")], scans),
    ):
        await scans.next("a")
        peer.script(hangs_up_half_way)
        await scans.next("a", Fault.LINK_DOWN)
        wire.appear()
        await scans.next("a")
