"""The agent's own record of how it is: one small file beside the outbox, for `edge-agent doctor`.

It outlives the agent, so that its last word can be read after it has died. It is no state: nothing is flushed
to disk for it, and a disk that does not take it costs nothing but the record.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from wire.messages import Milliseconds, Status

SUFFIX: Final = ".health"
EVERY_MS: Final = 60_000
"""A write a minute and one for each change of links and broker: flash cards wear out."""


class Uplink(Struct, frozen=True, kw_only=True):
    """The line to the broker and the collector behind it; times are Unix ms, 0: not in this run."""

    connected: bool = False
    trouble: str = ""
    """Why there is no line, in the publisher's words."""
    receipt_ms: Milliseconds = 0
    """When the last receipt came, by the gateway's clock."""
    collector_ms: Milliseconds = 0
    """What the collector's clock showed when it sent that receipt; 0: it did not say."""


class Record(Struct, frozen=True, kw_only=True):
    """How the agent was at `status.t_ms`."""

    pid: int
    status: Status
    uplink: Uplink

    def differs(self, other: "Record | None") -> bool:
        """Whether this is worth a write: what people ask about has changed, or the other is a minute old."""
        if other is None or abs(self.status.t_ms - other.status.t_ms) >= EVERY_MS:
            return True
        return _news(self) != _news(other)


def _news(record: Record) -> object:
    status, uplink = record.status, record.uplink
    links = [(link.name, link.up) for link in status.links]
    return links, status.silent_devices, status.clock, uplink.connected, uplink.trouble


def file_of(outbox: str) -> Path:
    """Where the record of the agent with this outbox lies."""
    return Path(f"{outbox}{SUFFIX}")


def write(file: Path, record: Record) -> None:
    """Replace it as a whole; where the disk does not take it, the old one stays."""
    beside = file.with_name(f"{file.name}.new")
    with suppress(OSError):
        beside.write_bytes(msgspec.json.encode(record))
        beside.replace(file)


def read(file: Path) -> Record | None:
    """The last record; None where there is none that can be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
