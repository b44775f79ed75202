"""`edge-agent check`: is the configuration usable? Nothing is opened, nobody is asked."""

import msgspec
import typer
from msgspec import Struct

from edge_agent import drivers, settings
from edge_agent.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail
from wire.config_file import ConfigError


class LinkSummary(Struct, frozen=True):
    """`load` is the share of the link's time that polling is estimated to take."""

    name: str
    devices: int
    load: float


class Summary(Struct, frozen=True):
    """What a configuration amounts to."""

    file: str
    site: str
    gateway: str
    links: tuple[LinkSummary, ...]
    devices: int
    channels: int


def check(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Check a configuration and the profiles it names, without touching any device."""
    try:
        plant = settings.load(config)
    except ConfigError as error:
        fail(error)
    for device in plant.devices:
        if device.profile.protocol not in drivers.protocols():
            known = ", ".join(drivers.protocols())
            fail(f"{config}: {device.name}: no driver for `{device.profile.protocol}`; known: {known}")
    summary = _summary(str(config), plant)
    typer.echo(msgspec.json.encode(summary).decode() if json else _line(summary))


def _summary(file: str, plant: settings.Plant) -> Summary:
    by_link = {link.name: [d for d in plant.devices if d.link == link.name] for link in plant.links}
    return Summary(
        file=file,
        site=plant.site,
        gateway=plant.gateway,
        links=tuple(
            LinkSummary(link.name, len(here), round(settings.line_load(link, here), 4))
            for link in plant.links
            for here in (by_link[link.name],)
        ),
        devices=len(plant.devices),
        channels=sum(len(device.channels) for device in plant.devices),
    )


def _line(summary: Summary) -> str:
    loads = ", ".join(f"{link.name} {link.load:.1%}" for link in summary.links)
    return (
        f"{summary.file}: good: links {len(summary.links)}, devices {summary.devices}, "
        f"channels {summary.channels}; estimated line load: {loads}"
    )
