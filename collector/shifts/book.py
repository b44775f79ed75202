"""The shift log in the state database."""

from collections.abc import Iterable
from typing import Final

import msgspec
import sqlalchemy as sa

from collector import state
from collector.shifts import log
from collector.shifts.log import Entry, Kind, Line
from collector.state import chain

_KEPT: Final = 5_000
"""Entries looked at: some months. A flag that is older is to be set anew."""
_entry = msgspec.json.Decoder(Entry)


def lines(connection: sa.Connection) -> list[Line]:
    """The newest entries, in order."""
    found = chain.rows(connection, state.shift_log, limit=_KEPT)
    return [Line(seq, _entry.decode(body)) for seq, body in reversed(found)]


def enter(transaction: sa.Connection, entry: Entry) -> int:
    """Enter what may follow, and give its number.

    Raises:
        RefusedError: it may not follow.
    """
    chain.lock(transaction, state.shift_log)
    known = lines(transaction)
    log.see(log.current(known), entry, _notes(known))
    return chain.append(transaction, state.shift_log, [(entry.t_ms, msgspec.json.encode(entry))])


def _notes(known: Iterable[Line]) -> list[int]:
    return [line.seq for line in known if line.entry.kind is Kind.NOTE]
