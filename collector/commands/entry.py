"""One command in the book."""

from msgspec import Struct

from wire.messages import Command, CommandOutcome
from wire.topics import Gateway


class Entry(Struct, frozen=True, kw_only=True):
    """A command to a gateway, and what came of it; `answered_ms` is the collector's clock, Unix ms."""

    gateway: Gateway
    command: Command
    answered_ms: int | None = None
    outcome: CommandOutcome | None = None
    """None: not answered."""
    says: str = ""
