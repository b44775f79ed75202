"""What passes from stage to stage in the collector."""

from enum import StrEnum

from msgspec import Struct

from wire.messages import About, Batch, CommandAnswer, Loss, Status, Value
from wire.reports import Report, ReportDocument
from wire.topics import Gateway


class Arrival(Struct, frozen=True):
    """A batch and the gateway its topic names."""

    gateway: Gateway
    batch: Batch


class StoredReading(Struct, frozen=True):
    """One reading as it is read back; `quality` is None when it is good."""

    site: str
    gateway: str
    device: str
    channel: str
    t_ms: int
    value: Value
    quality: str | None


class Selection(Struct, frozen=True, kw_only=True):
    """Which readings: a glob over `site/device/channel`, a half-open time range, an optional bucket."""

    points: str = "*"
    start_ms: int = 0
    end_ms: int = 2**53
    every_ms: int | None = None
    """Downsample to buckets of this length, aligned to the epoch; only good and uncertain numbers count."""
    aggregate: str = "mean"
    """mean, min, max, last or count."""


class Refused(Struct, frozen=True):
    """A scan the store will never take, and why."""

    gateway: Gateway
    device: str
    t_ms: int
    reason: str


class Arrived(Struct, frozen=True):
    """What the ledger needs of a batch.

    The times, Unix ms, are its first and last; a batch without readings has the time it came.
    """

    gateway: Gateway
    epoch: str
    seq: int
    first_ms: int
    last_ms: int
    losses: tuple[Loss, ...] = ()


class News(Struct, frozen=True):
    """What a gateway says about itself; only the newest of each kind counts."""

    gateway: Gateway
    message: About | Status


class Answered(Struct, frozen=True):
    """What a gateway says came of a command."""

    gateway: Gateway
    answer: CommandAnswer


class Reported(Struct, frozen=True):
    """The report of a commissioning, and what stands in it."""

    gateway: Gateway
    report: Report
    document: ReportDocument


class Announcement(Struct, frozen=True, kw_only=True):
    """A degree of adverse weather (NMU), 0 to 3, for a time (Unix ms, the end not included)."""

    degree: int
    from_ms: int
    to_ms: int
    source: str
    """By whom and when it was announced."""


class Reason(StrEnum):
    """Why a message, or a part of it, was not stored."""

    MALFORMED = "malformed"
    VERSION = "version"
    FOREIGN_TOPIC = "foreign_topic"
    TIME = "time"
    STORE = "store"


class SetAside(Struct, frozen=True):
    """A message for the quarantine; `refused` names the scans when the rest of it was stored."""

    topic: str
    gateway: Gateway | None
    reason: Reason
    detail: str
    payload: bytes
    refused: tuple[Refused, ...] = ()
