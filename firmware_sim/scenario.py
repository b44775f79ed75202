"""A scenario: which plants there are, which instruments see them, and by which way they are read.

    scenarios/region.toml ─▶ ScenarioFile (the file, table by table) ─▶ Scenario (joined with profiles)

A channel is given a plant variable, a number that stays, or a variable behind a transmitter:

    value_1 = "t_supply"
    value_2 = 21.5
    value_3 = { of = "p_supply", shown = [4, 20], means = [0, 1600] }     # 4–20 mA for 0–1600 kPa

Sensors break as the story goes: `breaks = [{ channel = "value_1", after_s = 30, for_s = 20 }]`.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from firmware_sim.plant import Plant
from firmware_sim.plant.air_post import AirPost
from firmware_sim.plant.boiler_house import BoilerHouse
from firmware_sim.plant.fuel import FUELS
from firmware_sim.plant.variables import Variable
from firmware_sim.plant.weather import Weather
from sensor_profiles.model import Channel, Profile
from wire import config_file
from wire.config_file import ConfigError, Path_, error_at, nearest
from wire.messages import Name, Value

SHIPPED = Path(__file__).parent / "scenarios"


class Transmitter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A straight line between what is measured (`means`) and what the instrument shows (`shown`)."""

    of: str
    shown: tuple[float, float]
    means: tuple[float, float]


class LinkTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to instruments; a `pty` stands under a name like those of /dev/serial/by-id/."""

    name: Name
    kind: Literal["tcp", "rtu_tcp", "pty"]
    by_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][\w.:-]{0,120}\Z")] | None = None
    baud: Annotated[int, Meta(ge=300)] = 9600
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    """TCP port; 0 takes a free one."""


class Break(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sensor that gives nothing for a while; plant seconds since the story began."""

    channel: str
    after_s: Annotated[float, Meta(ge=0)]
    for_s: Annotated[float, Meta(gt=0)]

    def lasts(self, told_s: float) -> bool:
        """Whether it is broken when the story has gone on for so long."""
        return self.after_s <= told_s < self.after_s + self.for_s


class DeviceTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    profile: str
    link: Name
    unit: Annotated[int, Meta(ge=0, le=255)] | None = None
    streaming: bool = False
    """Instruments that can send unasked do so."""
    breaks: tuple[Break, ...] = ()
    """Sensors that break in the course of the story."""
    channels: dict[str, str | float | Transmitter]


class SiteTable(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"site_class": "class", "links": "link", "devices": "device"},
):
    name: Name
    site_class: Literal["boiler_house", "air_post"]
    gateway: Name
    title: str = ""
    design_kw: Annotated[float, Meta(gt=0)] = 3000.0
    """Boiler houses: the heat load at the design frost."""
    fuel: str = "coal"
    links: tuple[LinkTable, ...]
    devices: tuple[DeviceTable, ...]


class ScenarioFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"sites": "site"}):
    title: str
    seed: int = 1
    start: datetime
    """Plant time at which the story begins, with its zone."""
    speed: Annotated[float, Meta(gt=0)] = 1.0
    """Plant seconds a second."""
    sites: tuple[SiteTable, ...]


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

    def shown(self, plant: Mapping[str, float]) -> float:
        """What the instrument should show now."""
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


class Scenario(Struct, frozen=True):
    """A story, ready to run; times are plant seconds since 1970."""

    title: str
    start_s: float
    speed: float
    sites: tuple[Site, ...]


def load(path: Path, library: Mapping[str, Profile]) -> Scenario:
    """Read a scenario and join it with the profiles it names.

    Raises:
        ConfigError: the first thing that is wrong, in one sentence.
    """
    text = config_file.read(path)
    return _Resolver(text, str(path), library).scenario(config_file.parse(text, ScenarioFile, str(path)))


def shipped(name: str) -> Path:
    """The file of a scenario that comes with the program.

    Raises:
        ConfigError: there is none of this name.
    """
    known = {path.stem: path for path in SHIPPED.glob("*.toml")}
    if name not in known:
        raise ConfigError(f"no scenario `{name}`{nearest(name, sorted(known))}")
    return known[name]


class _Resolver:
    """Joins the tables of one file; every complaint names its line."""

    def __init__(self, text: str, name: str, library: Mapping[str, Profile]) -> None:
        self._text, self._name, self._library = text, name, library

    def scenario(self, file: ScenarioFile) -> Scenario:
        if file.start.tzinfo is None:
            raise self._error(("start",), "say the zone as well, such as 2026-01-26T03:00:00+05:00")
        self._once([site.name for site in file.sites], ("site",))
        weather = Weather(file.seed)
        sites = tuple(self._site(("site", n), site, file.seed, weather) for n, site in enumerate(file.sites))
        return Scenario(file.title, file.start.timestamp(), file.speed, sites)

    def _site(self, at: Path_, site: SiteTable, seed: int, weather: Weather) -> Site:
        self._once([link.name for link in site.links], (*at, "link"))
        self._once([device.name for device in site.devices], (*at, "device"))
        for n, link in enumerate(site.links):
            if link.kind == "pty" and link.by_id is None:
                raise self._error((*at, "link", n, "by_id"), "a pty needs a name to stand under")
        plant = self._plant(at, site, seed, weather)
        devices = tuple(self._device((*at, "device", n), d, site, plant) for n, d in enumerate(site.devices))
        return Site(site.name, site.site_class, site.gateway, site.title, plant, site.links, devices)

    def _plant(self, at: Path_, site: SiteTable, seed: int, weather: Weather) -> Plant:
        own = f"{seed}/{site.name}"
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
        return Device(device.name, profile, device.link, unit, device.streaming, device.breaks, channels)

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
        return error_at(self._text, self._name, at, message)
