"""One link: at each tick its due devices are read in order, and each of them yields a scan whatever happens.

    tick ─▶ due devices in order ─▶ sleep until the next tick, the next burst poll, or `hurry`
               └─▶ one burst poll, if it ends before the next tick ─▶ …

A device that is backed off, or whose link is down, yields its faults at once: never an old value, never
nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from operator import attrgetter

import structlog

from edge_agent.drivers import (
    BusyError,
    DriverError,
    GarbledError,
    LinkDownError,
    NoAnswerError,
    Port,
    RefusedError,
    find,
)
from edge_agent.poll import blocks
from edge_agent.poll.bell import Bell
from edge_agent.poll.budget import Budget, order
from edge_agent.poll.burst import Burst
from edge_agent.poll.bus import Bus
from edge_agent.poll.polled import Polled
from edge_agent.samples import Answer, Block, Fault, Instant, RawScan
from edge_agent.settings import Device, Link, PollTable
from wire.messages import LinkStatus

START_MS = 100
"""How long links get to open before the first tick, so that an agent does not begin with a false fault."""
STALL_MS = 30_000
"""A link that owes its next step for so long, beside the time answers may take, does not move any more."""
_WAITS = 4
"""Answers waited for in one step at most: a late one, the request, the request again, quiet time after it."""

_BURSTS = "bursts"
"""All of them wait in one place: whose turn it is, is decided before the budget is asked."""
Ask = Callable[[Polled, Block], Awaitable[bytes]]
"""How a block is asked for."""


class PlanChangedError(Exception):
    """The device is planned anew: begin this poll again."""


class LinkPoller:
    """Polls the devices of one link."""

    def __init__(
        self,
        *,
        link: Link,
        devices: Sequence[Device],
        port: Port,
        bell: Bell,
        now: Callable[[], Instant],
        sink: Callable[[RawScan], None],
        poll: PollTable,
        owed: Mapping[str, int],
    ) -> None:
        self.link = link
        self._owed_ticks = owed
        self.port = port
        self._bell = bell
        self._now = now
        self._sink = sink
        started = now()
        self._polled = [
            Polled(
                device,
                find(device.profile.protocol),
                Burst(poll, device.profile.timing.min_period_ms),
                started,
                device.plain_password(),
            )
            for device in devices
        ]
        self._bus = Bus(port, link.baud if link.host is None else None)
        self._budget = self._new_budget()
        self._bursts = self._new_bursts(poll)
        self._pause_ms = round(poll.burst_every_s * 1000)
        self._paused_ms = started.mono_ms
        self._asleep: asyncio.Future[None] | None = None
        self._late_polls = 0
        self._load = 0.0
        self._measured = (0.0, 0.0)
        self._undone: Sequence[Polled] = ()
        self._owed_ms = started.mono_ms
        self._patience_ms = STALL_MS + _WAITS * max((device.timeout_ms for device in devices), default=0)
        self._log = structlog.get_logger().bind(link=link.name)

    def _new_budget(self) -> Budget:
        dearest_s = max((self._bus.cost_s(polled) for polled in self._polled), default=0.0)
        shortest_s = min((polled.device.period_ms / 1000 for polled in self._polled), default=0.0)
        return Budget(self.link.dead_share, max(dearest_s, self.link.dead_share * shortest_s), 0.0)

    def _new_bursts(self, poll: PollTable) -> Budget:
        """Holds what one interval earns beside the dearest poll, so that all of the share can be used."""
        dearest_s = max((self._longest_s(polled, holes=False) for polled in self._polled), default=0.0)
        return Budget(poll.burst_share, dearest_s + poll.burst_share * poll.burst_every_s, 0.0)

    def status(self) -> LinkStatus:
        """How the line is."""
        counts = self._bus.counts
        return LinkStatus(
            name=self.link.name,
            up=self.port.up,
            load=round(self._load, 4),
            requests=counts.requests,
            timeouts=counts.timeouts,
            garbled=counts.garbled,
            refused=counts.refused,
            late_polls=self._late_polls,
        )

    def silent(self) -> tuple[str, ...]:
        """Devices whose last poll brought nothing."""
        return tuple(polled.device.name for polled in self._polled if polled.silent)

    def is_moving(self, now: Instant) -> bool:
        """Whether polling goes on: it sleeps until an instant to come, or was a step further just now."""
        return not self._polled or now.mono_ms - self._owed_ms <= self._patience_ms

    def owed(self) -> dict[str, int]:
        """The next tick of each device that has not led to a scan, wall milliseconds."""
        undone = {polled.device.name: polled.device.period_ms for polled in self._undone}
        return {
            polled.device.name: polled.grid.due_ms - undone.get(polled.device.name, 0)
            for polled in self._polled
        }

    def hurry(self, device: str) -> None:
        """Something looks wrong with this device of the link."""
        polled = next(polled for polled in self._polled if polled.device.name == device)
        polled.burst.hurry(self._now().mono_ms)
        if self._asleep is not None and not self._asleep.done():
            self._asleep.set_result(None)

    async def serve(self) -> None:
        """Poll until the bell is stopped; the first ticks leave the links a moment to open."""
        now = self._now()
        for polled in self._polled:
            polled.grid.lay(Instant(now.wall_ms + START_MS, now.mono_ms + START_MS))
            polled.grid.owe(self._owed_ticks.get(polled.device.name, polled.grid.due_ms))
        if self._owed_ticks:
            await self._bell.at(now.wall_ms + START_MS)
        while self._polled and not self._bell.stopped:
            now = self._now()
            wake_ms = self._wake_ms(now)
            self._owed_ms = now.mono_ms + max(wake_ms - now.wall_ms, 0)
            self._asleep = self._bell.at(wake_ms)
            await self._asleep
            if not self._bell.stopped:
                await self._tick(self._now())
            if not self._bell.stopped:
                await self._burst(self._now())

    def _next_ms(self) -> int:
        return min(polled.grid.due_ms for polled in self._polled)

    def _wake_ms(self, now: Instant) -> int:
        """The next regular or burst poll, wall milliseconds."""
        ahead_ms = now.wall_ms - now.mono_ms
        return min((self._next_ms(), *(slot_ms + ahead_ms for slot_ms, _ in self._slots(now))))

    def _slots(self, now: Instant) -> Iterator[tuple[int, Polled]]:
        """Burst polls before the next tick, monotonic milliseconds."""
        ahead_ms = now.wall_ms - now.mono_ms
        free_ms, line_ms = max(now.mono_ms, self._paused_ms), self._next_ms() - ahead_ms
        for polled in self._polled:
            if polled.burst.is_on(now.mono_ms):
                own_ms, longest_ms = polled.grid.due_ms - ahead_ms, 1000 * self._longest_s(polled)
                slot_ms = polled.burst.slot(free_ms, longest_ms, own_ms, line_ms)
                if slot_ms is not None:
                    yield slot_ms, polled

    async def _tick(self, now: Instant) -> None:
        self._late_polls += sum(polled.grid.skip(now) for polled in self._polled)
        due = [polled for polled in self._polled if polled.grid.take(now)]
        if due:
            self._measure(asyncio.get_running_loop().time())
        self._undone = order(due)
        while self._undone and not self._bell.stopped:
            polled = self._undone[0]
            self._deliver(polled, await self._scan(polled))
            self._undone = self._undone[1:]

    async def _burst(self, now: Instant) -> None:
        """One burst poll, if one is due and affordable; it is the turn of the longest unasked device."""
        due = [polled for slot_ms, polled in self._slots(now) if slot_ms <= now.mono_ms]
        if not due:
            return
        polled = min(due, key=attrgetter("asked_s"))
        if self._bursts.affords(_BURSTS, self._longest_s(polled), asyncio.get_running_loop().time()):
            await self._poll_extra(polled, now)
        else:
            self._paused_ms = now.mono_ms + self._pause_ms

    async def _poll_extra(self, polled: Polled, now: Instant) -> None:
        """Deliver a scan that is whole; one that is not decides nothing, see `burst`."""
        answers: tuple[Answer, ...] = ()
        with suppress(PlanChangedError):
            answers = await self._read(polled, self._ask_extra)
        polled.alive = True
        if answers and all(answer.fault in {None, Fault.REFUSED} for answer in answers):
            self._deliver(polled, RawScan(polled.device.name, now, answers))
        else:
            polled.burst.polled(now.mono_ms, answered=False)

    def _longest_s(self, polled: Polled, *, holes: bool = True) -> float:
        whole = polled.plan
        if not holes:
            whole = blocks.without_holes(whole, polled.device.profile.max_registers)
        return self._bus.longest_s(polled, whole.blocks)

    def _measure(self, now_s: float) -> None:
        """The line's load since the last tick."""
        then_s, busy_s = self._measured
        busy_s, self._measured = self._bus.counts.busy_s - busy_s, (now_s, self._bus.counts.busy_s)
        self._load = min(1.0, busy_s / max(now_s - then_s, 1e-3)) if then_s else 0.0

    def _deliver(self, polled: Polled, scan: RawScan) -> None:
        polled.silent = all(answer.fault not in {None, Fault.REFUSED} for answer in scan.answers)
        if not polled.alive and not polled.polls_in_vain:
            self._log.warning("device silent", device=polled.device.name)
        if polled.alive and polled.polls_in_vain:
            self._log.info("device answers again", device=polled.device.name, polls=polled.polls_in_vain)
        polled.polls_in_vain = 0 if polled.alive else polled.polls_in_vain + 1
        polled.burst.polled(scan.taken.mono_ms, answered=polled.alive and not polled.silent)
        self._sink(scan)

    async def _scan(self, polled: Polled) -> RawScan:
        taken = self._now()
        if not self.port.up:
            return _same(polled, taken, Fault.LINK_DOWN)
        if not polled.alive and not self._affords(polled):
            return _same(polled, taken, Fault.NO_ANSWER)
        try:
            return RawScan(polled.device.name, taken, await self._read(polled, self._ask_twice))
        except PlanChangedError:
            return RawScan(polled.device.name, self._now(), await self._read(polled, self._ask_twice))

    def _affords(self, polled: Polled) -> bool:
        return self._budget.affords(
            polled.device.name, self._bus.cost_s(polled), asyncio.get_running_loop().time()
        )

    async def _read(self, polled: Polled, ask: Ask) -> tuple[Answer, ...]:
        """Every block in turn; after one that failed, the rest is not asked."""
        answers: list[Answer] = []
        fault: Fault | None = None
        for block in polled.plan.blocks:
            answer = Answer(block, fault=fault) if fault else await self._answer(polled, block, ask)
            if answer.fault in {Fault.NO_ANSWER, Fault.GARBLED} and not polled.alive:
                fault = Fault.NO_ANSWER
            elif answer.fault is Fault.LINK_DOWN:
                fault = answer.fault
            answers.append(answer)
        return tuple(answers)

    async def _answer(self, polled: Polled, block: Block, ask: Ask) -> Answer:
        if polled.is_refused(block, asyncio.get_running_loop().time()):
            return Answer(block, fault=Fault.REFUSED)
        self._owed_ms = self._now().mono_ms
        try:
            data = await ask(polled, block)
        except DriverError as error:
            return Answer(block, fault=self._learn(polled, block, error))
        polled.alive = True
        return Answer(block, data)

    def _learn(self, polled: Polled, block: Block, error: DriverError) -> Fault:
        """What a failure says about the device, and what its channels get."""
        match error:
            case LinkDownError():
                return Fault.LINK_DOWN
            case RefusedError():
                polled.alive = True
                self._refused(polled, block, error)
                return Fault.REFUSED
            case BusyError():
                polled.alive = True
                return Fault.NO_ANSWER
            case GarbledError():
                polled.alive = False
                return Fault.GARBLED
            case NoAnswerError():
                polled.alive = False
                return Fault.NO_ANSWER
        raise error

    async def _ask_twice(self, polled: Polled, block: Block) -> bytes:
        """Ask, and ask a healthy device once more if the line has time for it before the next tick."""
        try:
            return await self._ask(polled, block)
        except NoAnswerError:
            if not polled.alive or not self._has_time(polled, block):
                raise
        return await self._ask(polled, block)

    async def _ask(self, polled: Polled, block: Block) -> bytes:
        loop = asyncio.get_running_loop()
        polled.asked_s = started = loop.time()
        try:
            return await self._bus.ask(polled, block)
        except BusyError:
            raise
        except NoAnswerError:
            self._budget.spend(loop.time() - started)
            raise

    async def _ask_extra(self, polled: Polled, block: Block) -> bytes:
        """Once, and whatever it takes is booked to the share of bursts."""
        loop = asyncio.get_running_loop()
        polled.asked_s = started = loop.time()
        try:
            return await self._bus.ask(polled, block)
        finally:
            self._bursts.spend(loop.time() - started)

    def _has_time(self, polled: Polled, block: Block) -> bool:
        return self._now().wall_ms + 1000 * self._bus.timeout_s(polled, block) <= self._next_ms()

    def _refused(self, polled: Polled, block: Block, error: RefusedError) -> None:
        now_s = asyncio.get_running_loop().time()
        log = partial(self._log.warning, device=polled.device.name, code=error.code, block=_text(block))
        if polled.refused(block, error, now_s):
            log("device refuses to read holes; reading without them from now on")
            raise PlanChangedError
        if polled.is_refused(block, now_s):
            log("device refuses these registers; asked again in an hour")


def _same(polled: Polled, taken: Instant, fault: Fault) -> RawScan:
    return RawScan(
        polled.device.name, taken, tuple(Answer(block, fault=fault) for block in polled.plan.blocks)
    )


def _text(block: Block) -> str:
    return f"{block.space} {block.start}–{block.start + block.count - 1}"
