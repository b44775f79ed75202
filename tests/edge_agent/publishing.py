"""A collector reduced to its receipts, and all a publisher needs, for the tests of publishing."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiomqtt
from aiomqtt import ProtocolVersion

from edge_agent.outbox import Depth, Outbox, Pending
from edge_agent.publish import Publisher
from edge_agent.spool import Spool
from tests.edge_agent.outboxes import NOW_MS, append, outbox, scan
from wire import codec, topics
from wire.broker import Broker
from wire.messages import (
    About,
    Batch,
    Command,
    CommandAnswer,
    CommandOutcome,
    Presence,
    Receipt,
    Status,
)
from wire.topics import Gateway, Kind

GATEWAY = Gateway("bh-07", "gw-1")
PATIENCE_S = 20.0
Answer = Callable[[Batch], Receipt | bytes | None]


async def eventually(condition: Callable[[], bool], changed: asyncio.Event | None = None) -> None:
    """Wait until it is so; looked at twenty times a second, and at every change."""
    changed = changed or asyncio.Event()
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await changed.wait()


class Store:
    """An outbox, awaited."""

    def __init__(self, box: Outbox) -> None:
        self.box = box

    async def pending(self, after_seq: int, limit_batches: int, limit_bytes: int) -> list[Pending]:
        return self.box.pending(after_seq, limit_batches, limit_bytes)

    async def receipted(self, epoch: str, ranges: tuple[tuple[int, int], ...]) -> int:
        return self.box.receipted(epoch, ranges)

    async def depth(self) -> Depth:
        return self.box.depth()


class Waiting:
    """A spool, awaited."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool

    async def waiting(self) -> list[str]:
        return self.spool.waiting()

    async def read(self, number: str) -> bytes | None:
        return self.spool.read(number)

    async def remove(self, number: str) -> bool:
        return self.spool.remove(number)


class Site:
    """An outbox with its publisher."""

    def __init__(
        self, box: Outbox, spool: Spool, port: int, *, receipt_timeout_s: float, broker: Broker | None
    ) -> None:
        self.box = box
        self.spool = spool
        self.publisher = Publisher(
            broker=broker or Broker(port=port),
            gateway=GATEWAY,
            about=About(
                version="1",
                epoch="0" * 16,
                boot="boot-1",
                site_class="boiler_house",
                started_ms=NOW_MS,
                devices=(),
            ),
            store=Store(box),
            reports=Waiting(spool),
            status=lambda: Status(state=Presence.ONLINE, epoch=box.epoch, t_ms=NOW_MS, readings_taken=7),
            obey=self.obey,
            rng=random.Random(1),
            receipt_timeout_s=receipt_timeout_s,
        )
        self.written = 0
        self.obeyed: list[Command] = []

    async def obey(self, command: Command) -> CommandAnswer:
        self.obeyed.append(command)
        return CommandAnswer(id=command.id, t_ms=NOW_MS, outcome=CommandOutcome.DONE, says="yes")

    def write(self, count: int, device: str = "wide") -> None:
        for _ in range(count):
            self.written += 1
            append(self.box, scan(self.written, device=device))
        self.publisher.nudge()


@asynccontextmanager
async def site(
    folder: Path,
    port: int,
    *,
    receipt_timeout_s: float = 10.0,
    written: int = 0,
    broker: Broker | None = None,
) -> AsyncIterator[Site]:
    """A publisher at work; at the end it is stopped as the pipeline does it."""
    with outbox(folder / "o.db") as box:
        spool = Spool(folder / "reports")
        here = Site(box, spool, port, receipt_timeout_s=receipt_timeout_s, broker=broker)
        here.write(written)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(here.publisher.run(stop), name="publisher")
            try:
                yield here
            finally:
                stop.set()


def receipt(batch: Batch) -> Receipt:
    return Receipt(epoch=batch.epoch, ranges=((batch.seq, batch.seq),))


class Peer:
    """What a collector sees, connection after connection; `answer` decides what it says to a batch."""

    def __init__(self, port: int, answer: Answer = receipt) -> None:
        self.port = port
        self.answer = answer
        self.payloads: dict[int, list[bytes]] = {}
        self.statuses: list[Status] = []
        self.abouts: list[About] = []
        self.ready = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def arrived(self) -> set[int]:
        return set(self.payloads)

    async def run(self) -> None:
        while True:
            try:
                await self._live()
            except aiomqtt.MqttError:
                await asyncio.sleep(0.05)

    async def _live(self) -> None:
        async with aiomqtt.Client("127.0.0.1", self.port, protocol=ProtocolVersion.V5) as client:
            client.pending_calls_threshold = 10_000
            await client.subscribe(
                [(topics.build(GATEWAY, k), 1) for k in (Kind.BATCH, Kind.STATUS, Kind.ABOUT)]
            )
            self.ready.set()
            async for message in client.messages:
                await self._take(client, topics.parse(str(message.topic))[1], bytes(message.payload))
                self._changed.set()

    async def _take(self, client: aiomqtt.Client, kind: Kind, payload: bytes) -> None:
        if kind is Kind.STATUS:
            self.statuses.append(codec.decode(Status, payload))
        elif kind is Kind.ABOUT:
            self.abouts.append(codec.decode(About, payload))
        else:
            batch = codec.decode(Batch, payload)
            self.payloads.setdefault(batch.seq, []).append(payload)
            if (said := self.answer(batch)) is not None:
                await self.say(client, said)

    @staticmethod
    async def say(client: aiomqtt.Client, said: Receipt | bytes) -> None:
        payload = said if isinstance(said, bytes) else codec.encode(said)
        await client.publish(topics.build(GATEWAY, Kind.RECEIPT), payload)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so; looked at after every message, too."""
        await eventually(condition, self._changed)


@asynccontextmanager
async def peer(port: int, answer: Answer = receipt) -> AsyncIterator[Peer]:
    found = Peer(port, answer)
    task = asyncio.create_task(found.run(), name="peer")
    try:
        async with asyncio.timeout(PATIENCE_S):
            await found.ready.wait()
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
