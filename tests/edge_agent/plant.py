"""Links, devices and profiles for the tests of polling, and a sink that can be waited on."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from edge_agent.poll import Poller
from edge_agent.samples import Fault, Instant, RawScan
from edge_agent.settings import Device, Link, PollTable
from sensor_profiles.model import (
    Channel,
    Encoding,
    Field,
    Profile,
    Source,
    Space,
    StatusField,
    Timing,
)
from wire.quantities import Quantity

DEADLINE_S = 15.0


def now() -> Instant:
    return Instant(int(time.time() * 1000), int(time.monotonic() * 1000))


def tcp_link(port: int, *, rtu: bool = False, dead_share: float = 0.1, name: str = "lan") -> Link:
    return Link(name, None, 9600, 8, "N", 1, "127.0.0.1", port, rtu, dead_share)


def serial_link(path: Path, *, dead_share: float = 0.1, name: str = "line") -> Link:
    return Link(name, str(path), 115200, 8, "N", 1, None, 0, False, dead_share)


def field(address: int, encoding: Encoding = Encoding.F32, space: Space = Space.HOLDING) -> Field:
    return Field(space=space, address=address, encoding=encoding)


def channel(where: Field, status: str | None = None) -> Channel:
    return Channel(
        name=f"{where.space}-{where.address}", quantity=Quantity.TEMPERATURE, field=where, status=status
    )


def profile(
    fields: Sequence[Field],
    *,
    protocol: str = "modbus",
    max_hole: int = 0,
    max_registers: int = 125,
    frame_bytes: int | None = None,
    statuses: tuple[StatusField, ...] = (),
) -> Profile:
    return Profile(
        name="test_profile",
        vendor="Test",
        model="T1",
        title="",
        grade="A",
        protocol=protocol,
        timing=Timing(gap_ms=2),
        max_hole=max_hole,
        max_registers=max_registers,
        frame_bytes=frame_bytes,
        channels=tuple(channel(where) for where in fields),
        statuses=statuses,
        sources=(Source(title="none", where="a test"),),
    )


TWENTY_FLOATS = profile([field(2 * n) for n in range(20)])


def device(
    name: str,
    unit: int = 1,
    *,
    link: str = "lan",
    model: Profile = TWENTY_FLOATS,
    period_ms: int = 100,
    timeout_ms: int = 60,
) -> Device:
    return Device(name, link, model, unit, period_ms, timeout_ms, model.channels)


class Scans:
    """A sink; every scan ends the waiting of whoever waits for something to become true."""

    def __init__(self) -> None:
        self.all: list[RawScan] = []
        self._changed = asyncio.Event()

    def __call__(self, scan: RawScan) -> None:
        self.all.append(scan)
        self._changed.set()

    def of(self, name: str) -> list[RawScan]:
        return [scan for scan in self.all if scan.device == name]

    def faults(self, name: str) -> list[Fault | None]:
        return [scan.answers[0].fault for scan in self.of(name)]

    def good(self, name: str) -> list[RawScan]:
        return [scan for scan in self.of(name) if all(answer.fault is None for answer in scan.answers)]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def next(self, name: str, fault: Fault | None = None) -> RawScan:
        """The first scan after now whose first answer has this fault."""
        seen = len(self.all)
        await self.until(
            lambda: any(s.device == name and s.answers[0].fault is fault for s in self.all[seen:])
        )
        return next(s for s in self.all[seen:] if s.device == name and s.answers[0].fault is fault)


@asynccontextmanager
async def polling(
    links: Sequence[Link],
    devices: Sequence[Device],
    scans: Scans,
    clock: Callable[[], Instant] = now,
    *,
    poll: PollTable = PollTable(),  # noqa: B008  # frozen
) -> AsyncIterator[Poller]:
    """Run a poller; on leaving it must stop within its bound."""
    poller = Poller(links, devices, clock, scans, random.Random(7), poll=poll)
    stop = asyncio.Event()
    task = asyncio.create_task(poller.run(stop), name="poller")
    try:
        yield poller
    finally:
        stop.set()
        await asyncio.wait_for(task, 4.0)
