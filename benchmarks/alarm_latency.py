"""From the change of a register to its alarm event at the broker: devices that are read once a minute.

Two agents read the same instruments, one as it is configured by default, one that never looks more often
than once a minute. At moments drawn over two minutes the instruments change, half of them at once and half of
them over ten seconds, beyond a limit that must be exceeded for fifteen seconds.
"""

import asyncio
import random
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.measure import Row
from firmware_sim.devices import Instrument, TcpLine
from sensor_profiles import loader
from tests.programs import Program
from tests.servers import Mosquitto
from wire import codec, topics
from wire.messages import AlarmState, Batch
from wire.topics import Kind

DEVICES, LINKS = 96, 8
CHANGES_S, PERIOD_S, DELAY_S, RAMP_S = 120.0, 60.0, 15.0, 10.0
LIMIT, CALM, WRONG = 80.0, 20.0, 120.0
_MOST_S = CHANGES_S + 3 * PERIOD_S
PROFILE = "generic_f32_20"


class Clock:
    """When each instrument changes and when each agent said so, seconds of the monotonic clock."""

    def __init__(self, begin_s: float) -> None:
        chance = random.Random(1)
        self.changed = {f"d{n}": begin_s + chance.uniform(0, CHANGES_S) for n in range(DEVICES)}
        self.told: dict[str, dict[str, float]] = {"bursts": {}, "minutes": {}}
        self.all_told = threading.Event()

    def value(self, device: str) -> float:
        """What an instrument measures now, as noisy as one is."""
        since = time.monotonic() - self.changed[device]
        ramp_s = RAMP_S if int(device[1:]) % 2 else 0.0
        share = 0.0 if since < 0 else 1.0 if since >= ramp_s else since / ramp_s
        return CALM + share * (WRONG - CALM) + random.gauss(0, 0.1)

    def crossed(self, device: str) -> float:
        """When it passed the limit."""
        ramp_s = RAMP_S if int(device[1:]) % 2 else 0.0
        return self.changed[device] + ramp_s * (LIMIT - CALM) / (WRONG - CALM)

    def heard(self, message: mqtt.MQTTMessage) -> None:
        gateway, _ = topics.parse(message.topic)
        told = self.told[gateway.gateway]
        for event in codec.decode(Batch, bytes(message.payload)).alarms:
            if event.code == "high_high" and event.state is AlarmState.RAISED and event.device:
                told.setdefault(event.device, time.monotonic())
        if all(len(known) == DEVICES for known in self.told.values()):
            self.all_told.set()

    def waits(self, gateway: str) -> list[float]:
        """Seconds from the limit to the event, of every device; one that was not told waits for ever."""
        told = self.told[gateway]
        return sorted(told.get(device, float("inf")) - self.crossed(device) for device in self.changed)


def run(folder: Path) -> list[Row]:
    """Median and 99th percentile of the wait, with bursts and without."""
    with Mosquitto(folder / "mosquitto") as broker:
        clock = asyncio.run(_play(folder, broker.port))
    bursts, minutes = clock.waits("bursts"), clock.waits("minutes")
    return [
        Row(
            f"register change → alarm event published, limit held {DELAY_S:g} s, polled each minute, "
            f"{DEVICES} devices: median / p99",
            _shown(bursts),
            f"without bursts {_shown(minutes)}",
            "p99 ≤ 90 s",
            bursts[-1] <= PERIOD_S + 2 * DELAY_S,
        )
    ]


def _shown(waits: list[float]) -> str:
    return f"{statistics.median(waits):.1f} / {statistics.quantiles(waits, n=100)[98]:.1f} s"


async def _play(folder: Path, broker_port: int) -> Clock:
    clock = Clock(time.monotonic() + PERIOD_S)
    lines = [TcpLine(_instruments(clock, link)) for link in range(LINKS)]
    for line in lines:
        await line.__aenter__()
    agents = [_agent(folder, name, lines, broker_port) for name in clock.told]
    listener = _listener(clock, broker_port)
    try:
        for agent in agents:
            agent.start()
        await asyncio.to_thread(clock.all_told.wait, PERIOD_S + _MOST_S)
    finally:
        listener.loop_stop()
        listener.disconnect()
        for agent in agents:
            agent.__exit__()
        for line in lines:
            await line.__aexit__(None, None, None)
    return clock


def _instruments(clock: Clock, link: int) -> list[Instrument]:
    profile = loader.load(loader.library(())[PROFILE])

    def serving(device: str) -> Callable[[], Mapping[str, float]]:
        rest = dict.fromkeys((channel.name for channel in profile.channels), 1.0)
        return lambda: rest | {"v1": clock.value(device)}

    names = [name for name in clock.changed if int(name[1:]) % LINKS == link]
    return [
        Instrument(site="s", name=name, profile=profile, unit=1 + n, values=serving(name))
        for n, name in enumerate(names)
    ]


def _agent(folder: Path, name: str, lines: list[TcpLine], broker_port: int) -> Program:
    bursts = "" if name == "bursts" else "poll.burst_per_hour_s = 0\n"
    head = (
        f'gateway = "{name}"\n{bursts}site = {{ name = "s", class = "boiler_house" }}\n'
        f"broker.port = {broker_port}\n"
        f'outbox.path = "{folder}/{name}.db"\nclock.source = "system"\n'
    )
    links = (
        f'[[link]]\nname = "l{n}"\nhost = "127.0.0.1"\ntcp_port = {line.port}\n'
        for n, line in enumerate(lines)
    )
    devices = (
        f'[[device]]\nname = "d{n}"\nlink = "l{n % LINKS}"\nprofile = "{PROFILE}"\nunit = {1 + n // LINKS}\n'
        f'channels.v1.quantity = "pressure"\n'
        f"channels.v1.alarms = {{ high_high = {LIMIT}, on_delay_s = {DELAY_S} }}\n"
        for n in range(DEVICES)
    )
    file = folder / f"{name}.toml"
    file.write_text("".join([head, *links, *devices]))
    return Program(name, ["edge-agent", "run", "-c", str(file)], folder)


def _listener(clock: Clock, broker_port: int) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: clock.heard(message)
    client.connect("127.0.0.1", broker_port)
    client.subscribe(topics.every(Kind.BATCH), qos=1)
    client.loop_start()
    return client
