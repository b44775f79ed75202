"""A scenario: which plants there are, which instruments see them, and by which way they are read.

    scenarios/region.toml ─▶ ScenarioFile (the file, table by table) ─▶ Scenario (joined with profiles)

A channel is given a plant variable, a number that stays, or a variable behind a transmitter:

    value_1 = "t_supply"
    value_2 = 21.5
    value_3 = { of = "p_supply", shown = [4, 20], means = [0, 1600] }     # 4–20 mA for 0–1600 kPa

Sensors break as the story goes: `breaks = [{ channel = "value_1", after_s = 30, for_s = 20 }]`; whatever else
goes wrong is an `[[event]]`, see `firmware_sim.story`. A scenario may add to the sites of another one
(`base`), and a site may have the links and devices of another one (`like`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from firmware_sim import story, telling
from firmware_sim.plant import Plant
from firmware_sim.plant.air_post import AirPost
from firmware_sim.plant.boiler_house import BoilerHouse
from firmware_sim.plant.events import Event
from firmware_sim.plant.fuel import FUELS
from firmware_sim.plant.noise import Array
from firmware_sim.plant.variables import Variable
from firmware_sim.plant.weather import Weather
from firmware_sim.scenario_file import Break, DeviceTable, LinkTable, ScenarioFile, SiteTable, Transmitter
from firmware_sim.story import Eyes, Truth
from firmware_sim.telling import AS_WRITTEN, Setting, Telling
from sensor_profiles.model import Channel, Profile
from wire import config_file
from wire.config_file import ConfigError, Path_, error_at, nearest
from wire.messages import Value

__all__ = [
    "SHIPPED",
    "Device",
    "LinkTable",
    "Measured",
    "Scenario",
    "ScenarioFile",
    "Site",
    "load",
    "shipped",
]

SHIPPED = Path(__file__).parent / "scenarios"
Numbers = TypeVar("Numbers", float, Array)


class Measured(Struct, frozen=True):
    """One channel of an instrument: `name` is what it is called at the site.

    value = shown · scale + offset, where `shown` is in the profile's unit. `variable` is None for a number
    that stays.
    """

    channel: Channel
    name: str
    variable: Variable | None
    scale: float = 1.0
    offset: float = 0.0
    constant: float | None = None

    def shown(self, plant: Mapping[str, Numbers]) -> Numbers | float:
        """What the instrument should show now, or at many instants."""
        if self.constant is not None:
            return self.constant
        return (plant[self.name] - self.offset) / self.scale


class Device(Struct, frozen=True):
    """An instrument joined with its profile."""

    name: str
    profile: Profile
    link: str
    unit: int
    streaming: bool
    breaks: tuple[Break, ...]
    channels: tuple[Measured, ...]
    power: str = "ups"

    @property
    def measuring(self) -> tuple[Measured, ...]:
        """The channels that measure something; the others show a number that stays."""
        return tuple(measured for measured in self.channels if measured.variable is not None)

    def shown_over(self, plant: Mapping[str, Array], told_s: Array) -> dict[str, Array]:
        """The same as `shown` for many instants; NaN where the sensor is broken."""
        found = {m.channel.name: np.broadcast_to(m.shown(plant), told_s.shape) for m in self.channels}
        for one in self.breaks:
            broken = (one.after_s <= told_s) & (told_s < one.after_s + one.for_s)
            found[one.channel] = np.where(broken, np.nan, found[one.channel])
        return found

    def shown(self, plant: Mapping[str, float], told_s: float) -> dict[str, Value]:
        """What the instrument should show on each profile channel; None where the sensor is broken.

        Args:
            plant: the variables now.
            told_s: plant seconds since the story began.
        """
        broken = {b.channel for b in self.breaks if b.lasts(told_s)}
        return {m.channel.name: None if m.channel.name in broken else m.shown(plant) for m in self.channels}


class Site(Struct, frozen=True):
    """A plant with its instruments and links."""

    name: str
    site_class: str
    gateway: str
    title: str
    plant: Plant
    links: tuple[LinkTable, ...]
    devices: tuple[Device, ...]
    seed: str = ""
    events: tuple[Event, ...] = ()

    @property
    def eyes(self) -> Eyes:
        """What can be seen of the plant."""
        return Eyes(
            site_class=self.site_class,
            links=tuple(link.name for link in self.links),
            devices=tuple(device.name for device in self.devices),
            points=tuple((device.name, m.name) for device in self.devices for m in device.measuring),
            on_mains=tuple(device.name for device in self.devices if device.power == "mains"),
        )


class Scenario(Struct, frozen=True):
    """A story, ready to run; times are plant seconds since 1970."""

    title: str
    start_s: float
    speed: float
    sites: tuple[Site, ...]
    truths: tuple[Truth, ...] = ()


def load(path: Path, library: Mapping[str, Profile], told: Telling = AS_WRITTEN) -> Scenario:
    """Read a scenario and join it with the profiles it names.

    Args:
        path: the file.
        library: the profiles by name.
        told: another seed, season or severity than the file's.

    Raises:
        ConfigError: the first thing that is wrong, in one sentence.
    """
    text = config_file.read(path)
    return _Resolver(text, path, library).scenario(config_file.parse(text, ScenarioFile, str(path)), told)


def shipped(name: str) -> Path:
    """The file of a scenario that comes with the program.

    Raises:
        ConfigError: there is none of this name.
    """
    known = {path.stem: path for path in SHIPPED.rglob("*.toml")}
    if name not in known:
        raise ConfigError(f"no scenario `{name}`{nearest(name, sorted(known))}")
    return known[name]


class _Resolver:
    """Joins the tables of one file; every complaint names its line."""

    def __init__(self, text: str, path: Path, library: Mapping[str, Profile]) -> None:
        self._text, self._path, self._library = text, path, library

    def scenario(self, file: ScenarioFile, told: Telling) -> Scenario:
        if file.start.tzinfo is None:
            raise self._error(("start",), "say the zone as well, such as 2026-01-26T03:00:00+05:00")
        setting = telling.setting(file.start, file.seed, file.outdoor_c, told)
        sites = self._based(file, setting) + self.sites(file, setting)
        self._once([site.name for site in sites], ("site",))
        return self._storied(file, setting, sites, told)

    def _storied(
        self, file: ScenarioFile, setting: Setting, sites: tuple[Site, ...], told: Telling
    ) -> Scenario:
        """What happens at the sites, and what should be raised for it."""
        eyes = {site.name: site.eyes for site in sites}
        start_s, shift_s = setting.start_s, setting.start_s - file.start.timestamp()
        try:
            happening = story.events(file.events, eyes, start_s, shift_s, told)
            stated = story.truths(file.truths, eyes, start_s, shift_s)
        except story.MisfitError as error:
            raise self._error(error.path, str(error)) from None
        derived = (story.truth_of(table, event, eyes[table.site]) for table, event in happening)
        return Scenario(
            file.title,
            start_s,
            file.speed,
            tuple(
                replace(site, events=tuple(event for table, event in happening if table.site == site.name))
                for site in sites
            ),
            tuple(truth for truth in (*derived, *stated) if truth is not None),
        )

    def sites(self, file: ScenarioFile, setting: Setting) -> tuple[Site, ...]:
        """The sites of this file itself."""
        return tuple(self._site(("site", n), self._likened(n, file), setting) for n in range(len(file.sites)))

    def _based(self, file: ScenarioFile, setting: Setting) -> tuple[Site, ...]:
        """The sites of the file that this one adds to."""
        if file.base is None:
            return ()
        path = self._path.parent / file.base
        text = config_file.read(path)
        return _Resolver(text, path, self._library).sites(
            config_file.parse(text, ScenarioFile, str(path)), setting
        )

    def _likened(self, n: int, file: ScenarioFile) -> SiteTable:
        """A site with what it has of another one."""
        site, others = file.sites[n], {site.name: site for site in file.sites[:n]}
        if site.like is None:
            return site
        if site.like not in others:
            raise self._unknown(("site", n, "like"), "site above it", site.like, others)
        other = others[site.like]
        return replace(site, links=other.links + site.links, devices=other.devices + site.devices)

    def _site(self, at: Path_, site: SiteTable, setting: Setting) -> Site:
        self._once([link.name for link in site.links], (*at, "link"))
        self._once([device.name for device in site.devices], (*at, "device"))
        for n, link in enumerate(site.links):
            if link.kind == "pty" and link.by_id is None:
                raise self._error((*at, "link", n, "by_id"), "a pty needs a name to stand under")
        seed = f"{setting.seed}/{site.name}"
        plant = self._plant(at, site, seed, setting.weather)
        devices = tuple(self._device((*at, "device", n), d, site, plant) for n, d in enumerate(site.devices))
        return Site(site.name, site.site_class, site.gateway, site.title, plant, site.links, devices, seed)

    def _plant(self, at: Path_, site: SiteTable, own: str, weather: Weather) -> Plant:
        if site.site_class == "air_post":
            return AirPost(own, weather)
        if site.fuel not in FUELS:
            raise self._unknown((*at, "fuel"), "fuel", site.fuel, FUELS)
        return BoilerHouse(own, weather, design_kw=site.design_kw, fuel=FUELS[site.fuel])

    def _device(self, at: Path_, device: DeviceTable, site: SiteTable, plant: Plant) -> Device:
        links = {link.name: link for link in site.links}
        if device.link not in links:
            raise self._unknown((*at, "link"), "link", device.link, links)
        if device.profile not in self._library:
            raise self._unknown((*at, "profile"), "profile", device.profile, self._library)
        profile = self._library[device.profile]
        channels = tuple(
            self._measured((*at, "channels", name), name, source, profile, plant)
            for name, source in device.channels.items()
        )
        self._once([measured.name for measured in channels], (*at, "channels"))
        for n, broken in enumerate(device.breaks):
            if broken.channel not in device.channels:
                raise self._unknown((*at, "breaks", n), "channel", broken.channel, device.channels)
        unit = profile.unit if device.unit is None else device.unit
        return Device(
            device.name,
            profile,
            device.link,
            unit,
            device.streaming,
            device.breaks,
            channels,
            device.power,
        )

    def _measured(
        self, at: Path_, name: str, source: str | float | Transmitter, profile: Profile, plant: Plant
    ) -> Measured:
        channels = {channel.name: channel for channel in profile.channels}
        if name not in channels:
            raise self._unknown(at, f"channel of {profile.name}", name, channels)
        if isinstance(source, float):
            return Measured(channels[name], name, None, constant=source)
        variable = source if isinstance(source, str) else source.of
        if variable not in plant.variables:
            raise self._unknown(at, "plant variable", variable, plant.variables)
        scale, offset = (1.0, 0.0) if isinstance(source, str) else self._line(at, source)
        return Measured(channels[name], variable, plant.variables[variable], scale, offset)

    def _line(self, at: Path_, source: Transmitter) -> tuple[float, float]:
        (low, high), (least, most) = source.shown, source.means
        if low == high or least == most:
            raise self._error(at, "`shown` and `means` need two different ends each")
        scale = (most - least) / (high - low)
        return scale, least - scale * low

    def _once(self, names: list[str], at: Path_) -> None:
        for n, name in enumerate(names):
            if name in names[:n]:
                raise self._error(at, f"`{name}` is there twice")

    def _unknown(self, at: Path_, what: str, wrong: str, known: Mapping[str, object]) -> ConfigError:
        return self._error(at, f"no {what} `{wrong}`{nearest(wrong, sorted(known))}")

    def _error(self, at: Path_, message: str) -> ConfigError:
        return error_at(self._text, str(self._path), at, message)
