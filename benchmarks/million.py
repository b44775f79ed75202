"""A million readings through mosquitto into InfluxDB 1.x: the collector and the bare loop on equal queues.

The batches wait in the broker before the consumer starts (a persistent session), so that the clock sees the
consumer, the broker and InfluxDB, not the load generator. Ours counts from the moment the program is ready to
the receipt that covers the last batch; the loop from its first message to InfluxDB's last answer.
"""

import json
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import urllib3
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from benchmarks.measure import Row, cost
from tests.programs import Program
from tests.servers import Influxdb, Mosquitto
from wire import codec, topics
from wire.messages import Batch, Receipt, Table
from wire.messages import Row as Scan
from wire.topics import Gateway, Kind

_DEVICES, _CHANNELS = 32, 20
_BATCHES = 1_000_000 // (_DEVICES * _CHANNELS) + 1
READINGS = _BATCHES * _DEVICES * _CHANNELS
_GATEWAY = Gateway("bench", "gw")
_EPOCH = "00000000000000aa"
_START_MS = 1_790_000_000_000
_INFLIGHT = 500
_LONG_QUEUE = "max_queued_messages 0\nmax_queued_bytes 0\n"


class Broker(Mosquitto):
    """Mosquitto that keeps as much as it is given."""

    def command(self) -> list[str]:
        command = super().command()
        with (self.folder / "mosquitto.conf").open("a") as file:
            file.write(_LONG_QUEUE)
        return command


def batches() -> Iterator[bytes]:
    """One batch a second of 32 devices with 20 values of four digits each."""
    channels = tuple(f"v{n}" for n in range(1, _CHANNELS + 1))
    for seq in range(1, _BATCHES + 1):
        t_ms = _START_MS + 1000 * seq
        tables = tuple(
            Table(
                device=f"d{device}",
                channels=channels,
                rows=(
                    Scan(
                        t_ms,
                        tuple((seq * 37 + device * 11 + n) % 9973 / 10 for n in range(_CHANNELS)),
                        mono_ms=t_ms,
                    ),
                ),
            )
            for device in range(_DEVICES)
        )
        yield codec.encode(
            Batch(epoch=_EPOCH, seq=seq, boot="bench", site_class="boiler_house", tables=tables)
        )


def fill(port: int, payloads: list[bytes]) -> None:
    """Put every batch into the broker's queue."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(_INFLIGHT)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = [client.publish(topics.build(_GATEWAY, Kind.BATCH), payload, qos=1) for payload in payloads]
    for message in sent:
        message.wait_for_publish()
    client.disconnect()
    client.loop_stop()


def _session(port: int, client_id: str) -> None:
    """A persistent session with a subscription, so that the broker queues while its owner is away."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5)
    done: queue.Queue[None] = queue.Queue()
    client.on_subscribe = lambda *_: done.put(None)
    expiry = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has not annotated it
    expiry.SessionExpiryInterval = 3600
    client.connect("127.0.0.1", port, clean_start=False, properties=expiry)
    client.loop_start()
    client.subscribe(topics.every(Kind.BATCH), qos=1)
    done.get(timeout=10)
    client.disconnect()
    client.loop_stop()


class _Receipts:
    """Waits for the receipt that covers the last batch."""

    def __init__(self, port: int) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._all = queue.Queue[float]()
        self._client.on_message = self._arrived
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(topics.every(Kind.RECEIPT), qos=1)
        self._client.loop_start()

    def _arrived(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        if codec.decode(Receipt, bytes(message.payload)).ranges == ((1, _BATCHES),):
            self._all.put(time.monotonic())

    def when_complete(self) -> float:
        moment = self._all.get(timeout=300)
        self._client.disconnect()
        self._client.loop_stop()
        return moment


def _ours(folder: Path, influx: Influxdb, payloads: list[bytes]) -> tuple[float, float, float]:
    """Run the collector over the queue; seconds, CPU seconds and peak MB."""
    with Broker(folder / "mosquitto") as broker:
        config = folder / "collector.toml"
        config.write_text(
            f'client_id = "bench"\n[broker]\nport = {broker.port}\n'
            f'[store]\nkind = "influx"\nurl = "{influx.url}"\n'
            f'database = "ours"\n[state]\nurl = "sqlite:///{folder}/state.db"\n'
        )
        _session(broker.port, "bench")
        fill(broker.port, payloads)
        receipts = _Receipts(broker.port)
        with Program("collector", ["collector", "run", "-c", str(config)], folder) as process:
            process.await_ready()
            started, before = time.monotonic(), cost(process.pid)
            elapsed = receipts.when_complete() - started
            after = cost(process.pid)
    return elapsed, after.cpu_s - before.cpu_s, after.rss_mb


def _reference(folder: Path, influx: Influxdb, payloads: list[bytes]) -> tuple[float, float]:
    """Seconds and CPU seconds of the bare loop."""
    with Broker(folder / "mosquitto-reference") as broker:
        urllib3.request("POST", f"{influx.url}/query?q=CREATE+DATABASE+reference")
        _session(broker.port, "reference")
        fill(broker.port, payloads)
        loop = "benchmarks.reference_collector"
        done = subprocess.run(
            [sys.executable, "-m", loop, str(broker.port), influx.url, "reference", str(READINGS)],
            capture_output=True,
            check=True,
        )
    result = json.loads(done.stdout.splitlines()[-1])
    return result["s"], result["cpu_s"]


def _stored(influx: Influxdb, database: str) -> int:
    query = f"{influx.url}/query?db={database}&q=SELECT+count(*)+FROM+boiler_house"
    answer = urllib3.request("GET", query, timeout=120).json()
    return int(sum(answer["results"][0]["series"][0]["values"][0][1:]))


def run(folder: Path) -> list[Row]:
    """The collector's throughput, CPU and memory beside the bare loop's, and what InfluxDB then holds."""
    payloads = list(batches())
    with Influxdb(folder / "influxdb") as influx:
        plain_s, plain_cpu = _reference(folder, influx, payloads)
        s, cpu, rss = _ours(folder, influx, payloads)
        lost = READINGS - _stored(influx, "ours")
    rate, plain_rate = READINGS / s / 1000, READINGS / plain_s / 1000
    per, plain_per = cpu / READINGS * 1e5, plain_cpu / READINGS * 1e5
    return [
        Row(
            "collector into InfluxDB 1.6.7, 1,000,000 readings: k readings/s",
            f"{rate:.0f} ({rate / plain_rate:.2f} × the loop), {lost} lost",
            f"{plain_rate:.0f}",
            "≥ 150, 0 lost",
            rate >= 150 and lost == 0,
        ),
        Row(
            "… CPU s per 100,000 readings, with ledger and receipts",
            f"{per:.2f}; {rss:.0f} MB",
            f"{plain_per:.2f}",
            "≤ 0.3",
            per <= 0.3,
        ),
    ]
