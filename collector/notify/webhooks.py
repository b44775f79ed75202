"""From the journal to deliveries: each subscription takes what it wants and moves its cursor at once."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from collector import gateways
from collector.alarms import book
from collector.alarms.alarm import Alarm
from collector.alarms.book import Line
from collector.notify import delivery, events, subscriptions
from collector.notify.delivery import Parcel
from collector.notify.events import Centre
from collector.notify.subscriptions import Subscription
from wire.messages import About
from wire.topics import Gateway

AT_ONCE: Final = 500
"""Lines of the journal in one transaction."""


def fan_out(transaction: sa.Connection, centre: Centre, now_ms: int) -> bool:
    """Enter what is new for each subscription; whether there may be more."""
    active = [one for one in subscriptions.every(transaction) if not one.disabled]
    return max((_entered(transaction, one, centre, now_ms) for one in active), default=0) == AT_ONCE


def is_behind(connection: sa.Connection) -> bool:
    """Whether the journal has something that was entered for nobody yet."""
    newest = book.last_seq(connection)
    return any(one.after_seq < newest for one in subscriptions.every(connection) if not one.disabled)


def _entered(transaction: sa.Connection, one: Subscription, centre: Centre, now_ms: int) -> int:
    """How many lines of the journal were looked at."""
    lines = book.lines(transaction, after_seq=one.after_seq, limit=AT_ONCE)
    if not lines:
        return 0
    alarms = book.known(transaction, sorted({line.entry.key for line in lines}))
    wanted = [line for line in lines if one.filter.wants(line.entry, alarms[line.entry.key])]
    abouts = dict(gateways.newest(transaction, About)) if wanted else {}
    parcels = [_parcel(one.lane, line, alarms[line.entry.key], abouts, centre) for line in wanted]
    delivery.enter(transaction, parcels, now_ms)
    subscriptions.advance(transaction, one.id, lines[-1].seq)
    return len(lines)


def _parcel(lane: str, line: Line, alarm: Alarm, abouts: Mapping[Gateway, About], centre: Centre) -> Parcel:
    body = events.cloud_event(line.seq, line.entry, alarm, abouts.get(alarm.gateway), centre)
    return Parcel(lane=lane, order_key=line.entry.key, number=f"alarm-{line.seq}", body=body)
