"""The agent, wired. START READING HERE: this is the only module that knows the order of the stages.

    instrument ─▶ driver ─▶ poll ─▶ RawScan ─▶ decode ─▶ DecodedScan ─▶ validate ─▶ Scan ─┐
                                                                                         │ 4 times a second
            collector ◀══ MQTT ══ publish ◀── batches in order ── outbox (on disk) ◀─────┘
                └══ receipt ══════▶ publish ──▶ outbox deletes

Three tasks run side by side and share nothing but the outbox: `poll` fills the intake, `write` empties it to
disk, `publish` carries what is on disk. To stop, each finishes before the next: the polls under way, the last
write, then the publisher, which has three seconds to bring the rest. What it cannot bring stays on disk.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from edge_agent import health
from edge_agent.clock import GatewayClock
from edge_agent.decode import Decoder
from edge_agent.outbox import Outbox
from edge_agent.poll import Poller
from edge_agent.publish import Publisher
from edge_agent.samples import Depth, Instant, Pending, RawScan, Scan
from edge_agent.settings import Device, Plant
from edge_agent.validate import Validator
from wire import service
from wire.messages import Clock, Status
from wire.topics import Gateway

T = TypeVar("T")
WRITE_EVERY_S: Final = 0.25
"""One commit a tick: the devices of a tick answer within this time, and a flash card is written four times a
second at most."""
SETTLE_EVERY_S: Final = 5.0
"""How often the service manager hears from us, and readings that wait for a clock are looked at."""
BRING_S: Final = 3.2
"""How long the publisher may go on after the last write; a little more than it takes by itself."""


class Intake:
    """What happens to a poll before it is on disk: decode, then validate."""

    def __init__(self, devices: Sequence[Device], clock: GatewayClock) -> None:
        self._clock = clock
        self._decode = {d.name: Decoder(d.channels, d.profile.statuses).decode for d in devices}
        self._validate = {d.name: Validator(d.channels).validate for d in devices}
        self._scans: list[Scan] = []
        self.arrived = asyncio.Event()
        self.taken = 0
        """Readings that have a value, since the start."""

    def __call__(self, raw: RawScan) -> None:
        decoded = self._decode[raw.device](raw)
        self.taken += len(decoded.values) - decoded.values.count(None)
        self._scans.append(self._validate[raw.device](decoded, self._clock.state()))
        self.arrived.set()

    def empty(self) -> list[Scan]:
        """Everything that has come since the last call."""
        scans, self._scans = self._scans, []
        self.arrived.clear()
        return scans


class DiskThread:
    """The outbox, awaited: one thread of its own, so that a slow disk never delays a poll."""

    def __init__(self, outbox: Outbox, executor: ThreadPoolExecutor) -> None:
        self._outbox = outbox
        self._executor = executor

    @property
    def epoch(self) -> str:
        """Of the database in use."""
        return self._outbox.epoch

    async def append(self, scans: Sequence[Scan], names: Mapping[str, tuple[str, ...]]) -> int | None:
        return await self._call(self._outbox.append, scans, names)

    async def settle(self, now: Instant, clock: Clock, wait_ms: int) -> int:
        return await self._call(self._outbox.settle, now, clock, wait_ms)

    async def pending(self, after_seq: int, limit_batches: int, limit_bytes: int) -> list[Pending]:
        return await self._call(self._outbox.pending, after_seq, limit_batches, limit_bytes)

    async def receipted(self, epoch: str, ranges: Sequence[tuple[int, int]]) -> int:
        return await self._call(self._outbox.receipted, epoch, ranges)

    async def depth(self) -> Depth:
        return await self._call(self._outbox.depth)

    async def _call(self, action: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, action, *arguments)


async def run(plant: Plant, outbox: Outbox, clock: GatewayClock, stop: asyncio.Event) -> None:
    """Poll, keep and publish until `stop` is set, then end within five seconds, whatever the broker does.

    Raises:
        UnknownProtocolError: a profile's protocol has no driver.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="outbox") as executor:
        await _Agent(plant, DiskThread(outbox, executor), clock).serve(stop)


class _Agent:
    """The tasks and what they share."""

    def __init__(self, plant: Plant, disk: DiskThread, clock: GatewayClock) -> None:
        chance = random.Random()  # noqa: S311  # spreads reconnections; keeps no secret
        self._disk, self._clock = disk, clock
        self._wait_ms = round(plant.clock.wait_s * 1000)
        self._names = {d.name: tuple(channel.name for channel in d.channels) for d in plant.devices}
        self._intake = Intake(plant.devices, clock)
        self._poller = Poller(plant.links, plant.devices, clock.now, self._intake, chance)
        self._publisher = Publisher(
            broker=plant.broker,
            gateway=Gateway(plant.site, plant.gateway),
            about=health.about(plant, disk.epoch, clock.boot_id(), clock.now().wall_ms),
            store=disk,
            status=self._status,
            rng=chance,
            receipt_timeout_s=plant.outbox.receipt_timeout_s,
        )
        self._polled, self._written = asyncio.Event(), asyncio.Event()

    async def serve(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll(stop), name="poll")
            group.create_task(self._write(), name="write")
            publish = group.create_task(self._publisher.run(self._written), name="publish")
            beat = group.create_task(self._beat(), name="beat")
            service.notify(service.Say.READY)
            await stop.wait()
            service.notify(service.Say.STOPPING)
            await self._written.wait()
            await asyncio.wait([publish], timeout=BRING_S if self._publisher.connected else 0)
            publish.cancel()
            beat.cancel()

    async def _poll(self, stop: asyncio.Event) -> None:
        await self._poller.run(stop)
        self._polled.set()
        self._intake.arrived.set()

    async def _write(self) -> None:
        """Empty the intake to disk, a tick at a time, and once more when polling has ended."""
        while not self._polled.is_set():
            await self._intake.arrived.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._polled.wait(), WRITE_EVERY_S)
            scans = self._intake.empty()
            await self._disk.append(scans, self._names)
            self._publisher.nudge()
        self._written.set()

    async def _beat(self) -> None:
        """Tell the service manager that loop and disk still move; let go of readings that got their clock."""
        while True:
            if await self._disk.settle(self._clock.now(), self._clock.state(), self._wait_ms):
                self._publisher.nudge()
            service.notify(service.Say.WATCHDOG)
            await asyncio.sleep(SETTLE_EVERY_S)

    def _status(self) -> Status:
        return health.status(
            self._disk.epoch,
            self._clock.now().wall_ms,
            self._clock.state(),
            taken=self._intake.taken,
            silent=self._poller.silent_devices(),
            links=self._poller.link_status(),
        )
