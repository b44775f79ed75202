"""The agent, wired. START READING HERE: only this module and `judging` know the order of the stages.

    instrument ─▶ driver ─▶ poll ─▶ RawScan ─▶ decode ─▶ DecodedScan ─▶ validate ─▶ Scan ──────┐
                              │                └──────────── judging ─────┐          │         │
                              └─ LinkStatus, every five seconds ─────▶ conditions ◀──┘         │ 4 times
                                                                          └─▶ alarm events ────┤ a second
            collector ◀══ MQTT ══ publish ◀── batches in order ── outbox (on disk) ◀───────────┘
                └══ receipt ══════▶ publish ──▶ outbox deletes

    collector ══ command ═▶ publish ─▶ orders ─▶ judging: obeyed, written, and only then answered
    `edge-agent report --send` ─▶ spool ─▶ publish ══ report ═▶ collector ══ kept ═▶ publish ─▶ spool deletes

A poll that looks wrong brings the next ones of its device sooner.

Alarm events go into the batch of their readings, ahead of them, and what the stages must know after a restart
into the same transaction: killed at any moment, an alarm is neither forgotten nor raised twice.

Three tasks run side by side and share nothing but the outbox: `poll` fills the intake, `write` empties it to
disk, `publish` carries what is on disk. To stop, each finishes before the next: the polls under way, the last
write, then the publisher, which has three seconds to bring the rest. What it cannot bring stays on disk.
"""

import asyncio
import os
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import structlog
from msgspec import Struct

from edge_agent import health
from edge_agent.clock import GatewayClock
from edge_agent.conditions import StateMisfitError
from edge_agent.health import record as health_record
from edge_agent.health.record import Record, Uplink
from edge_agent.judging import Judging, suspicious
from edge_agent.orders import ORDERS, Orders, Verdict
from edge_agent.outbox import Outbox
from edge_agent.poll import Poller
from edge_agent.publish import Publisher
from edge_agent.rollout import Configurations
from edge_agent.samples import Depth, Instant, Pending, RawScan, Scan, Told
from edge_agent.settings import Plant
from edge_agent.spool import Spool, SpoolThread, folder_of
from wire import logs, service
from wire.messages import Clock, Command, CommandAnswer, CommandOutcome, Configure, LinkStatus, Status
from wire.topics import Gateway

T = TypeVar("T")
_log = structlog.get_logger()
WRITE_EVERY_S: Final = 0.25
"""One commit a tick: the devices of a tick answer within this time, and a flash card is written four times a
second at most."""
SETTLE_EVERY_S: Final = 5.0
"""How often the service manager hears from us, and links and readings that wait for a clock are looked at."""
SAVE_EVERY_MS: Final = 300_000
"""How often all that was learnt is written; the state of alarms is written with every event besides."""
BRING_S: Final = 3.2
"""How long the publisher may go on after the last write; a little more than it takes by itself."""


class Taken(Struct, frozen=True):
    """What is written at once: the state is that after the last of the scans, alarm events and orders."""

    scans: list[Scan]
    alarms: list[Told]
    state: dict[str, bytes]
    saves: int
    """How often it had been asked for the state to be written."""


class Intake:
    """Where polls and the health of links are judged, and wait a moment for the disk."""

    def __init__(self, judging: Judging, orders: Orders, clock: GatewayClock) -> None:
        self._judging, self._orders, self._clock = judging, orders, clock
        self._scans: list[Scan] = []
        self._alarms: list[Told] = []
        self._saved_ms = clock.now().mono_ms
        self.arrived = asyncio.Event()
        self.taken = 0
        """Readings that have a value, since the start."""
        self._saves = self._saves_begun = 0

    def take(self, raw: RawScan) -> bool:
        """Judge a poll and keep it for the disk; True when it looks wrong and a closer look is worth it."""
        scan, alarms = self._judging.scan(raw, self._clock.state())
        self.taken += len(scan.values) - scan.values.count(None)
        self._scans.append(scan)
        self._alarms += alarms
        self.arrived.set()
        return suspicious(scan, alarms) or self._judging.is_pending(scan.device)

    def health(self, links: Sequence[LinkStatus]) -> None:
        """Judge how the links are."""
        if alarms := self._judging.health(self._clock.now(), self._clock.state(), links):
            self._alarms += alarms
            self.arrived.set()

    def save(self) -> int:
        """All state goes with the next write; the number of this wish."""
        self._saves += 1
        self.arrived.set()
        return self._saves

    def empty(self, *, last: bool) -> Taken:
        """Everything that has come since the last call; the `last` one brings all state."""
        taken = Taken(self._scans, self._alarms, self._state(last), self._saves)
        self._scans, self._alarms = [], []
        self.arrived.clear()
        return taken

    def _state(self, last: bool) -> dict[str, bytes]:
        now_ms = self._clock.now().mono_ms
        if last or self._saves > self._saves_begun or now_ms - self._saved_ms >= SAVE_EVERY_MS:
            self._saved_ms, self._saves_begun = now_ms, self._saves
            return self._judging.state() | self._orders.state()
        return self._judging.alarm_state() if self._alarms else {}


