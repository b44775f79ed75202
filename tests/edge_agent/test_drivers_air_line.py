"""Dust, gas and weather instruments on a bad line: only what was sent whole is read, and then all is well."""

import itertools
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from edge_agent.decode import Decoder
from edge_agent.samples import RawScan
from edge_agent.settings import Device
from firmware_sim.devices import PtyLine
from firmware_sim.faults import Delivery
from sensor_profiles import loader
from sensor_profiles.model import Profile
from tests.edge_agent.plant import Scans, polling, serial_link
from tests.firmware_sim.examples import Bench
from wire.messages import Value

UNIT = 2
PERIOD_MS, TIMEOUT_MS = 100, 120
STREAM_EVERY_S = 0.07
ALWAYS = {"late": 200, "garbage_before": 5, "garbage_after": 5, "truncate": 3, "silent": None, "echo": None}
CHECKED = ALWAYS | {"bad_crc": None, "drop": 1}
"""What a checksum must find out; lines of text have none."""
FAULTS = {
    "plantower_pms3003": CHECKED,
    "plantower_pms5003st": CHECKED,
    "winsen_zh03b": CHECKED,
    "winsen_ze07_co": CHECKED,
    "honeywell_hpma115s0": CHECKED,
    "honeywell_hpma115c0": CHECKED,
    "sensirion_sps30": CHECKED,
    "gill_windsonic": CHECKED,
    "davis_vantage_pro2": CHECKED,
    "dypcn_a02yyuw": CHECKED,
    "escort_db2": CHECKED,
    "eksis_ivtm7": CHECKED,
    "eksis_ivtm7_m": CHECKED,
    "vaisala_aqt530": ALWAYS,
    "vaisala_wxt536": ALWAYS,
}


class Counting(Bench):
    """Measures something else at every request, so that each answer is known by its values."""

    def _measure(self) -> Mapping[str, Value]:
        super()._measure()
        return {
            channel.name: (channel.low or 0.0) + abs(channel.scale) * (self.asked + 10 * n)
            for n, channel in enumerate(self.instrument.profile.channels)
        }


def values_of(profile: Profile, scan: RawScan) -> dict[str, Value]:
    found = Decoder(profile.channels, profile.statuses).decode(scan)
    return {channel.name: value for channel, value in zip(profile.channels, found.values, strict=True)}


class Instrument:
    """A counting instrument on a line of its own, and the device the agent knows it as."""

    def __init__(self, name: str, *, streaming: bool, folder: Path) -> None:
        self.name = f"{name}-{'streams' if streaming else 'asked'}"
        self.profile = loader.find(name)
        self.bench = Counting(self.profile, {}, unit=UNIT, streaming=streaming)
        self.line = PtyLine(
            [self.bench.instrument], folder / self.name, 9600, paced=False, stream_every_s=STREAM_EVERY_S
        )
        self.device = Device(
            self.name, self.name, self.profile, UNIT, PERIOD_MS, TIMEOUT_MS, self.profile.channels
        )

    def spoil(self) -> None:
        for fault, amount in FAULTS[self.profile.name].items():
            self.bench.instrument.faults.arm(fault, amount, probability=0.15)

    def misread(self, scans: Scans) -> list[dict[str, Value]]:
        """What was read and was never sent whole."""
        sent = [dict(s.values) for s in self.bench.served if s.delivery is not Delivery.SPOILED]
        read = [values_of(self.profile, scan) for scan in scans.good(self.name)]
        return [values for values in read if values not in sent]


async def test_only_what_was_sent_whole_is_read(tmp_path: Path) -> None:
    modes = itertools.product(sorted(FAULTS), (False, True))
    instruments = [Instrument(name, streaming=streaming, folder=tmp_path) for name, streaming in modes]
    names = [one.name for one in instruments]
    scans = Scans()
    async with AsyncExitStack() as stack:
        for one in instruments:
            await stack.enter_async_context(one.line)
            one.spoil()
        links = [serial_link(one.line.link_path, name=one.name) for one in instruments]
        await stack.enter_async_context(polling(links, [one.device for one in instruments], scans))
        await scans.until(lambda: all(len(scans.of(name)) >= 15 for name in names))
        for one in instruments:
            one.bench.instrument.faults.clear()
        seen = {name: len(scans.good(name)) for name in names}
        await scans.until(lambda: all(len(scans.good(name)) >= seen[name] + 3 for name in names))
    assert {one.name: found for one in instruments if (found := one.misread(scans))} == {}
    assert {one.bench.instrument.writes_attempted for one in instruments} == {0}
