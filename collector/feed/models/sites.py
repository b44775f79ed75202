"""Sites with their gateways and live values, trends, sparklines."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from collector.feed.models.alarms import Alarm
from collector.feed.models.people import Language

PointName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}$",
        description="site/device/channel",
        examples=["bh-01/boiler-1/t_supply"],
    ),
]
Number = float | None


class Progress(BaseModel):
    """How far detectors have learnt: rows seen of rows needed, of all devices that still learn."""

    seen: int
    needed: int


class GatewayState(BaseModel):
    """How a gateway is."""

    gateway: str
    state: str = Field(description="online, stopped, offline, or unknown.", examples=["online"])
    newest_ms: int | None = Field(description="Its newest reading.")
    mode: str | None = Field(examples=["heating"])
    learning: Progress | None


class Headline(BaseModel):
    """The newest value of a channel."""

    channel: str
    title: str
    value: float | str | None
    unit: str = Field(description="UCUM.", examples=["Cel"])
    quality: str | None = Field(description="Null: good; else `uncertain.…` or `bad.…`.")
    t_ms: int | None


class Site(BaseModel):
    """A boiler house or an air post, as a tile of the overview shows it."""

    model_config = ConfigDict(title="Site")

    site: str
    title: str
    group: str
    class_: str = Field(alias="class", description="boiler_house or air_post; empty: not known yet.")
    lat: float | None
    lon: float | None
    gateways: list[GatewayState]
    newest_ms: int | None
    stale: bool = Field(description="One of its gateways brings nothing new.")
    worst_priority: int | None
    unacknowledged: int
    active: int
    headline: list[Headline] = Field(max_length=4)


class SiteList(BaseModel):
    """All sites that may be read."""

    server_ms: int
    sites: list[Site]


class ChannelValue(Headline):
    """A channel with its newest value; `low` and `high` are the valid range."""

    quantity: str
    low: float | None
    high: float | None
    point: str


class DeviceValues(BaseModel):
    """A device with its channels."""

    device: str
    model: str
    link: str
    period_s: float
    gateway: str
    channels: list[ChannelValue]


class SiteDetail(Site):
    """A site with all its values and listed alarms."""

    model_config = ConfigDict(title="SiteDetail")

    devices: list[DeviceValues]
    alarms: list[Alarm]


class RangeAsked(BaseModel):
    """A point and a time range; `every_ms` is the width of a bucket."""

    point: PointName
    from_ms: int = Field(ge=0, le=2**53)
    to_ms: int = Field(ge=0, le=2**53)
    every_ms: int = Field(default=0, ge=0, le=2**53, description="0: some 500 buckets.")
    lang: Language | None = None


class Band(BaseModel):
    """What is usual: the middle 90 % of the same hour on the 14 days before, one value an hour."""

    t: list[int]
    low: list[Number]
    high: list[Number]


class AlarmMark(BaseModel):
    """When an alarm of the point stood."""

    key: str
    priority: int
    from_ms: int
    to_ms: int | None = Field(description="Null: it still does.")
    title: str


class Trend(BaseModel):
    """A point over time; a bucket is named by its beginning, an empty one is left out."""

    model_config = ConfigDict(title="Trend")

    point: str
    unit: str
    title: str
    t: list[int]
    mean: list[Number]
    min: list[Number]
    max: list[Number]
    expected: Band | None
    alarms: list[AlarmMark]
    every_ms: int


class Sparkline(BaseModel):
    """The last two hours of a point, 60 values at most."""

    t: list[int]
    v: list[Number]


class Sparklines(BaseModel):
    """Point → its last two hours; points without readings have empty ones."""

    points: dict[str, Sparkline]
