"""Every alarm event that gateways have told, each once, written with the receipt of its batch.

Invariant: an event is entered in the transaction that records its batch, so an event whose batch was
receipted is never lost, and a batch that comes again adds nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from collector import state
from collector.alarms.occurrences import Entry
from collector.arrivals import Arrival
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway


def enter(transaction: sa.Connection, arrivals: Iterable[Arrival], now_ms: int) -> None:
    """Enter the events of these batches; what is there already stays as it is."""
    rows = [_row(arrival.gateway, event, now_ms) for arrival in arrivals for event in arrival.batch.alarms]
    if rows:
        transaction.execute(state.insert(transaction, state.alarm_events).on_conflict_do_nothing(), rows)


def entries(
    connection: sa.Connection, *, limit: int, site: str | None = None, active: bool = False
) -> list[Entry]:
    """All events of the newest alarms.

    Args:
        connection: to the state database.
        limit: at most so many alarms.
        site: of this site only.
        active: only of alarms that were never cleared.
    """
    c = state.alarm_events.c
    wanted = sa.select(c.site, c.gateway, c.id).group_by(c.site, c.gateway, c.id)
    if site is not None:
        wanted = wanted.where(c.site == site)
    if active:
        cleared = sa.func.sum(sa.case((c.state == AlarmState.CLEARED, 1), else_=0))
        wanted = wanted.having(cleared == 0)
    these = wanted.order_by(sa.func.max(c.t_ms).desc()).limit(limit).subquery()
    query = sa.select(c.site, c.gateway, c.received_ms, c.message).join(
        these, sa.and_(c.site == these.c.site, c.gateway == these.c.gateway, c.id == these.c.id)
    )
    return list(_entries(connection, query))


def _entries(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Entry]:
    for site, gateway, received_ms, message in connection.execute(query):
        yield Entry(Gateway(site, gateway), msgspec.json.decode(message, type=AlarmEvent), received_ms)


def of(connection: sa.Connection, alarm_id: str) -> list[Entry]:
    """All events of the alarms of this id; two gateways may each have one."""
    c = state.alarm_events.c
    query = sa.select(c.site, c.gateway, c.received_ms, c.message).where(c.id == _plain(alarm_id))
    return list(_entries(connection, query))


def _row(gateway: Gateway, event: AlarmEvent, now_ms: int) -> dict[str, object]:
    return {
        "site": gateway.site,
        "gateway": gateway.gateway,
        "id": _plain(event.id),
        "state": event.state.value,
        "t_ms": event.t_ms,
        "received_ms": now_ms,
        "message": msgspec.json.encode(event),
    }


def _plain(alarm_id: str) -> str:
    """PostgreSQL has no NUL in text."""
    return alarm_id.replace("\0", "\N{REPLACEMENT CHARACTER}")
