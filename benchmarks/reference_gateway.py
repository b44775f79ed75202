"""The bare loop a gateway is compared with: pymodbus' client and aiomqtt, nothing in between.

No validation, no outbox, no receipts: it reads 20 float32 of each device each second and publishes one JSON
message a device. `spread` lets each device keep its own second, `together` wakes them all at one instant.

    python -m benchmarks.reference_gateway MODE BROKER_PORT SECONDS DEVICE_PORT…
"""

import asyncio
import json
import struct
import sys
import time

import aiomqtt
from pymodbus.client import AsyncModbusTcpClient

_REGISTERS = 40
_FLOATS = struct.Struct(">20f")
_WORDS = struct.Struct(">40H")


async def _device(
    client: AsyncModbusTcpClient, mqtt: aiomqtt.Client, name: str, phase: float, until: float
) -> int:
    points = 0
    while (now := time.time()) < until:
        await asyncio.sleep(1.0 - (now - phase) % 1.0)
        answer = await client.read_holding_registers(0, count=_REGISTERS, device_id=1)
        values = _FLOATS.unpack(_WORDS.pack(*answer.registers))
        payload = {"t": int(time.time() * 1000), "v": {f"c{i}": value for i, value in enumerate(values)}}
        await mqtt.publish(f"reference/{name}", json.dumps(payload), qos=1)
        points += len(values)
    return points


async def run(mode: str, broker: int, seconds: float, ports: list[int]) -> tuple[int, float]:
    """Poll for so many seconds; the points published and the CPU seconds that took, imports left out."""
    until, cpu_s = time.time() + seconds, time.process_time()
    async with aiomqtt.Client("127.0.0.1", broker) as mqtt, asyncio.TaskGroup() as group:
        tasks = []
        for index, port in enumerate(ports):
            client = AsyncModbusTcpClient("127.0.0.1", port=port)
            await client.connect()
            phase = index / len(ports) if mode == "spread" else 0.0
            tasks.append(
                group.create_task(_device(client, mqtt, f"d{index}", phase, until), name=f"d{index}")
            )
    return sum(task.result() for task in tasks), time.process_time() - cpu_s


def main() -> None:
    mode, broker, seconds, *ports = sys.argv[1:]
    points, cpu_s = asyncio.run(run(mode, int(broker), float(seconds), [int(port) for port in ports]))
    print(json.dumps({"points": points, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