class DiskThread:
    """The outbox, awaited: one thread of its own, so that a slow disk never delays a poll."""

    def __init__(self, outbox: Outbox, executor: ThreadPoolExecutor) -> None:
        self._outbox = outbox
        self._executor = executor
        self.on_receipt: Callable[[], None] = lambda: None
        """Called when the collector has said that it has batches of ours."""

    @property
    def epoch(self) -> str:
        """Of the database in use."""
        return self._outbox.epoch

    @property
    def behind(self) -> bool:
        """Whether something that was appended is not on the disk."""
        return self._outbox.behind

    async def append(self, taken: Taken, names: Mapping[str, tuple[str, ...]]) -> int | None:
        return await self._call(self._outbox.append, taken.scans, names, taken.alarms, taken.state)

    async def settle(self, now: Instant, clock: Clock, wait_ms: int) -> int:
        return await self._call(self._outbox.settle, now, clock, wait_ms)

    async def pending(self, after_seq: int, limit_batches: int, limit_bytes: int) -> list[Pending]:
        return await self._call(self._outbox.pending, after_seq, limit_batches, limit_bytes)

    async def receipted(self, epoch: str, ranges: Sequence[tuple[int, int]]) -> int:
        removed = await self._call(self._outbox.receipted, epoch, ranges)
        if removed:
            self.on_receipt()
        return removed

    async def depth(self) -> Depth:
        return await self._call(self._outbox.depth)

    async def record(self, file: Path, record: Record) -> None:
        await self._call(health_record.write, file, record)

    def spool(self, path: str) -> SpoolThread:
        """The reports beside the outbox of this path, by the same thread."""
        return SpoolThread(Spool(folder_of(path)), self._executor)

    async def _call(self, action: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, action, *arguments)


async def run(
    configurations: Configurations, outbox: Outbox, clock: GatewayClock, stop: asyncio.Event
) -> None:
    """Poll, keep and publish until `stop` is set, then end within five seconds, whatever the broker does.

    When the configuration changes, all stages end in order and begin anew over the same outbox, within about
    a second; polls go on where they were.

    Raises:
        UnknownProtocolError: a profile's protocol has no driver.
    """
    configurations.resume(clock.now, clock.boot_id())
    owed: Mapping[str, int] = {}
    with ThreadPoolExecutor(1, thread_name_prefix="outbox") as executor:
        while not stop.is_set():
            configurations.changed.clear()
            agent = _Agent(configurations, outbox, DiskThread(outbox, executor), clock, owed)
            owed = await agent.serve(stop)
            if configurations.changed.is_set():
                logs.configure(configurations.plant.log_level)


