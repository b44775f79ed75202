"""The messages between an agent and the collector: frozen, versioned, self-describing.

Site and gateway stand in the MQTT topic, never in the payload. Times are integer milliseconds since
1970-01-01T00:00Z; monotonic times are milliseconds of the boot named beside them.

    Batch    agent → collector   readings under one sequence number; everything needed to store them
    Receipt  collector → agent   what is durably stored (not what has arrived)
    About    agent, retained     what the gateway has: devices, channels, units, limits
    Status   agent, retained     how it is; the last will says offline
    Command  collector → agent   one of a few things an agent may be told; none writes to a device
    Answer   agent → collector   what came of a command, once for each time it arrived

Reports of commissioning are messages, too: see `reports`.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

VERSION: Final = 1

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}\Z")]
"""A site, gateway, device or channel: 1–63 of a–z, 0–9, `_`, `-`; begins with a letter or digit."""

Epoch = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
"""Drawn at random when an outbox database is created, so that a lost database is seen."""

CommandId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
"""Drawn at random for each command."""

Sequence = Annotated[int, Meta(ge=1, le=2**53)]
Milliseconds = Annotated[int, Meta(ge=0, le=2**53)]
Value = float | str | None
"""Always finite; None where nothing was measured. Integers travel as float64: exact up to 2**53."""


class Clock(StrEnum):
    """How far the gateway's clock could be trusted when a scan was taken."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNSYNCED = "unsynced"


class Quality(StrEnum):
    """OPC UA's three statuses with a reason; a good reading carries none at all."""

    UNCERTAIN_CLOCK = "uncertain.clock"
    UNCERTAIN_AFTER_FAULT = "uncertain.after_fault"
    UNCERTAIN_NOISE = "uncertain.noise"
    UNCERTAIN_SPIKE = "uncertain.spike"
    UNCERTAIN_RATE = "uncertain.rate"
    UNCERTAIN_INCONSISTENT = "uncertain.inconsistent"
    UNCERTAIN_SWAPPED = "uncertain.swapped"
    UNCERTAIN_STUCK = "uncertain.stuck"
    UNCERTAIN_STALE = "uncertain.stale"
    UNCERTAIN_ASSUMED = "uncertain.assumed"
    BAD_NO_ANSWER = "bad.no_answer"
    BAD_GARBLED = "bad.garbled"
    BAD_REFUSED = "bad.refused"
    BAD_LINK_DOWN = "bad.link_down"
    BAD_NOT_FINITE = "bad.not_finite"
    BAD_SENTINEL = "bad.sentinel"
    BAD_DEVICE_STATUS = "bad.device_status"
    BAD_OUT_OF_RANGE = "bad.out_of_range"
    BAD_RATE = "bad.rate"
    BAD_NOT_TEXT = "bad.not_text"


QualityText = Annotated[str, Meta(pattern=r"^(uncertain|bad)\.[a-z0-9_]{1,40}\Z")]
"""On the wire a newer agent may know reasons this collector does not: kept as text, never refused."""


