"""What passes from stage to stage in the collector."""

from msgspec import Struct

from wire.messages import Batch, Value
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
