"""One link: at each tick its due devices are read in order, and each of them yields a scan whatever happens.

A device that is backed off, or whose link is down, yields its faults at once: never an old value, never
nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

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
from edge_agent.poll.bell import Bell
from edge_agent.poll.budget import Budget, order
from edge_agent.poll.bus import Bus
from edge_agent.poll.polled import Polled
from edge_agent.samples import Answer, Block, Fault, Instant, RawScan
from edge_agent.settings import Device, Link
from wire.messages import LinkStatus

START_MS = 100
"""How long links get to open before the first tick, so that an agent does not begin with a false fault."""


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
    ) -> None:
        self.link = link
        self.port = port
        self._bell = bell
        self._now = now
        self._sink = sink
        started = now()
        self._polled = [Polled(device, find(device.profile.protocol), started) for device in devices]
        self._bus = Bus(port, link.baud if link.host is None else None)
        self._budget = self._new_budget()
        self._late_polls = 0
        self._load = 0.0
        self._measured = (0.0, 0.0)
        self._log = structlog.get_logger().bind(link=link.name)

    def _new_budget(self) -> Budget:
        dearest_s = max((self._bus.cost_s(polled) for polled in self._polled), default=0.0)
        shortest_s = min((polled.device.period_ms / 1000 for polled in self._polled), default=0.0)
        return Budget(self.link.dead_share, max(dearest_s, self.link.dead_share * shortest_s), 0.0)

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

    async def serve(self) -> None:
        """Poll until the bell is stopped; the first ticks leave the links a moment to open."""
        now = self._now()
        for polled in self._polled:
            polled.grid.lay(Instant(now.wall_ms + START_MS, now.mono_ms + START_MS))
        while self._polled and not self._bell.stopped:
            await self._bell.until(min(polled.grid.due_ms for polled in self._polled))
            if not self._bell.stopped:
                await self._tick(self._now())

    async def _tick(self, now: Instant) -> None:
        self._late_polls += sum(polled.grid.skip(now) for polled in self._polled)
        due = [polled for polled in self._polled if polled.grid.take(now)]
        if due:
            self._measure(asyncio.get_running_loop().time())
        for polled in order(due):
            if self._bell.stopped:
                return
            self._deliver(polled, await self._scan(polled))

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
        self._sink(scan)

    async def _scan(self, polled: Polled) -> RawScan:
        taken = self._now()
        if not self.port.up:
            return _same(polled, taken, Fault.LINK_DOWN)
        if not polled.alive and not self._affords(polled):
            return _same(polled, taken, Fault.NO_ANSWER)
        try:
            return RawScan(polled.device.name, taken, await self._read(polled))
        except PlanChangedError:
            return RawScan(polled.device.name, self._now(), await self._read(polled))

    def _affords(self, polled: Polled) -> bool:
        return self._budget.affords(
            polled.device.name, self._bus.cost_s(polled), asyncio.get_running_loop().time()
        )

    async def _read(self, polled: Polled) -> tuple[Answer, ...]:
        """Every block in turn; after one that failed, the rest is not asked."""
        answers: list[Answer] = []
        fault: Fault | None = None
        for block in polled.plan.blocks:
            answer = Answer(block, fault=fault) if fault else await self._answer(polled, block)
            if answer.fault in {Fault.NO_ANSWER, Fault.GARBLED} and not polled.alive:
                fault = Fault.NO_ANSWER
            elif answer.fault is Fault.LINK_DOWN:
                fault = answer.fault
            answers.append(answer)
        return tuple(answers)

    async def _answer(self, polled: Polled, block: Block) -> Answer:
        if polled.is_refused(block, asyncio.get_running_loop().time()):
            return Answer(block, fault=Fault.REFUSED)
        try:
            data = await self._ask_twice(polled, block)
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

    def _has_time(self, polled: Polled, block: Block) -> bool:
        next_ms = min(other.grid.due_ms for other in self._polled)
        return self._now().wall_ms + 1000 * self._bus.timeout_s(polled, block) <= next_ms

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
