"""What a reading weighs on the wire: the shipped region's own batches, MQTT's topic and header counted."""

import time
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.measure import Row
from tests.stories.region import Region
from wire import codec, topics
from wire.messages import Batch
from wire.topics import Kind

_RUN_S = 20.0
_HEADER = 7
"""Fixed header, topic length, message number, property length (MQTT 5, a message of less than 16 kB)."""


def run(folder: Path) -> list[Row]:
    """Bytes a reading as sent, and as plain JSON."""
    sent: list[tuple[str, bytes]] = []
    with Region(folder) as around:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda _c, _d, message: sent.append((message.topic, bytes(message.payload)))
        client.connect("127.0.0.1", around.broker.port)
        client.subscribe(topics.every(Kind.BATCH), qos=1)
        client.loop_start()
        around.start_agents()
        time.sleep(_RUN_S)
        client.disconnect()
        client.loop_stop()
    batches = [codec.decode(Batch, payload) for _, payload in sent]
    readings = sum(len(row.values) for batch in batches for table in batch.tables for row in table.rows)
    weight = sum(len(topic) + len(payload) + _HEADER for topic, payload in sent)
    plain = sum(len(msgspec.json.encode(batch)) for batch in batches)
    each = readings / len(batches)
    return [
        Row(
            f"bytes on the wire a reading, live batches of {each:.0f} readings",
            f"{weight / readings:.1f}",
            f"{plain / readings:.1f} as plain JSON",
            "–",
            None,
        )
    ]
