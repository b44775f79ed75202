"""Tells clients which alarms have begun to stand and which chatter no more: the time brings it, no event."""

from collections.abc import Callable, Iterable
from typing import Final

import sqlalchemy as sa

from collector.alarms import health
from collector.alarms.alarm import Alarm
from collector.feed import listing
from collector.feed.hub import Item, Readable
from collector.feed.listing import Wanted
from collector.feed.models import alarms as api

_EVERY_S: Final = 1.0
Group = Callable[[str], str]


class FlagWatch:
    """Knows when the flags of each alarm change next; ask it as often as you like."""

    def __init__(self) -> None:
        self._due_ms: dict[str, int] = {}
        self._next_s = 0.0
        self._has_begun = False

    def follow(self, alarms: Iterable[Alarm], now_ms: int) -> None:
        """Something happened to these, which clients are told of anyhow."""
        for alarm in alarms:
            self._put(alarm.key, health.flags_change_ms(alarm, now_ms))

    def look(
        self, connection: sa.Connection, group: Group, seq: int, now_s: float, now_ms: int
    ) -> list[Item]:
        """What is to be told; at first all flags, for clients that knew the alarms before this process did.

        Args:
            connection: to the state database.
            group: whose business an alarm is, by its site.
            seq: the newest number of the journal that clients know.
            now_s: monotonic seconds.
            now_ms: Unix ms.
        """
        if now_s < self._next_s:
            return []
        self._next_s = now_s + _EVERY_S
        if not self._has_begun:
            found = [one.alarm for one in listing.wanted(connection, Wanted(aside=True))]
            changed = [one for one in found if _has_flags(one, now_ms)]
            self._has_begun = True
        else:
            due = [key for key, due_ms in self._due_ms.items() if due_ms <= now_ms]
            found = changed = [one.alarm for one in listing.keyed(connection, due).values()]
        self.follow(found, now_ms)
        return [_item(one, group, seq, now_ms) for one in changed]

    def _put(self, key: str, due_ms: int) -> None:
        if due_ms:
            self._due_ms[key] = due_ms
        else:
            self._due_ms.pop(key, None)


def _has_flags(alarm: Alarm, now_ms: int) -> bool:
    """Whether it has one, or had one that a client may still show."""
    return health.is_standing(alarm, now_ms) or any(health.bursts(alarm.raises))


def _item(alarm: Alarm, group: Group, seq: int, now_ms: int) -> Item:
    flags = api.Flags(
        key=alarm.key,
        chattering=health.is_chattering(alarm, now_ms),
        standing=health.is_standing(alarm, now_ms),
    )
    data = flags.model_dump_json().encode()

    def encode(_: str, __: Readable) -> bytes:
        return b"event: flags\ndata: %b\n\n" % data

    return Item(seq, frozenset({group(alarm.gateway.site)}), encode, is_numbered=False)