async def _either(*events: asyncio.Event) -> None:
    """Wait until one of them is set."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(event.wait(), name="either") for event in events]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


def resumed(plant: Plant, outbox: Outbox) -> Judging:
    """The deciding stages as the last run left them; what of it does not fit is set aside."""
    judging = Judging(plant)
    for stage, why in judging.restore(outbox.state()).items():
        _set_aside(outbox, stage, why)
    return judging


def remembered(
    plant: Plant, judging: Judging, outbox: Outbox, configure: Callable[[Configure], Verdict | None]
) -> Orders:
    """The orders that the last run obeyed; they are not obeyed again."""
    orders = Orders((device.name for device in plant.devices), judging, configure)
    try:
        if saved := outbox.state().get(ORDERS):
            orders.restore(saved)
    except StateMisfitError as error:
        _set_aside(outbox, ORDERS, str(error))
    return orders


def _set_aside(outbox: Outbox, stage: str, why: str) -> None:
    key = outbox.set_state_aside(stage)
    _log.error("state does not fit; set aside, this stage begins anew", stage=stage, reason=why, kept_as=key)


class _Agent:
    """The tasks and what they share."""

    def __init__(
        self,
        configurations: Configurations,
        outbox: Outbox,
        disk: DiskThread,
        clock: GatewayClock,
        owed: Mapping[str, int],
    ) -> None:
        """`owed` is where polling stopped under another configuration."""
        chance = random.Random()  # noqa: S311  # spreads reconnections; keeps no secret
        self._configurations, plant = configurations, configurations.plant
        judging = resumed(plant, outbox)
        orders = remembered(plant, judging, outbox, self._configure)
        self._disk, self._clock = disk, clock
        self._wait_ms = round(plant.clock.wait_s * 1000)
        self._names = {d.name: tuple(channel.name for channel in d.channels) for d in plant.devices}
        self._judging = judging
        self._orders = orders
        self._intake = Intake(judging, orders, clock)
        self._poller = Poller(
            plant.links, plant.devices, clock.now, self._arrived, chance, poll=plant.poll, owed=owed
        )
        disk.on_receipt = configurations.receipted
        self._publisher = Publisher(
            broker=plant.broker,
            gateway=Gateway(plant.site, plant.gateway),
            about=health.about(plant, disk.epoch, clock.boot_id(), clock.now().wall_ms),
            store=disk,
            reports=disk.spool(plant.outbox.path),
            status=self._status,
            obey=self._obey,
            rng=chance,
            receipt_timeout_s=plant.outbox.receipt_timeout_s,
        )
        self._polled, self._written = asyncio.Event(), asyncio.Event()
        self._saved, self._saving = 0, asyncio.Condition()
        self._record_file = health_record.file_of(plant.outbox.path)
        self._recorded: Record | None = None

    async def serve(self, stop: asyncio.Event) -> dict[str, int]:
        """Until `stop` is set or another configuration is to be taken up; the polls owed then."""
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll(ended), name="poll")
            group.create_task(self._write(), name="write")
            publish = group.create_task(self._publisher.run(self._written), name="publish")
            beat = group.create_task(self._beat(ended), name="beat")
            trial = group.create_task(self._configurations.watch(self._is_line_whole), name="trial")
            service.notify(service.Say.READY)
            await _either(stop, self._configurations.changed)
            if stop.is_set():
                service.notify(service.Say.STOPPING)
            ended.set()
            await self._polled_and_written(publish, stop)
            for task in (publish, beat, trial):
                task.cancel()
        return self._poller.owed()

    async def _polled_and_written(self, publish: asyncio.Task[None], stop: asyncio.Event) -> None:
        """Everything is on disk; where this is the end, the publisher has had a moment for the rest."""
        await self._written.wait()
        if stop.is_set():
            await asyncio.wait([publish], timeout=BRING_S if self._publisher.connected else 0)

    async def _is_line_whole(self) -> bool:
        return self._publisher.connected and not (await self._disk.depth()).batches

    def _configure(self, order: Configure) -> Verdict | None:
        if said := self._configurations.said(order.version):
            return Verdict(CommandOutcome.DONE if said.done else CommandOutcome.REFUSED, said.sentence)
        refusal = self._configurations.begin(order)
        return Verdict(CommandOutcome.REFUSED, refusal) if refusal else None

    def _arrived(self, raw: RawScan) -> None:
        if self._intake.take(raw):
            self._poller.hurry(raw.device)

    async def _poll(self, stop: asyncio.Event) -> None:
        await self._poller.run(stop)
        self._polled.set()
        self._intake.arrived.set()

    async def _write(self) -> None:
        """Empty the intake to disk, a tick at a time, and once more when polling has ended."""
        last = False  # known before the write: what comes during it is written by another
        while not last:
            await self._intake.arrived.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._polled.wait(), WRITE_EVERY_S)
            last = self._polled.is_set()
            taken = self._intake.empty(last=last)
            await self._disk.append(taken, self._names)
            self._publisher.nudge()
            if not self._disk.behind:
                await self._note_saved(taken.saves)
        self._written.set()

    async def _note_saved(self, number: int) -> None:
        if number > self._saved:
            self._saved = number
            async with self._saving:
                self._saving.notify_all()

    async def _obey(self, command: Command) -> CommandAnswer:
        """Carry a command out; when this returns, a kill does not undo it."""
        now = self._clock.now()
        while (answer := self._orders.obey(command, now, self._clock.state())) is None:
            await self._configurations.settled()
        _log.info("command", id=command.id, by=command.by, outcome=answer.outcome, says=answer.says)
        if answer.outcome is CommandOutcome.DONE:
            number = self._intake.save()
            async with self._saving:
                await self._saving.wait_for(lambda: self._saved >= number)
        return answer

    async def _beat(self, stop: asyncio.Event) -> None:
        """Tell the service manager that loop, disk and polling still move; look at clock and links.

        Links are not judged before they had a moment to open, nor while they are being closed.
        """
        while True:
            if await self._disk.settle(self._clock.now(), self._clock.state(), self._wait_ms):
                self._publisher.nudge()
            if self._poller.is_moving(self._clock.now()):
                service.notify(service.Say.WATCHDOG)
            await asyncio.sleep(SETTLE_EVERY_S)
            if not stop.is_set():
                self._intake.health(self._poller.link_status())
                await self._record()

    async def _record(self) -> None:
        """Leave word of how we are for whoever stands at the gateway."""
        received_ms, sent_ms = self._publisher.last_receipt
        uplink = Uplink(
            connected=self._publisher.connected,
            trouble=self._publisher.trouble,
            receipt_ms=received_ms,
            collector_ms=sent_ms,
        )
        record = Record(pid=os.getpid(), status=self._status(), uplink=uplink)
        if record.differs(self._recorded):
            self._recorded = record
            await self._disk.record(self._record_file, record)

    def _status(self) -> Status:
        return health.status(
            self._disk.epoch,
            self._clock.now().wall_ms,
            self._clock.state(),
            taken=self._intake.taken,
            silent=self._poller.silent_devices(),
            links=self._poller.link_status(),
            mode=self._judging.mode.mode,
            mode_until_ms=self._judging.mode.until_ms,
            learning=self._judging.learning(),
            config_version=self._configurations.version,
        )
