"""A scenario as it is written, table by table; `firmware_sim.scenario` joins it with profiles and plants."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from firmware_sim.story import EventTable, TruthTable
from wire.messages import Name


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
    power: Literal["ups", "mains"] = "ups"
    """Whether it goes on without mains."""
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
    like: Name | None = None
    """The site of this file whose links and devices it has as well."""
    links: tuple[LinkTable, ...] = ()
    devices: tuple[DeviceTable, ...] = ()


class ScenarioFile(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"sites": "site", "events": "event", "truths": "truth"},
):
    title: str
    seed: int = 1
    start: datetime
    """Plant time at which the story begins, with its zone."""
    speed: Annotated[float, Meta(gt=0)] = 1.0
    """Plant seconds a second."""
    outdoor_c: float | None = None
    """The day's mean outdoors when the story begins; None: as the seed has it."""
    base: str | None = None
    """A scenario whose sites are there too; counted from this file."""
    sites: tuple[SiteTable, ...] = ()
    events: tuple[EventTable, ...] = ()
    truths: tuple[TruthTable, ...] = ()
