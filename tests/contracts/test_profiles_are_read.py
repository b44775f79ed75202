"""Every profile in the folder is read back exactly: simulated instrument, real transport, driver, decoder.

The instrument's bytes are written apart from the agent's decoder, so the two check one another.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from edge_agent import settings
from edge_agent.decode import Decoder
from edge_agent.settings import Device, Link
from firmware_sim.devices import PtyLine, TcpLine
from sensor_profiles import loader
from sensor_profiles.model import Channel, Encoding, Profile
from tests.edge_agent.plant import Scans, polling, serial_link, tcp_link
from tests.firmware_sim.examples import Bench
from wire.messages import Value

NAMES = tuple(loader.library())
UNIT = 1
PERIOD_MS = 100


def measured(channel: Channel, index: int) -> Value:
    """A value inside the channel's range, another one for each channel, that is no sentinel."""
    if channel.field.encoding is Encoding.STRING:
        return f"A{index}"
    low = channel.low if channel.low is not None else channel.scale + channel.offset
    high = channel.high if channel.high is not None else low + 20 * channel.scale
    return low + (high - low) * (0.25 + 0.5 * (index % 16) / 16)


@asynccontextmanager
async def served(bench: Bench, path: Path) -> AsyncIterator[Link]:
    """The instrument on the transport its profile names; the way to it."""
    if bench.instrument.profile.tcp_port is not None:
        async with TcpLine([bench.instrument]) as lan:
            yield tcp_link(lan.port, name="line")
    else:
        async with PtyLine([bench.instrument], path, 9600, paced=False):
            yield serial_link(path)


async def read_back(profile: Profile, bench: Bench, path: Path) -> dict[str, Value]:
    """The first whole scan, decoded."""
    scans = Scans()
    timeout_ms = max(1000, profile.timing.timeout_ms)
    device = Device("probe", "line", profile, UNIT, PERIOD_MS, timeout_ms, profile.channels)
    async with served(bench, path) as link, polling([link], [device], scans):
        await scans.until(lambda: bool(scans.good("probe")))
    decoded = Decoder(profile.channels, profile.statuses).decode(scans.good("probe")[0])
    assert decoded.faults == {}
    return {channel.name: value for channel, value in zip(profile.channels, decoded.values, strict=True)}


@pytest.mark.parametrize("name", NAMES)
async def test_what_the_instrument_measures_is_what_the_agent_reads(name: str, tmp_path: Path) -> None:
    profile = loader.find(name)
    values = {channel.name: measured(channel, n) for n, channel in enumerate(profile.channels)}
    bench = Bench(profile, values, unit=UNIT, streaming=False)
    found = await read_back(profile, bench, tmp_path / "usb")
    assert found == bench.instrument.layout.served(values)
    assert None not in found.values()
    assert bench.instrument.writes_attempted == 0


GATEWAY = """\
gateway = "gw-1"
site = {{ name = "ap-03", class = "air_post" }}
[[link]]
name = "moxa"
host = "127.0.0.1"
tcp_port = {port}
[[device]]
name = "wind"
link = "moxa"
profile = "renke_rs_fsjt"
unit = 2
[[device]]
name = "heat"
link = "moxa"
profile = "owen_trm138"
unit = 24
"""


async def test_two_serial_instruments_are_read_through_a_modbus_tcp_gateway(tmp_path: Path) -> None:
    wind = Bench(loader.find("renke_rs_fsjt"), {"wind_speed": 5.3}, unit=2)
    heat = Bench(loader.find("owen_trm138"), {f"in{n}": 20.5 + n for n in range(1, 9)}, unit=24)
    scans = Scans()
    async with TcpLine([wind.instrument, heat.instrument]) as lan:
        file = tmp_path / "agent.toml"
        file.write_text(GATEWAY.format(port=lan.port), encoding="utf-8")
        plant = settings.load(file)
        quick = tuple(msgspec.structs.replace(device, period_ms=PERIOD_MS) for device in plant.devices)
        async with polling(plant.links, quick, scans):
            await scans.until(lambda: bool(scans.good("wind") and scans.good("heat")))
    decoders = {d.name: Decoder(d.channels, d.profile.statuses) for d in plant.devices}
    assert decoders["wind"].decode(scans.good("wind")[0]).values == (5.3,)
    assert decoders["heat"].decode(scans.good("heat")[0]).values == tuple(20.5 + n for n in range(1, 9))
