"""What the collector's tests share: batches, a gateway that only publishes, a collector in a thread."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from collector import pipeline
from collector.arrivals import Selection
from collector.ingest.mailbox import Letter
from collector.settings import CollectorFile, SqliteStore, StateTable
from collector.store import Store
from collector.store.sqlite import SqliteReadings
from wire import topics
from wire.broker import Broker
from wire.codec import decode, encode
from wire.messages import Batch, Command, Loss, Receipt, Row, Table
from wire.topics import Gateway, Kind

NOW_MS = 1_790_000_000_000
GATEWAY = Gateway("bh-07", "gw-1")
OTHER = Gateway("ap-03", "gw-1")
EPOCH = "00000000000000aa"
NEXT_EPOCH = "00000000000000bb"
PATIENCE_S = 30.0


def batch(
    seq: int, *, epoch: str = EPOCH, rows: int = 2, t_ms: int | None = None, losses: tuple[Loss, ...] = ()
) -> Batch:
    """Batch `seq` holds `rows` scans, a second apart, a minute after the batch before."""
    began = NOW_MS - 10_000_000 + 60_000 * seq if t_ms is None else t_ms
    scans = tuple(Row(began + 1000 * n, (float(seq), float(n))) for n in range(rows))
    tables = (Table(device="boiler-1", channels=("supply", "return"), rows=scans),) if rows else ()
    return Batch(epoch=epoch, seq=seq, boot="b", site_class="boiler_house", tables=tables, losses=losses)


def letter(payload: bytes, topic: str | None = None, acknowledge: Callable[[], object] = bool) -> Letter:
    return Letter(topic or topics.build(GATEWAY, Kind.BATCH), payload, acknowledge)


def settings(folder: Path, port: int) -> CollectorFile:
    return CollectorFile(
        client_id="collector-under-test",
        broker=Broker(port=port),
        store=SqliteStore(path=str(folder / "readings.db")),
        state=StateTable(url=f"sqlite:///{folder / 'state.db'}"),
    )


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again until it is so, or fail."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come to pass in time")


def hold_session(wanted: CollectorFile) -> None:
    """Be this collector for a moment: from now on the broker keeps for it what gateways say."""
    subscribed = threading.Event()
    kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has not annotated it
    kept.SessionExpiryInterval = 3600
    client = Client(CallbackAPIVersion.VERSION2, wanted.client_id, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", wanted.broker.port, clean_start=False, properties=kept)
    client.loop_start()
    client.subscribe([(topics.every(kind), 1) for kind in (Kind.BATCH, Kind.ABOUT, Kind.STATUS)])
    assert subscribed.wait(PATIENCE_S)
    client.disconnect()
    client.loop_stop()


class Agent:
    """A gateway reduced to its line: publishes batches, collects receipts and commands."""

    def __init__(self, port: int, gateway: Gateway = GATEWAY) -> None:
        self.gateway = gateway
        self.receipts: Queue[Receipt] = Queue()
        self.receipted: set[tuple[str, int]] = set()
        self.orders: Queue[Command] = Queue()
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        order_topic = topics.build(gateway, Kind.COMMAND)
        self._client.on_connect = lambda client, *_: client.subscribe(
            [(topics.build(gateway, Kind.RECEIPT), 1), (order_topic, 1)]
        )
        self._client.message_callback_add(
            order_topic,
            lambda _client, _data, message: self.orders.put(decode(Command, bytes(message.payload))),
        )
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _data, message: self._note(bytes(message.payload))
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, *batches: Batch) -> None:
        for one in batches:
            self.publish(encode(one))

    def send_until(self, condition: Callable[[], bool], *batches: Batch) -> None:
        """Send again and again, as an agent without receipts does."""

        def sent_and_so() -> bool:
            self.send(*batches)
            return condition()

        wait_until(sent_and_so)

    def send_until_receipted(self, *batches: Batch) -> None:
        wanted = {(one.epoch, one.seq) for one in batches}
        self.send_until(lambda: wanted <= self.receipted, *batches)

    def publish(self, payload: bytes, kind: Kind = Kind.BATCH, *, retain: bool = False) -> None:
        self.publish_to(topics.build(self.gateway, kind), payload, retain=retain)

    def publish_to(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def await_receipts(self, *numbers: int, epoch: str = EPOCH) -> None:
        wait_until(lambda: {(epoch, n) for n in numbers} <= self.receipted)

    def _note(self, payload: bytes) -> None:
        receipt = decode(Receipt, payload)
        self.receipts.put(receipt)
        for first, last in receipt.ranges:
            self.receipted.update((receipt.epoch, n) for n in range(first, last + 1))


@contextmanager
def collecting(wanted: CollectorFile, store: Store | None = None) -> Iterator[threading.Event]:
    """A collector that runs in this process for as long as the block."""
    stop = threading.Event()
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            if store is None:
                pipeline.run(wanted, stop)
            else:
                pipeline.serve(wanted, store, stop)
        except pipeline.IngestDiedError as error:
            trouble.append(error)

    thread = threading.Thread(target=run, name="collector")
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        assert not trouble, trouble


def stored(wanted: CollectorFile, *, points: str = "*") -> Sequence[tuple[str, str, int, object]]:
    """All readings: site, channel, time, value."""
    assert isinstance(wanted.store, SqliteStore)
    store = SqliteReadings(wanted.store.path, reading=True)
    try:
        return [(r.site, r.channel, r.t_ms, r.value) for r in store.read(Selection(points=points))]
    finally:
        store.close()


def expected(*batches: Batch, site: str = GATEWAY.site) -> Sequence[tuple[str, str, int, object]]:
    """What `stored` gives for these batches."""
    found = {
        (site, channel, row.t_ms, value)
        for one in batches
        for table in one.tables
        for row in table.rows
        for channel, value in zip(table.channels, row.values, strict=True)
    }
    return sorted(found, key=lambda reading: reading[:3])
