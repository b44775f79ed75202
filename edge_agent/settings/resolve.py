"""From the file to the plant: devices find their profiles, links their devices."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from edge_agent.settings import air, alarms, calibration, lines, poll
from edge_agent.settings.alarms import AlarmsTable
from edge_agent.settings.channels import channel_alarms, channel_checks, channels
from edge_agent.settings.checks import Points
from edge_agent.settings.page import Page
from edge_agent.settings.plant import Device, Link, Plant
from edge_agent.settings.relations import Relation, relations
from edge_agent.settings.tables import AgentFile, DeviceTable, LinkTable
from edge_agent.settings.watching import detection
from sensor_profiles import loader
from sensor_profiles.model import Profile
from wire import config_file
from wire.config_file import Path_, nearest
from wire.titles import by_language, plain


def load(path: Path) -> Plant:
    """Read and check a configuration without any I/O to devices.

    Raises:
        ConfigError: the first thing that is wrong, in one sentence.
    """
    return parse(config_file.read(path), path)


def parse(text: str, path: Path, name: str = "") -> Plant:
    """Check a configuration as if it stood in a file.

    Args:
        text: TOML.
        path: the file; relative folders are counted from it.
        name: stands for the file in errors, where the text is not its own.

    Raises:
        ConfigError: the first thing that is wrong, in one sentence.
    """
    page = Page(name or str(path), text)
    file = config_file.parse(page.text, AgentFile, page.name)
    folders = tuple(_folders(page, path.parent, file))
    page.distinct("link", "name", [link.name for link in file.links])
    page.distinct("link", "port", [link.port for link in file.links])
    page.distinct("device", "name", [device.name for device in file.devices])
    for index, link in enumerate(file.links):
        lines.check(page, ("link", index), link)
    alarms.check_counts(page, file.alarms)
    poll.check(page, file.poll)
    devices = _devices(page, file, loader.library(folders))
    return Plant(
        site=file.site.name,
        site_class=file.site.site_class,
        site_title=plain(file.site.title),
        site_titles=by_language(file.site.title),
        gateway=file.gateway,
        log_level=file.log_level,
        broker=file.broker,
        outbox=file.outbox,
        clock=file.clock,
        links=tuple(_links(page, file, devices)),
        devices=devices,
        alarms=file.alarms,
        relations=_relations(page, file, devices),
        poll=file.poll,
        air=air.air(page, file.air, Points({device.name: device.channels for device in devices})),
        detection=detection(page, file, [(device.channels, device.period_ms) for device in devices]),
    )


def _relations(page: Page, file: AgentFile, devices: tuple[Device, ...]) -> tuple[Relation, ...]:
    """Relations, and the peers of channels: both may name channels of every device."""
    points = Points({device.name: device.channels for device in devices})
    for index, table in enumerate(file.devices):
        for key, channel in table.channels.items():
            for peer in channel.checks.peers if channel.checks else ():
                points.find(page, ("device", index, "channels", key, "checks", "peers"), peer)
    page.distinct("relation", "name", [table.name for table in file.relations])
    return relations(page, file.relations, points)


def _folders(page: Page, beside: Path, file: AgentFile) -> Iterator[Path]:
    """The folders of `profiles`; a relative one is counted from the configuration file."""
    for index, name in enumerate(file.profiles):
        folder = beside / name
        if not folder.is_dir():
            raise page.error(("profiles", index), f"{folder}: no such folder; correct it or create it")
        yield folder


def _links(page: Page, file: AgentFile, devices: tuple[Device, ...]) -> Iterator[Link]:
    for index, link in enumerate(file.links):
        here = tuple(device for device in devices if device.link == link.name)
        yield lines.complete(page, ("link", index), link, here)


def _devices(page: Page, file: AgentFile, library: Mapping[str, Path]) -> tuple[Device, ...]:
    links = {link.name: link for link in file.links}
    profiles: dict[str, Profile] = {}
    taken: dict[tuple[str, int], str] = {}
    found: list[Device] = []
    for index, table in enumerate(file.devices):
        path: Path_ = ("device", index)
        if table.link not in links:
            raise page.error((*path, "link"), f"there is no link `{table.link}`{nearest(table.link, links)}")
        if table.profile not in library:
            message = f"there is no profile `{table.profile}`{nearest(table.profile, library)}"
            raise page.error((*path, "profile"), message)
        if table.profile not in profiles:
            profiles[table.profile] = loader.load(library[table.profile])
        found.append(_device(page, path, table, profiles[table.profile], file.alarms))
        _refuse_wrong_link(page, path, links[table.link], profiles[table.profile])
        _refuse_taken(page, path, found[-1], taken)
    return tuple(found)


def _device(page: Page, path: Path_, table: DeviceTable, profile: Profile, defaults: AlarmsTable) -> Device:
    """One device with what its table leaves to the profile."""
    period_ms = round(table.period_s * 1000)
    least_ms = profile.timing.min_period_ms
    if period_ms < least_ms:
        message = (
            f"{table.period_s:g} s is too often: {profile.name} has new values every {least_ms / 1000:g} s"
        )
        raise page.error((*path, "period_s"), message)
    _refuse_wrong_access(page, path, table, profile)
    here = channels(page, path, table, profile)
    origins = tuple(c.name for c in profile.channels if c.name in table.channels or not table.channels)
    known = calibration.applied(page, path, table.calibrations, origins, here)
    return Device(
        name=table.name,
        link=table.link,
        profile=profile,
        unit=profile.unit if table.unit is None else table.unit,
        period_ms=period_ms,
        timeout_ms=table.timeout_ms or profile.timing.timeout_ms,
        channels=known,
        alarms=channel_alarms(page, path, table, known, defaults),
        checks=channel_checks(page, path, table, known),
        password=table.password,
        calibrations=table.calibrations,
        instrument=here if table.calibrations else (),
        origins=origins,
    )


def _refuse_wrong_access(page: Page, path: Path_, table: DeviceTable, profile: Profile) -> None:
    """An address the instrument cannot have, or a password it does not know or that is written out."""
    if table.unit is not None and table.unit > profile.last_unit:
        message = f"{table.unit} is no address of {profile.name}: it can have 0 to {profile.last_unit}"
        raise page.error((*path, "unit"), message)
    if table.password is None:
        return
    if profile.password is None:
        raise page.error((*path, "password"), f"{profile.name} has no password for reading; remove it")
    if not table.password.startswith(("env:", "credential:")):
        raise page.error((*path, "password"), "a secret is written env:NAME or credential:NAME, never itself")


def _refuse_wrong_link(page: Page, path: Path_, link: LinkTable, profile: Profile) -> None:
    """Behind a serial server any serial instrument is reached, behind a gateway those that speak Modbus."""
    over_mbap = link.host is not None and not link.rtu_over_tcp
    if over_mbap and profile.tcp_port is None and profile.protocol != lines.MODBUS:
        raise page.error(
            (*path, "link"),
            f"{profile.name} speaks no Modbus and `{link.name}` is Modbus TCP; "
            f"if {link.host} is a serial server, write rtu_over_tcp = true in that link",
        )


def _refuse_taken(page: Page, path: Path_, device: Device, taken: dict[tuple[str, int], str]) -> None:
    """Two devices with one address answer at once."""
    here = (device.link, device.unit)
    if here in taken:
        raise page.error(
            (*path, "unit"),
            f"{device.unit} is also the unit of {taken[here]} on `{device.link}`; "
            "give one of the instruments another address and write it here",
        )
    taken[here] = device.name
