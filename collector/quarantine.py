"""What could not be stored, kept whole for a person: bounded, the oldest goes first and is counted.

The same thing again (a message that is sent until someone upgrades the collector, a foreign topic) only
raises the count of the entry it already has.
"""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from collector import state
from collector.arrivals import Reason, SetAside

MAX_ENTRIES = 10_000
MAX_BYTES = 256 * 1024 * 1024
_DROPPED = "quarantine_dropped"
_DETAIL_LENGTH = 500
_COLUMNS = [column for column in state.quarantine.c if column.name != "digest"]


class RefusedScan(Struct, frozen=True):
    """A scan that was refused while the rest of its message was stored."""

    device: str
    t_ms: int
    reason: str


class Entry(Struct, frozen=True, kw_only=True):
    """One message that was set aside; times are the collector's, Unix ms."""

    id: int
    first_ms: int
    last_ms: int
    times: int
    topic: str
    site: str | None
    gateway: str | None
    reason: Reason
    detail: str
    size: int
    refused: tuple[RefusedScan, ...]
    payload: bytes | None = None
    """None in lists."""


def keep(
    transaction: sa.Connection,
    items: Iterable[SetAside],
    now_ms: int,
    max_entries: int = MAX_ENTRIES,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Keep messages; durable when the transaction has committed."""
    rows = [_row(item, now_ms) for item in items]
    if not rows:
        return
    table = state.quarantine
    entry = state.insert(transaction, table)
    again = {"times": table.c.times + 1, "last_ms": entry.excluded.last_ms}
    for row in rows:
        transaction.execute(entry.on_conflict_do_update(index_elements=[table.c.digest], set_=again), row)
    _trim(transaction, max_entries, max_bytes)


def entries(connection: sa.Connection) -> Iterator[Entry]:
    """Everything that is kept, newest first, without the payloads."""
    columns = [column for column in _COLUMNS if column.name != "payload"]
    query = sa.select(*columns).order_by(state.quarantine.c.id.desc())
    yield from map(_entry, connection.execute(query).mappings())


def entry_with_payload(connection: sa.Connection, number: int) -> Entry | None:
    """One entry with its payload, or None when there is no such number."""
    query = sa.select(*_COLUMNS).where(state.quarantine.c.id == number)
    row = connection.execute(query).mappings().one_or_none()
    return _entry(row) if row else None


def dropped(connection: sa.Connection) -> int:
    """How many entries had to go because newer ones needed their place."""
    query = sa.select(state.counters.c.value).where(state.counters.c.name == _DROPPED)
    return connection.execute(query).scalar_one_or_none() or 0


def _row(item: SetAside, now_ms: int) -> dict[str, object]:
    refused = msgspec.json.encode(
        [RefusedScan(r.device, r.t_ms, state.storable(r.reason, _DETAIL_LENGTH)) for r in item.refused]
    )
    return {
        "digest": _digest(item, refused),
        "first_ms": now_ms,
        "last_ms": now_ms,
        "times": 1,
        "size": len(item.payload) + len(refused) + len(item.topic),
        "topic": state.storable(item.topic, _DETAIL_LENGTH),
        "site": item.gateway and item.gateway.site,
        "gateway": item.gateway and item.gateway.gateway,
        "reason": item.reason,
        "detail": state.storable(item.detail, _DETAIL_LENGTH),
        "refused": refused,
        "payload": item.payload,
    }


def _digest(item: SetAside, refused: bytes) -> bytes:
    """What counts as the same: of a foreign topic only its name."""
    parts = [item.reason.encode(), item.topic.encode("utf-8", "replace")]
    if item.reason is not Reason.FOREIGN_TOPIC:
        parts += [refused, item.payload]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def _entry(row: sa.RowMapping) -> Entry:
    refused = msgspec.json.decode(row["refused"], type=tuple[RefusedScan, ...])
    return Entry(**{**row, "refused": refused, "reason": Reason(row["reason"])})


def _trim(transaction: sa.Connection, max_entries: int, max_bytes: int) -> None:
    c = state.quarantine.c
    count, size = transaction.execute(sa.select(sa.func.count(), sa.func.sum(c.size))).one()
    if count <= max_entries and size <= max_bytes:
        return
    newest_first = sa.select(
        c.id,
        sa.func.row_number().over(order_by=c.id.desc()).label("place"),
        sa.func.sum(c.size).over(order_by=c.id.desc()).label("bytes"),
    ).subquery()
    over = sa.or_(newest_first.c.place > max_entries, newest_first.c.bytes > max_bytes)
    gone = transaction.execute(
        state.quarantine.delete().where(c.id.in_(sa.select(newest_first.c.id).where(over)))
    )
    counter = state.insert(transaction, state.counters).values(name=_DROPPED, value=gone.rowcount)
    transaction.execute(
        counter.on_conflict_do_update(
            index_elements=[state.counters.c.name],
            set_={"value": state.counters.c.value + counter.excluded.value},
        )
    )
