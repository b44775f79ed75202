"""The configuration file, table by table; `config/agent.toml` shows every key."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms
from edge_agent.settings.calibration import CalibrationTable
from edge_agent.settings.checks import ChecksTable
from edge_agent.settings.detection import DetectTable, DeviceDetectTable
from edge_agent.settings.poll import PollTable
from edge_agent.settings.relations import RelationTable
from sensor_profiles.gases import Share
from wire.broker import Broker
from wire.messages import Name
from wire.quantities import Quantity
from wire.titles import Title

Positive = Annotated[float, Meta(gt=0)]


class SiteTable(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"site_class": "class"}
):
    name: Name
    site_class: Literal["boiler_house", "air_post"]
    title: Title = ""


class OutboxTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: str = "/var/lib/ulba/agent/outbox.db"
    max_mb: Annotated[int, Meta(ge=1)] = 512
    receipt_timeout_s: Positive = 10.0
    """Unanswered for so long, a batch is sent again; doubles up to a minute."""


class ClockTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: Literal["kernel", "system"] = "kernel"
    """`kernel` asks whether NTP has set the clock; `system` trusts it (no kernel discipline: some VMs)."""
    wait_s: Annotated[float, Meta(ge=0)] = 600.0
    """How long readings wait for a clock that is plausible but not confirmed."""


class LinkTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to devices: a serial line (`port`) or a TCP endpoint (`host`)."""

    name: Name
    port: str | None = None
    """Under /dev/serial/by-id/, which names the adapter, not the socket it was put into."""
    baud: Annotated[int, Meta(ge=300)] | None = None
    bytesize: Literal[7, 8] | None = None
    parity: Literal["N", "E", "O"] | None = None
    stopbits: Literal[1, 2] | None = None
    host: str | None = None
    tcp_port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    rtu_over_tcp: bool = False
    """The endpoint is a serial server: RTU frames in a TCP stream; a Modbus TCP gateway is none."""
    dead_share: Annotated[float, Meta(gt=0, le=0.5)] = 0.1
    """At most this share of the line's time is spent on devices that do not answer."""


Point = tuple[float, float]


class TankTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a tank was calibrated; see `tanks`."""

    points: tuple[Point, ...]
    """Level (after scale and offset), litres."""


class AirTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The air at the site, for gas instruments that count ppm or ppb; see `air`."""

    temperature: float | str = 20.0
    """°C, or `device.channel`."""
    pressure: float | str = 101.325
    """kPa, or `device.channel`."""


class ChannelTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a profile's channel means at this site; whatever is left out stays as the profile says."""

    name: Name | None = None
    quantity: Quantity | None = None
    title: Title | None = None
    """For all, or for each language; a plain one that the project's table of titles has is translated."""
    low: float | None = None
    high: float | None = None
    scale: float | None = None
    offset: float | None = None
    measured_in: Share | None = None
    """A gas instrument that counts ppm or ppb, where the profile cannot know."""
    table: TankTable | None = None
    alarms: ChannelAlarms | None = None
    """What is watched on this channel by itself; left out, only whether its sensor works."""
    checks: ChecksTable | None = None
    """How it is doubted; left out, as its quantity usually is."""
    detect: bool | None = None
    """Whether the detectors watch it; left out, unless its quantity only counts or jumps."""


class DeviceTable(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"calibrations": "calibration"}
):
    name: Name
    link: Name
    profile: str
    unit: Annotated[int, Meta(ge=0, le=99_999_999)] | None = None
    password: str | None = None
    """Of an instrument that wants one: env:NAME or credential:NAME; left out, the factory's."""
    period_s: Annotated[float, Meta(ge=1, le=86400)] = 60.0
    timeout_ms: Annotated[int, Meta(ge=10)] | None = None
    channels: dict[str, ChannelTable] = {}
    """Profile channel → what it is here. Empty: all of them, as the profile names them."""
    detect: DeviceDetectTable = DeviceDetectTable()
    calibrations: tuple[CalibrationTable, ...] = ()
    """At most one of a channel; `edge-agent calibrate` writes them."""


class AgentFile(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"links": "link", "devices": "device", "relations": "relation"},
):
    site: SiteTable
    gateway: Name
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    profiles: tuple[str, ...] = ()
    """Folders with profiles of your own; they come before the ones that are shipped."""
    broker: Broker = Broker()
    outbox: OutboxTable = OutboxTable()
    clock: ClockTable = ClockTable()
    poll: PollTable = PollTable()
    air: AirTable = AirTable()
    alarms: AlarmsTable = AlarmsTable()
    detect: DetectTable = DetectTable()
    links: tuple[LinkTable, ...]
    devices: tuple[DeviceTable, ...]
    relations: tuple[RelationTable, ...] = ()
