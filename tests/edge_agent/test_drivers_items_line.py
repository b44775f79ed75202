"""Instruments that number their values on a bad line: each value that is read was sent for it, whole."""

from contextlib import AsyncExitStack
from pathlib import Path

from edge_agent.decode import Decoder
from edge_agent.settings import Device
from firmware_sim.devices import PtyLine
from firmware_sim.faults import Delivery
from sensor_profiles import loader
from tests.edge_agent.plant import Scans, polling, serial_link
from tests.edge_agent.test_drivers_air_line import CHECKED, PERIOD_MS, TIMEOUT_MS, UNIT, Counting
from wire.messages import Value

NAMES = ("pulsar_heat", "pulsar_m_water", "owen_trm138_ascii", "mercury_230")
FAULTS = CHECKED | {"wrong_unit": 100}
CHANNELS = 3
"""So few that whole scans come by in spite of the faults."""


class Instrument:
    """A counting instrument on a line of its own, and the device the agent knows it as."""

    def __init__(self, name: str, folder: Path) -> None:
        profile = loader.find(name)
        self.channels = profile.channels[:CHANNELS]
        self.bench = Counting(profile, {}, unit=UNIT)
        self.line = PtyLine([self.bench.instrument], folder / name, 9600, paced=False)
        self.device = Device(name, name, profile, UNIT, PERIOD_MS, TIMEOUT_MS, self.channels)
        self._decoder = Decoder(self.channels, profile.statuses)

    def read(self, scans: Scans) -> list[tuple[str, Value]]:
        """Every value that was read, with its channel."""
        names = [channel.name for channel in self.channels]
        decoded = (self._decoder.decode(scan).values for scan in scans.of(self.device.name))
        return [(n, v) for values in decoded for n, v in zip(names, values, strict=True) if v is not None]

    def misread(self, scans: Scans) -> list[tuple[str, Value]]:
        """What was read and was never sent whole for its channel."""
        served = (s for s in self.bench.served if s.delivery is not Delivery.SPOILED)
        sent = {item for answer in served for item in answer.values.items()}
        return [item for item in self.read(scans) if item not in sent]


async def test_only_what_was_sent_whole_for_a_channel_is_read_there(tmp_path: Path) -> None:
    instruments = [Instrument(name, tmp_path) for name in NAMES]
    scans = Scans()
    async with AsyncExitStack() as stack:
        for one in instruments:
            await stack.enter_async_context(one.line)
            for fault, amount in FAULTS.items():
                one.bench.instrument.faults.arm(fault, amount, probability=0.06)
        links = [serial_link(i.line.link_path, name=i.device.name, dead_share=0.9) for i in instruments]
        await stack.enter_async_context(polling(links, [one.device for one in instruments], scans))
        await scans.until(lambda: all(len(one.read(scans)) >= 25 for one in instruments))
        for one in instruments:
            one.bench.instrument.faults.clear()
        seen = {name: len(scans.good(name)) for name in NAMES}
        await scans.until(lambda: all(len(scans.good(name)) >= seen[name] + 2 for name in NAMES))
    assert {one.device.name: found for one in instruments if (found := one.misread(scans))} == {}
    assert any(answer.fault for scan in scans.all for answer in scan.answers)
    assert {one.bench.instrument.writes_attempted for one in instruments} == {0}
