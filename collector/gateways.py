"""The newest `about` and `status` of every gateway."""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from collector import state
from collector.arrivals import News
from wire.messages import About, Status
from wire.topics import Gateway

_KINDS: dict[type[About | Status], str] = {About: "about", Status: "status"}
M = TypeVar("M", About, Status)


def note(transaction: sa.Connection, news: Iterable[News], now_ms: int) -> None:
    """Keep what gateways say about themselves in place of what they said before."""
    latest = {(item.gateway, _KINDS[type(item.message)]): item.message for item in news}
    if not latest:
        return
    table = state.gateways
    entry = state.insert(transaction, table)
    transaction.execute(
        entry.on_conflict_do_update(
            index_elements=[table.c.site, table.c.gateway, table.c.kind],
            set_={"received_ms": entry.excluded.received_ms, "message": entry.excluded.message},
        ),
        [
            {
                "site": gateway.site,
                "gateway": gateway.gateway,
                "kind": kind,
                "received_ms": now_ms,
                "message": msgspec.json.encode(message),
            }
            for (gateway, kind), message in sorted(latest.items(), key=itemgetter(0))
        ],
    )


def abouts(connection: sa.Connection, wanted: Collection[Gateway]) -> dict[Gateway, About]:
    """What these gateways say they have; those that never said so are left out."""
    if not wanted:
        return {}
    c = state.gateways.c
    sites = sorted({gateway.site for gateway in wanted})
    query = sa.select(c.site, c.gateway, c.message).where(c.kind == _KINDS[About], c.site.in_(sites))
    rows = ((Gateway(site, name), message) for site, name, message in connection.execute(query))
    return {gateway: _about(message) for gateway, message in rows if gateway in wanted}


@lru_cache(maxsize=1024)
def _about(message: bytes) -> About:
    return msgspec.json.decode(message, type=About)


def newest(connection: sa.Connection, kind: type[M]) -> Iterator[tuple[Gateway, M]]:
    """The newest message of a kind of every gateway, in order."""
    c = state.gateways.c
    query = sa.select(c.site, c.gateway, c.message).where(c.kind == _KINDS[kind]).order_by(c.site, c.gateway)
    for site, gateway, message in connection.execute(query):
        yield Gateway(site, gateway), msgspec.json.decode(message, type=kind)
