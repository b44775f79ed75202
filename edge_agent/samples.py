"""What passes from stage to stage.

driver ─▶ RawScan ─▶ decode ─▶ DecodedScan ─▶ validate ─▶ Scan ─▶ outbox ─▶ Pending ─▶ publish.
"""

from enum import StrEnum

from msgspec import Struct

from sensor_profiles.model import Space
from wire.messages import AlarmEvent, Clock, Quality, Value


class Instant(Struct, frozen=True):
    """One moment on both clocks: wall milliseconds (UTC) and this boot's monotonic milliseconds."""

    wall_ms: int
    mono_ms: int


class Block(Struct, frozen=True):
    """One request: `count` registers, bits or bytes of a space from `start`."""

    space: Space
    start: int
    count: int


class Fault(StrEnum):
    """Why a block has no bytes; the value is the quality its channels get."""

    NO_ANSWER = Quality.BAD_NO_ANSWER
    GARBLED = Quality.BAD_GARBLED
    REFUSED = Quality.BAD_REFUSED
    LINK_DOWN = Quality.BAD_LINK_DOWN


class Answer(Struct, frozen=True):
    """What a device said to one block: its bytes as they stood on the wire, or why there are none.

    Registers: 2·count bytes, high byte first. Bits: ceil(count/8) bytes, the first in the lowest position.
    """

    block: Block
    data: bytes = b""
    fault: Fault | None = None


class RawScan(Struct, frozen=True):
    """One poll of one device; every block that was planned has its answer."""

    device: str
    taken: Instant
    answers: tuple[Answer, ...]


class DecodedScan(Struct, frozen=True):
    """Values in the order of the device's channels; None where nothing was measured.

    `faults` maps the index of a channel to why it has no value.
    """

    device: str
    taken: Instant
    values: tuple[Value, ...]
    faults: dict[int, Quality]


class Scan(Struct, frozen=True):
    """What goes into the outbox: a measured value that is out of its range is kept beside its quality."""

    device: str
    taken: Instant
    clock: Clock
    values: tuple[Value, ...]
    quality: dict[int, Quality]


class RelationBroken(Struct, frozen=True, kw_only=True):
    """Channels that contradict one another, as the site's configuration relates them: `left op right`.

    `left` and `right` are the sums as they came out now; `margin` is how far the relation may be missed.
    """

    name: str
    points: tuple[str, ...]
    """`device.channel` of every term."""
    since_ms: int
    """When it was first found broken, wall milliseconds; it had to stay so for the relation's `holds_s`."""
    taken: Instant
    left: float
    op: str
    right: float
    margin: float
    unit: str
    """Of the sums: that of the first term's quantity."""


class Told(Struct, frozen=True):
    """An alarm event, and when it happened on this boot's monotonic clock."""

    event: AlarmEvent
    mono_ms: int


class Pending(Struct, frozen=True):
    """A batch in the outbox: `payload` is what is sent, byte for byte, at each attempt."""

    seq: int
    payload: bytes


class Depth(Struct, frozen=True, kw_only=True):
    """What the outbox holds; `oldest_ms` is 0 when it holds no batch.

    `oldest_seq` is then the number the next batch will have: everything before it was receipted or given up.
    """

    batches: int
    readings: int
    oldest_ms: int
    oldest_seq: int
    bytes: int
    """Used pages of the database."""
    held: int = 0
    """Readings that wait for a clock; in no batch yet."""
