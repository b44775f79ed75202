"""Brings batches to the collector through every trouble of the line."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final, Protocol

import structlog
from aiomqtt import Client, MqttError, ProtocolVersion, Will
from msgspec.structs import replace

from edge_agent.publish.desk import Desk
from edge_agent.publish.reports import ReportPort, Reports
from edge_agent.publish.session import RefusedError, allowed, connected, other, wait_s
from edge_agent.publish.window import BATCHES, BYTES, Window
from edge_agent.samples import Depth, Pending
from wire import codec, topics
from wire.broker import Broker
from wire.messages import About, Command, CommandAnswer, Presence, Receipt, Status
from wire.topics import Gateway, Kind

STATUS_S: Final = 30.0
"""A status is published at least this often."""
SETTLE_S: Final = 1.0
"""And no more often than this; a backlog that comes and goes within it is not told."""
DRAIN_S: Final = 3.0
"""How long `run` goes on after it was told to stop, if the outbox is not empty."""
_log = structlog.get_logger()


class OutboxPort(Protocol):
    """What the publisher needs of the outbox."""

    async def pending(self, after_seq: int, limit_batches: int, limit_bytes: int) -> Sequence[Pending]:
        """Batches after a number, oldest first."""

    async def receipted(self, epoch: str, ranges: tuple[tuple[int, int], ...]) -> int:
        """Delete what the collector has; how many batches."""

    async def depth(self) -> Depth:
        """How much there is."""


class Publisher:
    """One gateway's line to the collector."""

    def __init__(
        self,
        *,
        broker: Broker,
        gateway: Gateway,
        about: About,
        store: OutboxPort,
        reports: ReportPort,
        status: Callable[[], Status],
        obey: Callable[[Command], Awaitable[CommandAnswer]],
        rng: random.Random,
        receipt_timeout_s: float,
    ) -> None:
        """Nothing is opened yet.

        Args:
            broker: where to connect.
            gateway: whose topics to use.
            about: published on every connection; the epoch is taken from `status`, which knows the newest.
            store: the outbox.
            reports: where reports of commissioning wait.
            status: how the gateway is; state and the outbox fields are filled in here.
            obey: see `Desk`.
            rng: spreads reconnection attempts.
            receipt_timeout_s: unanswered for so long, a batch is sent again; doubles up to a minute.
        """
        self._broker = broker
        self._gateway = gateway
        self._about = about
        self._store = store
        self._status = status
        self._desk = Desk(gateway, obey, lambda: status().t_ms)
        self._reports = Reports(gateway, reports)
        self._rng = rng
        self._receipt_timeout_s = receipt_timeout_s
        self._protocol = ProtocolVersion.V5
        self._failures = 0
        self._trouble: str | None = None
        self._told_epoch: str | None = None
        self._to_send = asyncio.Event()
        self._moved = asyncio.Event()
        self._receipt = asyncio.Event()
        self.connected = False
        """Whether there is a line; without one, nothing is gained by waiting for the end of `run`."""
        self.last_receipt: tuple[int, int] = (0, 0)
        """When it came and when it was sent, each by its side's clock, Unix ms; zeros: none, not said."""
        self.malformed_receipts = 0
        """Messages on the receipt topic that were none."""
        self._news = False
        """There is something to tell before the status is due."""

    @property
    def trouble(self) -> str:
        """Why there is no line, in one sentence; empty while there is one."""
        return self._trouble or ""

    def nudge(self) -> None:
        """There is a new batch in the outbox; call it on the loop that `run` runs on."""
        self._to_send.set()
        self._moved.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set and the outbox is empty, or `DRAIN_S` later.

        A connection attempt under way when `stop` is set is waited for: 10 s at most, none in the usual case.
        It may be cancelled.
        """
        while not stop.is_set():
            try:
                async with connected(self._broker, self._gateway, self._protocol, self._will()) as client:
                    await self._serve(client, stop)
            except RefusedError as error:
                if error.version:
                    self._protocol = other(self._protocol)
                self._note_trouble(str(error))
            if not stop.is_set():
                await _wait(stop, asyncio.get_running_loop().time() + wait_s(self._failures, self._rng))

    async def _serve(self, client: Client, stop: asyncio.Event) -> None:
        """Use a connection until it breaks or we stop."""
        try:
            await self._subscribe(client)
            await self._exchange(client, stop)
            await self._say(client, Presence.STOPPED)
        except* MqttError as group:
            reason = next(_leaves(group))
            self._note_trouble(f"broker {self._broker.host}:{self._broker.port}: {reason}")
        finally:
            self.connected = False

    async def _subscribe(self, client: Client) -> None:
        topic = topics.build(self._gateway, Kind.RECEIPT)
        if not await allowed(client, topic):
            raise MqttError(
                f"refuses to let us read {topic}, without which nothing is delivered: see its ACL"
            )
        await self._desk.open(client)
        await self._reports.open(client)
        self._told_epoch = None
        await self._say(client, Presence.ONLINE)
        self._note_connected()

    async def _exchange(self, client: Client, stop: asyncio.Event) -> None:
        window = Window(self._receipt_timeout_s)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._receive(client, window), name="publish.receive"),
                group.create_task(self._desk.serve(client, self._tell_soon), name="publish.desk"),
                group.create_task(self._reports.serve(client), name="publish.reports"),
                group.create_task(self._send(client, window), name="publish.send"),
                group.create_task(self._report(client), name="publish.report"),
            ]
            await stop.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_S):
                    await self._until_empty()
            for task in tasks:
                task.cancel()

    async def _send(self, client: Client, window: Window) -> None:
        loop = asyncio.get_running_loop()
        topic = topics.build(self._gateway, Kind.BATCH)
        while True:
            self._to_send.clear()
            silences = window.silences
            chosen = window.choose(await self._store.pending(0, BATCHES, BYTES), loop.time())
            if window.silences > silences == 0:
                _log.warning("the collector sends no receipts; readings wait in the outbox")
            # All at once: waiting for one acknowledgement a message would cost a round trip each.
            async with asyncio.TaskGroup() as group:
                for one in chosen:
                    group.create_task(client.publish(topic, one.payload, qos=1), name=f"publish[{one.seq}]")
            if not chosen:
                await _wait(self._to_send, window.wake_s())

    async def _receive(self, client: Client, window: Window) -> None:
        async for message in client.messages:
            payload = bytes(message.payload)
            if str(message.topic) == self._desk.topic:
                self._desk.take(payload)
            elif str(message.topic) == self._reports.topic:
                await self._reports.take(payload)
            else:
                await self._take_receipt(payload, window)

    async def _take_receipt(self, payload: bytes, window: Window) -> None:
        receipt = self._read(payload)
        if receipt is None:
            return
        self.last_receipt = (self._status().t_ms, receipt.t_ms)
        if not await self._store.receipted(receipt.epoch, receipt.ranges):
            return
        if window.silences:
            _log.info("the collector sends receipts again")
        window.answered(asyncio.get_running_loop().time())
        for event in (self._to_send, self._moved, self._receipt):
            event.set()

    def _read(self, payload: bytes) -> Receipt | None:
        try:
            return codec.decode(Receipt, payload)
        except codec.DecodeError as error:
            self.malformed_receipts += 1
            if self.malformed_receipts == 1:
                _log.warning(
                    "a message on the receipt topic is none; more will only be counted", reason=str(error)
                )
            return None

    async def _report(self, client: Client) -> None:
        """Publish the status regularly, and soon when a backlog begins or is over or a command was obeyed."""
        loop = asyncio.get_running_loop()
        empty, due_s = True, loop.time() + STATUS_S
        while True:
            await _wait(self._moved, due_s)
            self._moved.clear()
            await asyncio.sleep(SETTLE_S)
            is_empty = not (await self._store.depth()).batches
            if is_empty != empty or self._news or loop.time() >= due_s:
                self._news = False
                await self._say(client, Presence.ONLINE)
                empty, due_s = is_empty, loop.time() + STATUS_S

    async def _say(self, client: Client, state: Presence) -> None:
        """Publish the status; before it the birth message, if the epoch is another than the one told."""
        depth = await self._store.depth()
        status = replace(
            self._status(),
            state=state,
            outbox_batches=depth.batches,
            outbox_readings=depth.readings,
            outbox_oldest_ms=depth.oldest_ms,
            outbox_oldest_seq=depth.oldest_seq,
        )
        if status.epoch != self._told_epoch:
            await self._retain(client, Kind.ABOUT, replace(self._about, epoch=status.epoch))
            self._told_epoch = status.epoch
        await self._retain(client, Kind.STATUS, status)

    async def _retain(self, client: Client, kind: Kind, message: About | Status) -> None:
        topic = topics.build(self._gateway, kind)
        await client.publish(topic, codec.encode(message), qos=1, retain=True)

    def _will(self) -> Will:
        status = Status(state=Presence.OFFLINE, epoch=self._status().epoch)
        return Will(topics.build(self._gateway, Kind.STATUS), codec.encode(status), qos=1, retain=True)

    async def _until_empty(self) -> None:
        while True:
            self._receipt.clear()
            if not (await self._store.depth()).batches:
                return
            await self._receipt.wait()

    def _tell_soon(self) -> None:
        """What was obeyed may have changed the status."""
        self._news = True
        self._moved.set()

    def _note_trouble(self, sentence: str) -> None:
        """Say each trouble once, until it is over or another one takes its place."""
        self._failures += 1
        if sentence != self._trouble:
            self._trouble = sentence
            _log.warning("no line to the collector; readings wait in the outbox", reason=sentence)

    def _note_connected(self) -> None:
        _log.info("connected to the broker", host=self._broker.host, failures=self._failures)
        self._failures, self._trouble, self.connected = 0, None, True


async def _wait(event: asyncio.Event, until_s: float | None) -> None:
    """Until the event is set, or the loop's clock shows the time."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until_s):
            await event.wait()


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
