"""Several devices on one line without transaction numbers: dead ones, late ones, odd ones.

Real lines in real time: half a minute of waiting, hardly any computing.
"""

import asyncio
import random
import struct
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_agent.samples import Fault, RawScan
from edge_agent.settings import Device
from sensor_profiles.model import Profile
from tests.edge_agent import plant
from tests.edge_agent.peer import ModbusPeer, PtyWire, Request, Step, TcpWire, image, silent
from tests.edge_agent.plant import TWENTY_FLOATS, Scans, field, polling, profile, serial_link, tcp_link

pytestmark = pytest.mark.system


def device(
    name: str,
    unit: int = 1,
    *,
    link: str = "lan",
    model: Profile = TWENTY_FLOATS,
    period_ms: int = 200,
    timeout_ms: int = 100,
) -> Device:
    """Slower than elsewhere: the phases after a timeout are counted in tenths of a second."""
    return plant.device(name, unit, link=link, model=model, period_ms=period_ms, timeout_ms=timeout_ms)


THREE = [device(name, unit, link="line") for unit, name in enumerate("abc", 1)]


def rtu_peer(units: Iterable[int]) -> ModbusPeer:
    peer = ModbusPeer(units)
    peer.rtu = True
    return peer


async def test_several_units_share_a_line(tmp_path: Path) -> None:
    scans = Scans()
    peer = rtu_peer({1, 2, 3})
    async with PtyWire(peer, tmp_path) as wire, polling([serial_link(wire.path)], THREE, scans):
        await scans.until(lambda: all(len(scans.good(name)) >= 3 for name in "abc"))
    for unit, name in enumerate("abc", 1):
        assert {scan.answers[0].data for scan in scans.good(name)} == {image(unit, 0, 40)}


async def test_a_dead_unit_between_two_live_ones_costs_them_nothing(tmp_path: Path) -> None:
    """Share 0.1 and 0.2 s an attempt: one attempt at once and then one every two seconds."""
    scans = Scans()
    peer = rtu_peer({1, 3})
    devices = [device(name, unit, link="line", period_ms=500) for unit, name in enumerate("abc", 1)]
    async with PtyWire(peer, tmp_path) as wire, polling([serial_link(wire.path)], devices, scans) as poller:
        began = time.monotonic()
        await scans.until(lambda: len(scans.of("c")) >= 6)
        elapsed = time.monotonic() - began
        assert poller.silent_devices() == ("b",)
        assert poller.link_status()[0].late_polls == 0
    assert set(scans.faults("a")) == set(scans.faults("c")) == {None}
    assert set(scans.faults("b")) == {Fault.NO_ANSWER}
    assert len(scans.of("b")) >= 5, "a device that is not asked still yields a scan"
    attempt_s = 0.2
    healthy_failures = 2
    assert len(peer.asked(2)) * attempt_s <= 0.1 * elapsed + attempt_s + healthy_failures * attempt_s


async def test_a_dead_unit_that_answers_is_healthy_at_once(tmp_path: Path) -> None:
    scans = Scans()
    peer = rtu_peer({1, 3})
    with capture_logs() as logs:
        async with PtyWire(peer, tmp_path) as wire, polling([serial_link(wire.path)], THREE, scans) as poller:
            await scans.until(lambda: scans.faults("b")[-2:] == [Fault.NO_ANSWER] * 2)
            peer.units.add(2)
            await scans.next("b")
            asked = len(peer.asked(2))
            await scans.until(lambda: len(scans.good("b")) >= 3)
            assert poller.silent_devices() == ()
    assert len(peer.asked(2)) >= asked + 2
    assert [entry["event"] for entry in logs] == ["device silent", "device answers again"]
    assert logs[1]["polls"] == scans.faults("b").count(Fault.NO_ANSWER)


async def test_a_device_that_ignores_some_registers_is_reported_once() -> None:
    scans = Scans()
    peer = rtu_peer({1})
    peer.always(1, lambda p, r: [] if r.start == 100 else [(0.0, r.wrap(p.answer(r)))])
    one = device("a", model=profile([field(0), field(100)]))
    with capture_logs() as logs:
        async with (
            TcpWire(peer) as wire,
            polling([tcp_link(wire.port, rtu=True, dead_share=0.5)], [one], scans),
        ):
            await scans.until(lambda: len(scans.of("a")) >= 4)
    assert [answer.fault for answer in scans.of("a")[0].answers] == [None, Fault.NO_ANSWER]
    assert [entry["event"] for entry in logs] == ["device silent"]


_APART_S = 0.005


class Sluggish:
    """An instrument that does one thing after the other; its answers carry the number of the request.

    They leave a few milliseconds apart: two timers of one instant may go off in either order.
    """

    def __init__(self, delays_s: Iterable[float]) -> None:
        self._delays_s = iter(delays_s)
        self._free_s = 0.0
        self.asked = 0

    def __call__(self, _: ModbusPeer, request: Request) -> list[Step]:
        self.asked += 1
        now_s = time.monotonic()
        self._free_s = max(self._free_s + _APART_S, now_s) + next(self._delays_s, 0.0)
        pdu = bytes((request.function, 2 * request.count)) + struct.pack(">H", self.asked) * request.count
        return [(max(self._free_s - now_s, 1e-4), request.wrap(pdu))]


