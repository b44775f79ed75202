"""Meters with sessions that are switched off and on again under the agent, on pseudo-terminals."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge_agent.settings import Device
from firmware_sim.devices import PtyLine
from sensor_profiles import loader
from sensor_profiles.model import Timing
from tests.edge_agent.plant import Scans, polling, serial_link
from tests.firmware_sim.examples import Bench
from tests.firmware_sim.test_profiles_are_served import plausible

UNIT = 5


@pytest.mark.parametrize("name", ["mercury_230", "teplocom_vkt7", "kamstrup_multical"])
async def test_a_meter_that_was_switched_off_and_on_is_read_again(name: str, tmp_path: Path) -> None:
    profile = replace(loader.find(name), timing=Timing(gap_ms=1))
    bench = Bench(profile, {channel.name: plausible(channel) for channel in profile.channels}, unit=UNIT)
    device = Device(name, "line", profile, UNIT, 100, 100, profile.channels)
    scans, path = Scans(), tmp_path / "usb"
    async with AsyncExitStack() as stack:
        before = await stack.enter_async_context(PtyLine([bench.instrument], path, 9600, paced=False))
        await stack.enter_async_context(polling([serial_link(path)], [device], scans))
        await scans.until(lambda: bool(scans.good(name)))
        requests = bench.instrument.requests
        await scans.until(lambda: bench.instrument.requests > requests)
        await before.unplug()
        await stack.enter_async_context(PtyLine([bench.instrument], path, 9600, paced=False))
        seen = len(scans.good(name))
        await scans.until(lambda: len(scans.good(name)) > seen)
    assert len({scan.answers for scan in scans.good(name)}) == 1
    assert bench.instrument.writes_attempted == 0
