"""Tells clients that a flood has begun, how it goes on, and that it is over."""

from typing import Final

import sqlalchemy as sa
from msgspec import structs

from collector.alarms import book, health
from collector.alarms.health import Flood
from collector.alarms.lifecycle import SEEN
from collector.feed.hub import Item, Readable
from collector.feed.models import alarms as api

_EVERY_S: Final = 2.0


class FloodWatch:
    """Looks at what called lately; ask it as often as you like."""

    def __init__(self) -> None:
        self._told: Flood | None = None
        self._next_s = 0.0

    def look(self, connection: sa.Connection, seq: int, now_s: float, now_ms: int) -> list[Item]:
        """What is to be told: nothing, or the flood as it is by now.

        Args:
            connection: to the state database.
            seq: the newest number of the journal that clients know.
            now_s: monotonic seconds.
            now_ms: Unix ms.
        """
        if now_s < self._next_s:
            return []
        self._next_s = now_s + _EVERY_S
        found = self._now(connection, now_ms)
        if found == self._told:
            return []
        self._told = found
        return [_item(seq, found)]

    def _now(self, connection: sa.Connection, now_ms: int) -> Flood | None:
        """The few that call on a quiet day are no flood, whatever was before."""
        if self._told is None and len(book.calls(connection, now_ms - health.FLOOD_MS)) <= health.FLOOD_ABOVE:
            return None
        raised = [t_ms for t_ms, _, _ in book.calls(connection, now_ms - health.FLOOD_LOOK_MS)]
        return health.flood(raised, book.in_states(connection, SEEN), now_ms)


def _item(seq: int, found: Flood | None) -> Item:
    data = api.Flood(**structs.asdict(found)).model_dump_json().encode() if found else b"null"

    def encode(_: str, __: Readable) -> bytes:
        return b"event: flood\ndata: %b\n\n" % data

    # For everybody: it holds numbers only.
    return Item(seq, frozenset(), encode, is_numbered=False)