class Freshness(Scans):
    """Notes each good scan that is not the answer to the last request of its instrument."""

    def __init__(self, instruments: dict[str, Sluggish]) -> None:
        super().__init__()
        self.stale: list[tuple[str, int, int]] = []
        self._instruments = instruments

    def __call__(self, scan: RawScan) -> None:
        instrument = self._instruments.get(scan.device)
        if instrument is not None and scan.answers[0].fault is None:
            (number,) = struct.unpack(">H", scan.answers[0].data[:2])
            if number != instrument.asked:
                self.stale.append((scan.device, number, instrument.asked))
        super().__call__(scan)


LATENESS_S = [[0.11], [0.15], [0.2], [0.22], [0.25], [0.31], [0.4], [0.5], [0.75]]
"""Timeout and quiet time are 0.1 s each: a late answer falls into every phase that follows."""

BY_CHANCE_S = [random.Random(seed).choices([0.0, 0.0, 0.09, 0.15, 0.25, 0.4], k=6) for seed in range(9)]


@pytest.mark.parametrize("delays", [LATENESS_S, BY_CHANCE_S], ids=["once", "by chance"])
async def test_a_late_answer_is_never_taken_for_the_next(delays: list[list[float]]) -> None:
    """On each of several lines, a late device and a prompt one."""
    slow = {f"slow-{n}": Sluggish(each) for n, each in enumerate(delays)}
    scans = Freshness(slow)
    links, devices = [], []
    async with AsyncExitStack() as stack:
        for name, instrument in slow.items():
            peer = rtu_peer({1, 2})
            peer.always(1, instrument)
            wire = await stack.enter_async_context(TcpWire(peer))
            links.append(tcp_link(wire.port, rtu=True, dead_share=0.5, name=name))
            devices += [device(name, 1, link=name), device(f"prompt-{name}", 2, link=name)]
        async with polling(links, devices, scans):
            await scans.until(
                lambda: all(one.asked > 6 and len(scans.good(name)) >= 3 for name, one in slow.items())
            )
    assert scans.stale == []
    for name in slow:
        assert {scan.answers[0].data for scan in scans.good(f"prompt-{name}")} == {image(2, 0, 40)}
        assert set(scans.faults(f"prompt-{name}")[1:]) == {None}


async def test_a_device_with_one_answer_to_everything_is_heard_again_after_a_timeout() -> None:
    """Like the Escort TD-500, which answers any read with the same eight bytes."""
    scans = Scans()
    peer = rtu_peer({1})
    eight = bytes.fromhex("03 08 15 00 01 00 00 00 00 00")
    peer.always(1, lambda _, request: [(0.0, request.wrap(eight))])
    model = profile([field(0), field(2)])
    async with (
        TcpWire(peer) as wire,
        polling([tcp_link(wire.port, rtu=True, dead_share=0.5)], [device("a", model=model)], scans),
    ):
        await scans.next("a")
        peer.script(silent, silent)
        await scans.next("a", Fault.NO_ANSWER)
        scan = await scans.next("a")
    assert scan.answers[0].data == eight[2:]


async def test_half_a_frame_is_garbled_and_the_next_poll_is_good() -> None:
    scans = Scans()
    peer = rtu_peer({1})
    async with (
        TcpWire(peer) as wire,
        polling([tcp_link(wire.port, rtu=True, dead_share=0.5)], [device("a")], scans),
    ):
        await scans.next("a")
        for _ in range(2):
            peer.script(lambda p, request: [(0.0, request.wrap(p.answer(request))[:30])])
        await scans.next("a", Fault.GARBLED)
        scan = await scans.next("a")
    assert scan.answers[0].data == image(1, 0, 40)


async def test_a_slow_line_gets_the_time_its_bytes_need(tmp_path: Path) -> None:
    """At 1200 baud the 85 bytes of twenty floats take 0.78 s, whatever the device's own patience."""
    scans = Scans()
    peer = rtu_peer({1})
    peer.delay_s = 0.4
    async with PtyWire(peer, tmp_path) as wire:
        line = serial_link(wire.path)
        slow = type(line)(
            **{name: getattr(line, name) for name in line.__struct_fields__ if name != "baud"}, baud=1200
        )
        one = device("a", link="line", period_ms=1000, timeout_ms=100)
        async with polling([slow], [one], scans):
            await scans.until(lambda: len(scans.of("a")) >= 1)
    assert scans.faults("a") == [None]


async def test_a_noisy_line_delays_nobody_for_ever(tmp_path: Path) -> None:
    """A line that never falls silent ends the quiet time by its bound."""
    scans = Scans()
    peer = rtu_peer({2})
    devices = [device("a", 1, link="line", period_ms=500), device("b", 2, link="line", period_ms=500)]
    async with PtyWire(peer, tmp_path) as wire, polling([serial_link(wire.path)], devices, scans):
        noise = asyncio.create_task(_babble(wire), name="noise")
        try:
            await scans.until(lambda: len(scans.good("b")) >= 3)
        finally:
            noise.cancel()
    assert set(scans.faults("a")) <= {Fault.GARBLED, Fault.NO_ANSWER}


async def _babble(wire: PtyWire) -> None:
    while True:
        wire.send(b"\x55")
        await asyncio.sleep(0.02)
