"""Adverse weather conditions for the dispersion of pollutants (NMU): the degrees that were entered.

Degrees 1 to 3 as the weather service announces them; 0 takes back what was entered before.
"""

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
from msgspec import Meta, Struct
from msgspec.structs import replace

from collector import state
from collector.state import chain

_KEPT: Final = 200
_REMEMBERED: Final = 5_000
"""Entries among which one that comes again is looked for: many years."""
Degree = Annotated[int, Meta(ge=0, le=3)]


class Entry(Struct, frozen=True, kw_only=True):
    """A degree for a time (Unix ms, the end not included), and who has it from whom."""

    degree: Degree
    from_ms: int
    to_ms: int
    source: str
    by: str
    t_ms: int


def enter(transaction: sa.Connection, entry: Entry) -> None:
    """Enter a degree; where times overlap the newest entry counts."""
    chain.append(transaction, state.nmu, [(entry.t_ms, msgspec.json.encode(entry))])


def entries(connection: sa.Connection) -> list[Entry]:
    """The newest entries, the newest first."""
    return _newest(connection, _KEPT)


def place(transaction: sa.Connection, entry: Entry) -> int | None:
    """How many were entered after this one, whenever it was entered; None: it was not entered yet.

    Until the end of the transaction nobody else enters one.
    """
    chain.lock(transaction, state.nmu)
    known = [replace(one, t_ms=entry.t_ms) for one in _newest(transaction, _REMEMBERED)]
    return known.index(entry) if entry in known else None


def in_force(known: Iterable[Entry], now_ms: int) -> Entry | None:
    """The entry that counts at a time; None: no degree.

    Args:
        known: the newest first.
        now_ms: Unix ms.
    """
    found = next((one for one in known if one.from_ms <= now_ms < one.to_ms), None)
    return found if found and found.degree else None


def _newest(connection: sa.Connection, most: int) -> list[Entry]:
    found = chain.rows(connection, state.nmu, limit=most)
    return [msgspec.json.decode(body, type=Entry) for _, body in found]
