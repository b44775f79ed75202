"""Degrees of adverse weather (NMU) are entered, by people or over MQTT, each with its audit."""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
import structlog
from msgspec import structs

from collector import nmu
from collector.arrivals import Announcement
from collector.nmu import Entry
from collector.users import audit
from collector.users.audit import Actor, Deed
from wire import topics

HEARD: Final = Actor(f"mqtt {topics.NMU}")
"""Who has said what came over MQTT; no person has a space in the name."""
_log = structlog.get_logger()


def enter(transaction: sa.Connection, entry: Entry, by: Actor) -> None:
    """Enter a degree; where times overlap the newest entry counts."""
    before = nmu.in_force(nmu.entries(transaction), entry.t_ms)
    nmu.enter(transaction, entry)
    audit.note(transaction, Deed.NMU, by, entry.t_ms, before=before, after=entry)


def hear(transaction: sa.Connection, announcements: Iterable[Announcement], now_ms: int) -> None:
    """Enter what was announced over MQTT, each announcement once.

    The broker brings a retained message anew with each connection, and any message that was not acknowledged:
    the same fields are the same announcement, however often and after whatever restart they come. Taking it
    for a new one would also put it above what a person has entered since.
    """
    for one in announcements:
        entry = Entry(by=HEARD.name, t_ms=now_ms, **structs.asdict(one))
        place = nmu.place(transaction, entry)
        if place is None:
            enter(transaction, entry, HEARD)
        elif place > 0:
            _log.warning(
                "NMU: announced before, and another degree was entered since: not entered again; "
                "to announce it anew say when in `source`",
                degree=entry.degree,
                source=entry.source,
            )
