"""The agent's configuration for a simulated site, as a person on site would write it."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from firmware_sim.scenario import Device, Measured, Site
from firmware_sim.simulation import Endpoint


class Surroundings(Struct, frozen=True, kw_only=True):
    """What an agent needs to know beside its site."""

    broker_host: str = "127.0.0.1"
    broker_port: int = 1883
    outboxes: Path
    """The folder for them; each site has its own file there."""
    period_s: float = 60.0
    """Devices that measure less often are read as often as they measure."""
    clock: str = "system"
    profiles: tuple[Path, ...] = ()
    """Folders with profiles beside the shipped ones."""


def agent_config(site: Site, endpoints: Iterable[Endpoint], around: Surroundings) -> str:
    """The text of an agent's TOML file; channels bear the names of the plant's variables."""
    links = {end.link: end for end in endpoints if end.site == site.name}
    return "\n".join(_lines(site, links, around)) + "\n"


def write_agent_configs(
    sites: Iterable[Site], endpoints: Iterable[Endpoint], around: Surroundings, folder: Path
) -> list[Path]:
    """Write `<site>.toml` for each site.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ends, written = tuple(endpoints), []
    for site in sites:
        path = folder / f"{site.name}.toml"
        path.write_text(agent_config(site, ends, around), encoding="utf-8")
        written.append(path)
    return written


def _lines(site: Site, links: Mapping[str, Endpoint], around: Surroundings) -> Iterator[str]:
    yield _pair("gateway", site.gateway)
    if around.profiles:
        yield _pair("profiles", [str(folder) for folder in around.profiles])
    yield from _table("[site]", name=site.name, **{"class": site.site_class}, title=site.title)
    yield from _table("[broker]", host=around.broker_host, port=around.broker_port)
    yield from _table("[outbox]", path=str(around.outboxes / f"{site.name}.outbox.db"))
    yield from _table("[clock]", source=around.clock)
    for end in links.values():
        yield from _link(end)
    for device in site.devices:
        yield from _device(device, around.period_s)


def _link(end: Endpoint) -> Iterator[str]:
    yield from _table(
        "[[link]]", name=end.link, port=end.port, baud=end.baud, host=end.host, tcp_port=end.tcp_port
    )
    if end.kind == "rtu_tcp":
        yield _pair("rtu_over_tcp", True)


def _device(device: Device, period_s: float) -> Iterator[str]:
    yield from _table(
        "[[device]]",
        name=device.name,
        link=device.link,
        profile=device.profile.name,
        unit=device.unit,
        period_s=max(period_s, math.ceil(device.profile.timing.min_period_ms / 1000)),
    )
    for measured in device.channels:
        yield from _channel(measured)


def _channel(measured: Measured) -> Iterator[str]:
    """Only what differs from the profile, as far as a plant's variable can tell."""
    channel, variable = measured.channel, measured.variable
    name = measured.name if measured.name != channel.name else None
    header = f"[device.channels.{channel.name}]"
    if variable is None:
        yield from _table(header, name=name)
        return
    straight = (measured.scale, measured.offset) == (1.0, 0.0)
    own_range = not straight or channel.low is None or channel.high is None
    yield from _table(
        header,
        name=name,
        title=variable.title,
        quantity=variable.quantity.value if variable.quantity is not channel.quantity else None,
        low=variable.low if own_range else None,
        high=variable.high if own_range else None,
        scale=None if straight else channel.scale * measured.scale,
        offset=None if straight else channel.offset * measured.scale + measured.offset,
    )


def _table(header: str, **pairs: object) -> Iterator[str]:
    yield ""
    yield header
    for key, value in pairs.items():
        if value is not None:
            yield _pair(key, value)


def _pair(key: str, value: object) -> str:
    """Numbers, booleans and plain text are written in TOML as in JSON."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