class Row(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One scan: the values of a table's channels at one time.

    `quality` maps the index of a channel to its reason; an index that is absent is good.
    `mono_ms` is the boot's monotonic clock at the same instant.
    """

    t_ms: Milliseconds
    values: tuple[Value, ...]
    quality: dict[int, QualityText] = {}
    clock: Clock = Clock.SYNCED
    mono_ms: Milliseconds = 0


class Table(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Scans of one device, its channels named once; every row has a value (or None) for each channel."""

    device: Name
    channels: tuple[Name, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        width = len(self.channels)
        for row in self.rows:
            if len(row.values) != width:
                raise ValueError(f"{self.device}: a row has {len(row.values)} values for {width} channels")
            if row.quality and not 0 <= min(row.quality) <= max(row.quality) < width:
                raise ValueError(f"{self.device}: quality of a channel that is not in the table")


class LossReason(StrEnum):
    """Why an agent gave readings up."""

    OUTBOX_FULL = "outbox_full"
    THINNED = "thinned"
    CORRUPT = "corrupt"
    CLOCK_UNKNOWN = "clock_unknown"


class Loss(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Readings that were in the outbox and will not come: an honest hole.

    Whatever of `first_seq`…`last_seq` the collector has not got is what was lost. Sequence 0 and times 0: not
    known (a corrupt outbox).
    """

    reason: LossReason
    from_ms: Milliseconds = 0
    to_ms: Milliseconds = 0
    first_seq: Milliseconds = 0
    last_seq: Milliseconds = 0
    readings: int = 0
    epoch: Epoch | None = None
    """The epoch that lost them, when it is not the batch's own."""


class AlarmCode(StrEnum):
    """What a gateway raises by itself; the text for a reader is made from the code and its parameters."""

    LOW_LOW = "low_low"
    LOW = "low"
    HIGH = "high"
    HIGH_HIGH = "high_high"
    RATE = "rate"
    STUCK = "stuck"
    SENSOR_BROKEN = "sensor_broken"
    DEVICE_SILENT = "device_silent"
    LINK_SILENT = "link_silent"
    BUS_OVERLOAD = "bus_overload"
    ANOMALY = "anomaly"
    RELATION_BROKEN = "relation_broken"


class AlarmState(StrEnum):
    """Where an occurrence of an alarm stands at the gateway; acknowledging is the dispatchers' business."""

    RAISED = "raised"
    UPDATED = "updated"
    CLEARED = "cleared"


class AlarmEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of one alarm at a gateway.

    `id` is the same from raised to cleared and never used again: code, device or link, channel, `since_ms`.
    `params` are the numbers of the sentence: value, limit, expected, score, … in the channel's unit.
    """

    id: Annotated[str, Meta(min_length=1, max_length=250)]
    code: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}\Z")]
    """An `AlarmCode`; a newer agent may know more, which are kept as text."""
    state: AlarmState
    t_ms: Milliseconds
    since_ms: Milliseconds
    device: Name | None = None
    channel: Name | None = None
    link: str | None = None
    priority: Annotated[int, Meta(ge=1, le=4)] = 3
    """1 is the most urgent."""
    clock: Clock = Clock.SYNCED
    params: dict[str, float | str | None] = {}


class Batch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the agent sends, byte for byte the same at each attempt."""

    v: Literal[1] = VERSION
    epoch: Epoch
    seq: Sequence
    boot: str
    site_class: Name
    """`boiler_house` or `air_post`: the measurement in InfluxDB."""
    alarms: tuple[AlarmEvent, ...] = ()
    tables: tuple[Table, ...] = ()
    losses: tuple[Loss, ...] = ()


class Receipt(Struct, frozen=True, kw_only=True):
    """The collector has these batches of this epoch durably: inclusive ranges of sequence numbers."""

    v: Literal[1] = VERSION
    epoch: Epoch
    ranges: tuple[tuple[Sequence, Sequence], ...]
    t_ms: Milliseconds = 0
    """The collector's clock when it was sent, to hold a gateway's clock against; 0: not said."""


class ChannelAbout(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One channel as its readers need it; limits are the valid range in the quantity's unit."""

    name: Name
    quantity: str
    unit: str
    low: float | None = None
    high: float | None = None
    title: str = ""
    titles: dict[str, str] = {}
    """By language, where the site wrote it so; `title` is for those who do not know of it."""


class DeviceAbout(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One device and how often it is read."""

    name: Name
    profile: str
    model: str
    link: str
    period_s: float
    channels: tuple[ChannelAbout, ...]


class About(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The gateway's birth certificate, retained."""

    v: Literal[1] = VERSION
    version: str
    epoch: Epoch
    boot: str
    site_class: Name
    site_title: str = ""
    site_titles: dict[str, str] = {}
    """By language, as the titles of channels."""
    started_ms: Milliseconds
    devices: tuple[DeviceAbout, ...]


class Presence(StrEnum):
    """`stopped` was said on purpose; `offline` is the broker speaking for a dead agent."""

    ONLINE = "online"
    STOPPED = "stopped"
    OFFLINE = "offline"


class LinkStatus(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A link since start: `load` is the share of time the line was busy in the last period, 0…1."""

    name: str
    up: bool
    load: float = 0.0
    requests: int = 0
    timeouts: int = 0
    garbled: int = 0
    refused: int = 0
    late_polls: int = 0


class OperatingMode(StrEnum):
    """What a site is doing, hence what is normal there.

    In `heating` and in `summer` (hot water only) detection judges, each by what it has learnt then; while
    the boilers are off or people work on the plant (`maintenance`) it neither judges nor learns. Limits,
    sensors and links are watched in every mode.
    """

    HEATING = "heating"
    SUMMER = "summer"
    OFF = "off"
    MAINTENANCE = "maintenance"


class Learning(Struct, frozen=True, array_like=True):
    """How far the detectors of a device are: rows seen of rows needed before they judge."""

    device: Name
    seen: int
    needed: int


class Status(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the gateway is, retained; every field but the first three is absent from a last will."""

    v: Literal[1] = VERSION
    state: Presence
    epoch: Epoch
    t_ms: Milliseconds = 0
    clock: Clock = Clock.SYNCED
    outbox_batches: int = 0
    outbox_readings: int = 0
    outbox_oldest_ms: Milliseconds = 0
    outbox_oldest_seq: Milliseconds = 0
    """Everything before it was sent and receipted, or given up: a hole below it will not be filled."""
    readings_taken: int = 0
    silent_devices: tuple[str, ...] = ()
    links: tuple[LinkStatus, ...] = ()
    mode: OperatingMode = OperatingMode.HEATING
    mode_until_ms: Milliseconds = 0
    """When the mode ends by itself; 0: not by itself."""
    learning: tuple[Learning, ...] = ()
    """Of the devices whose detectors do not judge yet."""
    config_version: int = 0
    """Of the configuration in use, as the collector numbered it; 0: it was written on the gateway."""


class Rebaseline(Struct, frozen=True, kw_only=True, tag="rebaseline"):
    """A person says that an anomaly was none: what is seen at this device now is normal."""

    device: Name


class SetMode(Struct, frozen=True, kw_only=True, tag="mode"):
    """The site changes to a mode, at the latest until a time (0: until told otherwise)."""

    mode: OperatingMode
    until_ms: Milliseconds = 0


class Configure(Struct, frozen=True, kw_only=True, tag="configure"):
    """A new configuration: checked, put to use, and taken back if the line does not return in time."""

    version: Annotated[int, Meta(ge=1)]
    toml: str
    confirm_s: Annotated[float, Meta(ge=10, le=3600)] = 300.0


Order = Rebaseline | SetMode | Configure
"""All that an agent may be told to do."""


class Command(Struct, frozen=True, kw_only=True):
    """An order to one gateway; obeying it twice does no more than obeying it once.

    `by` is who wants it, for the log of the gateway.
    """

    v: Literal[1] = VERSION
    id: CommandId
    t_ms: Milliseconds
    expires_ms: Milliseconds
    """Later it is answered with `expired` and not obeyed."""
    by: str
    order: Order


class CommandOutcome(StrEnum):
    """What came of a command."""

    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


class CommandAnswer(Struct, frozen=True, kw_only=True):
    """What came of a command; `says` is one English sentence for the person who sent it."""

    v: Literal[1] = VERSION
    id: str
    t_ms: Milliseconds
    outcome: CommandOutcome
    says: str = ""
