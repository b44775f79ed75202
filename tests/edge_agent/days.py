"""Days of ordinary operation at the shipped region, as its agents would decode them minute by minute."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from edge_agent import settings
from edge_agent.samples import DecodedScan, Instant
from edge_agent.settings import Plant
from firmware_sim import scenario
from firmware_sim.demo.agent_config import Surroundings, agent_config
from firmware_sim.devices.encoding import codec
from firmware_sim.scenario import Site
from firmware_sim.simulation import Endpoint
from sensor_profiles import loader

MINUTE_MS = 60_000
DAY_MIN = 1440
SUPPLY_ABOVE_RETURN = """
[[relation]]
name = "supply-above-return"
left = ["trm138.t_supply"]
op = ">="
right = ["trm138.t_return"]
margin = 1.0
when = { channel = "trm138.t_supply", above = 40.0 }
means = "swapped"

[[relation]]
name = "meter-agrees"
left = ["trm138.t_supply"]
op = "=="
right = ["tsrv.t_supply"]
margin = 2.0
"""


@cache
def region() -> scenario.Scenario:
    library = {name: loader.load(path) for name, path in loader.library().items()}
    return scenario.load(scenario.shipped("region"), library)


def site(name: str) -> Site:
    return next(site for site in region().sites if site.name == name)


@cache
def plant(name: str) -> Plant:
    """A site as its agent's configuration says, with relations where there are heat meters."""
    here = site(name)
    ends = [
        Endpoint(name, link.name, link.kind, port=f"/dev/{link.name}", baud=link.baud)
        if link.kind == "pty"
        else Endpoint(name, link.name, link.kind, host="127.0.0.1", tcp_port=502)
        for link in here.links
    ]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "agent.toml"
        text = agent_config(here, ends, Surroundings(outboxes=Path(folder)))
        file.write_text(text + SUPPLY_ABOVE_RETURN * (here.site_class == "boiler_house"), encoding="utf-8")
        return settings.load(file)


def scans(name: str, minutes: int, after_days: float = 0.0) -> Iterator[DecodedScan]:
    """One scan of each device a minute; the values are those that the encodings of its channels can say."""
    here, devices = site(name), plant(name).devices
    codecs = [[codec(c.field, c.scale, c.offset) for c in device.channels] for device in devices]
    start_s = region().start_s + after_days * 86_400
    for minute in range(minutes):
        now = here.plant.at(start_s + 60 * minute)
        taken = Instant(round(start_s * 1000) + minute * MINUTE_MS, minute * MINUTE_MS)
        for device, codes in zip(devices, codecs, strict=True):
            values = tuple(
                code.put(now[channel.name]).value
                for code, channel in zip(codes, device.channels, strict=True)
            )
            yield DecodedScan(device.name, taken, values, {})
