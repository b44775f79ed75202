"""A gateway that was alone for a day: 1,440 one-minute scans of 50 channels, from its outbox to the store."""

import queue
import secrets
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import tomli
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.gateway import SITE, region, scenario
from benchmarks.measure import Row
from edge_agent.outbox import Outbox
from edge_agent.samples import Instant, Scan
from wire import codec, topics
from wire.messages import Clock, Receipt
from wire.topics import Kind

_SCANS, _CHANNELS = 1440, 50
_NAMES = tuple(f"channel-{n}" for n in range(_CHANNELS))


def fill(path: str) -> None:
    """One batch a minute, as the agent would have written them; values of four digits that move."""
    outbox = Outbox.open(
        path,
        max_bytes=2**29,
        boot="bench",
        site_class="boiler_house",
        epoch_source=lambda: secrets.token_hex(8),
    )
    start_ms = time.time_ns() // 10**6 - _SCANS * 60_000
    for scan in range(_SCANS):
        taken = Instant(start_ms + scan * 60_000, scan * 60_000)
        values = tuple((scan * 37 + channel * 101) % 9973 / 10 for channel in range(_CHANNELS))
        outbox.append([Scan("mv110", taken, Clock.SYNCED, values, {})], {"mv110": _NAMES})
    outbox.close()


def _until_receipted(port: int) -> "queue.Queue[float]":
    """Gets the moment when every batch of the backlog had its receipt."""
    moment: queue.Queue[float] = queue.Queue()

    def arrived(_client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        ranges = codec.decode(Receipt, bytes(message.payload)).ranges
        if any(first == 1 and last >= _SCANS for first, last in ranges):
            moment.put(time.monotonic())

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = arrived
    client.connect("127.0.0.1", port)
    client.subscribe(topics.every(Kind.RECEIPT), qos=1)
    client.loop_start()
    return moment


def run(folder: Path) -> list[Row]:
    """Seconds from the agent's start until the collector has receipted the whole backlog."""
    with region(folder, scenario(1)) as around:
        settings = tomli.loads(around.configs[SITE].read_text(encoding="utf-8"))
        fill(settings["outbox"]["path"])
        moment = _until_receipted(around.broker.port)
        around.start_agents()
        started = time.monotonic()
        seconds = moment.get(timeout=120) - started
    return [
        Row(
            "backlog of 24 h, 72,000 readings in 1,440 batches: seconds until all are receipted",
            f"{seconds:.2f}",
            "",
            "< 5",
            seconds < 5,
        )
    ]
