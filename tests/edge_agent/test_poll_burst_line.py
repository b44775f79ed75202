"""Burst polling on a real line: what it brings, and that the neighbours do not notice."""

import asyncio
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge_agent.poll import Poller
from edge_agent.samples import Fault, RawScan
from edge_agent.settings import Device, PollTable
from sensor_profiles.model import Timing
from tests.edge_agent import plant
from tests.edge_agent.peer import ModbusPeer, PtyWire, silent
from tests.edge_agent.plant import TWENTY_FLOATS, Scans, now, polling, serial_link

pytestmark = pytest.mark.system
PERIOD_MS = 2000
QUICK = PollTable(burst_every_s=0.2, burst_for_s=10.0)
EAGER = replace(TWENTY_FLOATS, timing=Timing(gap_ms=2, min_period_ms=100))


def device(name: str, unit: int) -> Device:
    return plant.device(name, unit, link="line", model=EAGER, period_ms=PERIOD_MS, timeout_ms=60)


def rtu_peer(*units: int) -> ModbusPeer:
    peer = ModbusPeer(units)
    peer.rtu = True
    return peer


class Gauges:
    """Instruments on a peer whose registers all show one number, which can be changed."""

    def __init__(self, peer: ModbusPeer, *units: int) -> None:
        self.shown = 0
        for unit in units:
            peer.always(unit, lambda _, request: [(0.0, request.wrap(self._pdu(request.count)))])

    def _pdu(self, count: int) -> bytes:
        return bytes((3, 2 * count)) + struct.pack(">H", self.shown) * count


class Watching(Scans):
    """A sink that hurries one device as soon as a scan of it shows another number than at first."""

    poller: Poller | None = None

    def __init__(self, odd: str) -> None:
        super().__init__()
        self.odd = odd

    def __call__(self, scan: RawScan) -> None:
        if self.poller is not None and scan.device == self.odd and any(scan.answers[0].data):
            self.poller.hurry(scan.device)
        super().__call__(scan)


def showing(scans: Scans, name: str, number: int) -> list[int]:
    """When scans that show a number were taken, wall milliseconds."""
    wanted = struct.pack(">H", number)
    return [scan.taken.wall_ms for scan in scans.good(name) if scan.answers[0].data[:2] == wanted]


def is_regular(scan: RawScan) -> bool:
    return scan.taken.wall_ms % PERIOD_MS < 100


async def test_the_second_look_at_a_change_does_not_wait_for_the_next_tick(tmp_path: Path) -> None:
    """Two alike; the sink hurries one of them when it sees the change."""
    peer, scans = rtu_peer(1, 2), Watching("with")
    gauges = Gauges(peer, 1, 2)
    devices = [device("with", 1), device("without", 2)]
    async with (
        PtyWire(peer, tmp_path) as wire,
        polling([serial_link(wire.path)], devices, scans, poll=QUICK) as scans.poller,
    ):
        await scans.until(lambda: bool(scans.good("without")))
        gauges.shown, changed_ms = 7, now().wall_ms
        await scans.until(lambda: len(showing(scans, "without", 7)) >= 2)
    second = {name: showing(scans, name, 7)[1] - changed_ms for name in ("with", "without")}
    first = showing(scans, "with", 7)[0] - changed_ms
    print(f"change to second scan: {second['with']} ms with burst, {second['without']} ms without")  # noqa: T201
    assert 199 <= second["with"] - first < 400, "200 ms later, each told in whole milliseconds"
    assert second["without"] >= PERIOD_MS


async def test_a_burst_makes_no_regular_poll_late_and_leaves_the_dead_alone(tmp_path: Path) -> None:
    """One is odd, one is in order, one is dead; and the odd one fails to answer now and then."""
    peer, scans = rtu_peer(1, 2), Scans()
    devices = [device(name, unit) for unit, name in enumerate(("odd", "even", "dead"), 1)]
    async with (
        PtyWire(peer, tmp_path) as wire,
        polling([serial_link(wire.path)], devices, scans, poll=QUICK) as poller,
    ):
        await scans.until(lambda: bool(scans.of("dead")))
        for name in ("odd", "dead"):
            poller.hurry(name)
        await scans.until(lambda: len(scans.of("odd")) >= 5)
        peer.script(silent)
        await scans.until(lambda: len(scans.of("even")) >= 4)
        status, silent_ones = poller.link_status()[0], poller.silent_devices()
    assert (status.late_polls, silent_ones) == (0, ("dead",))
    assert [scan for scan in scans.of("even") if not is_regular(scan)] == []
    extra = [scan for scan in scans.of("odd") if not is_regular(scan)]
    assert len(extra) >= 10
    assert set(scans.faults("odd")) == set(scans.faults("even")) == {None}, "a burst poll decides nothing"
    ticks = [scan.taken.wall_ms for scan in scans.of("even")]
    assert all(abs(b - a - PERIOD_MS) < 100 for a, b in pairwise(ticks))
    assert set(scans.faults("dead")) == {Fault.NO_ANSWER}
    assert len(peer.asked(3)) <= 1 + len(scans.of("dead")), "twice at first, then once a tick"


async def test_hurry_wakes_a_line_that_sleeps(tmp_path: Path) -> None:
    peer, scans = rtu_peer(1), Scans()
    async with (
        PtyWire(peer, tmp_path) as wire,
        polling([serial_link(wire.path)], [device("a", 1)], scans, poll=QUICK) as poller,
    ):
        await scans.next("a")
        await asyncio.sleep(0.5)  # the line is asleep until its next tick, more than a second from now
        called_ms = now().wall_ms
        poller.hurry("a")
        scan = await scans.next("a")
        with pytest.raises(KeyError):
            poller.hurry("b")
    assert scan.taken.wall_ms - called_ms < 100
