"""The bare loop a collector is compared with: paho in, line protocol out; no ledger, no receipts.

python -m benchmarks.reference_collector BROKER_PORT INFLUX_URL DATABASE READINGS
"""

import json
import queue
import sys
import time

import paho.mqtt.client as mqtt
import urllib3
from paho.mqtt.enums import CallbackAPIVersion

from wire import codec, topics
from wire.messages import Batch
from wire.topics import Kind

_GROUP = 32


def _lines(topic: str, payload: bytes) -> tuple[str, int]:
    gateway, _ = topics.parse(topic)
    batch = codec.decode(Batch, payload)
    lines, readings = [], 0
    for table in batch.tables:
        head = f"{batch.site_class},device={table.device},gateway={gateway.gateway},site={gateway.site} "
        for row in table.rows:
            fields = ",".join(
                f"{name}={value}" for name, value in zip(table.channels, row.values, strict=True)
            )
            lines.append(f"{head}{fields} {row.t_ms}")
            readings += len(row.values)
    return "\n".join(lines), readings


def main() -> None:
    port, url, database, wanted = sys.argv[1:]
    arrived: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "reference", protocol=mqtt.MQTTv5)
    client.on_message = lambda _client, _data, message: arrived.put((message.topic, bytes(message.payload)))
    client.connect("127.0.0.1", int(port), clean_start=False)
    client.subscribe(topics.every(Kind.BATCH), qos=1)
    client.loop_start()
    pool, readings = urllib3.PoolManager(), 0
    group = [arrived.get()]
    started, cpu = time.monotonic(), time.process_time()
    while True:
        while len(group) < _GROUP and not arrived.empty():
            group.append(arrived.get())
        parts = [_lines(*message) for message in group]
        body = "\n".join(text for text, _ in parts).encode()
        answer = pool.request("POST", f"{url}/write?db={database}&precision=ms", body=body)
        if answer.status != 204:
            raise SystemExit(f"InfluxDB answered {answer.status}: {answer.data!r}")
        readings += sum(count for _, count in parts)
        if readings >= int(wanted):
            break
        group = [arrived.get()]
    print(
        json.dumps(
            {"readings": readings, "s": time.monotonic() - started, "cpu_s": time.process_time() - cpu}
        )
    )
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main()
