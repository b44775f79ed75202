"""Append-only tables whose rows are chained: the hash of each covers the row and all before it.

A chain has the columns seq (from 1, without a hole), t_ms, entry and hash. Writers of several processes wait
for one another at the counter of the chain.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Final

import sqlalchemy as sa

from collector import state

BEGINNING: Final = bytes(32)
"""What the hash of the first entry follows."""
_AT_ONCE: Final = 500


def append(
    transaction: sa.Connection,
    table: sa.Table,
    entries: Sequence[tuple[int, bytes]],
    columns: Sequence[Mapping[str, object]] = (),
) -> int:
    """Append entries (Unix ms, body) in this order; `columns` are what the table has besides, for each.

    Returns:
        The number of the last of them.
    """
    seq, previous = _head(transaction, table, len(entries))
    rows: list[dict[str, object]] = []
    for (t_ms, body), more in zip(entries, columns or repeat({}, len(entries)), strict=True):
        previous = chained(previous, body)
        rows.append({"seq": seq, "t_ms": t_ms, "entry": body, "hash": previous, **more})
        seq += 1
    transaction.execute(table.insert(), rows)
    return seq - 1


def rows(
    connection: sa.Connection, table: sa.Table, *, before_seq: int | None = None, limit: int | None = None
) -> list[tuple[int, bytes]]:
    """Numbers and bodies before a number, the newest first."""
    query = sa.select(table.c.seq, table.c.entry).order_by(table.c.seq.desc()).limit(limit)
    if before_seq is not None:
        query = query.where(table.c.seq < before_seq)
    return [(seq, bytes(body)) for seq, body in connection.execute(query)]


def chained(previous: bytes, body: bytes) -> bytes:
    """The hash of an entry that follows another one."""
    return hashlib.sha256(previous + body).digest()


def broken_at(connection: sa.Connection, table: sa.Table) -> int | None:
    """The first number at which the chain is not what was written; None: all of it is."""
    previous, expected = BEGINNING, 1
    counted = sa.select(state.counters.c.value).where(state.counters.c.name == table.name)
    newest = connection.execute(counted).scalar() or 0
    query = sa.select(table.c.seq, table.c.entry, table.c.hash).order_by(table.c.seq)
    with connection.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
        for seq, body, found in rows:
            # A cell of SQLite holds whatever was written to it: one that was tampered with may be no bytes.
            previous = chained(previous, body) if isinstance(body, bytes) else b""
            if seq != expected or found != previous:
                return expected
            expected += 1
    return expected if expected <= newest else None


def lock(transaction: sa.Connection, table: sa.Table) -> None:
    """Wait until no other process appends; to be called before the chain is read to be continued."""
    opened = state.insert(transaction, state.counters).values(name=table.name, value=0)
    same = opened.on_conflict_do_update(
        index_elements=[state.counters.c.name], set_={"value": state.counters.c.value}
    )
    transaction.execute(same)


def _head(transaction: sa.Connection, table: sa.Table, count: int) -> tuple[int, bytes]:
    """Reserve numbers: the first of them, and the hash before it."""
    lock(transaction, table)
    c = state.counters.c
    moved = state.counters.update().where(c.name == table.name).values(value=c.value + count)
    first = int(transaction.execute(moved.returning(c.value)).scalar_one()) - count + 1
    before = transaction.execute(sa.select(table.c.hash).where(table.c.seq == first - 1)).scalar()
    return first, before or BEGINNING
