"""Which of several collectors on one database does what only one may do."""

from typing import Final

import sqlalchemy as sa

from collector import state

LENGTH_MS: Final = 15_000
"""Renewed far more often; whoever holds it and dies is followed after so long."""


def taken(transaction: sa.Connection, name: str, holder: str, now_ms: int) -> bool:
    """Take or renew a lease; False: somebody else has it.

    Args:
        transaction: of the state database.
        name: what for.
        holder: who; each collector has a name of its own at the broker, and after its restart the same.
        now_ms: the wall clock; those of the collectors may differ by less than the length of the lease, so
            that one which ends later than twice that from now was taken before the clock was set back.
    """
    table = state.leases
    entry = state.insert(transaction, table).values(name=name, holder=holder, until_ms=now_ms + LENGTH_MS)
    is_over = (table.c.until_ms < now_ms) | (table.c.until_ms > now_ms + 2 * LENGTH_MS)
    is_free = (table.c.holder == holder) | is_over
    renewed = {"holder": holder, "until_ms": now_ms + LENGTH_MS}
    mine = entry.on_conflict_do_update(index_elements=[table.c.name], set_=renewed, where=is_free)
    return bool(transaction.execute(mine.returning(table.c.holder)).first())


def release(transaction: sa.Connection, name: str, holder: str) -> None:
    """Let another one go on at once."""
    c = state.leases.c
    transaction.execute(state.leases.delete().where(c.name == name, c.holder == holder))
