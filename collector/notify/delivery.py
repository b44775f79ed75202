"""What is to be delivered, in the state database: entered by whoever decides, crossed out by the courier.

waiting ─▶ done                        kept for a week, to be looked at
   └─▶ (last attempt, or too old) ─▶ dead ─▶ retried by a person, or removed after a month
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from msgspec import Struct

from collector import state

DONE_KEPT_MS: Final = 7 * 86_400_000
DEAD_KEPT_MS: Final = 30 * 86_400_000
_SAID_CHARS: Final = 500
_LONGEST_MS: Final = 12 * 3_600_000
"""Between two attempts; a longer wait is that of a clock that was set back."""


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class Parcel(Struct, frozen=True, kw_only=True):
    """Something to deliver, as it is entered."""

    lane: str
    """Whose it is: a receiver that is slow or gone holds up its own lane only."""
    order_key: str
    """Parcels of a lane with the same key are delivered in their order."""
    number: str
    """Names it for the receiver, the same at each attempt."""
    body: bytes
    expires_ms: int = 0
    """When it is worth nothing any more; 0: never."""
    asked: bool = False
    """A person waits for what comes of it: it goes first, and at once."""


class Delivery(Struct, frozen=True, kw_only=True):
    """A parcel and what became of it."""

    id: int
    lane: str
    order_key: str
    number: str
    state: State
    created_ms: int
    attempts: int
    next_ms: int
    expires_ms: int
    said: str
    """What the receiver, or the way to it, said last."""
    body: bytes


_COLUMNS: Final = Delivery.__struct_fields__


def enter(transaction: sa.Connection, parcels: Iterable[Parcel], now_ms: int) -> None:
    """To be delivered once the transaction has committed."""
    rows = [_row(parcel, now_ms) for parcel in parcels]
    if rows:
        transaction.execute(state.deliveries.insert(), rows)


def _row(parcel: Parcel, now_ms: int) -> dict[str, Any]:
    return {
        "lane": parcel.lane,
        "order_key": parcel.order_key,
        "number": parcel.number,
        "body": parcel.body,
        "expires_ms": parcel.expires_ms,
        "asked": parcel.asked,
        "state": State.WAITING.value,
        "created_ms": now_ms,
        "attempts": 0,
        "next_ms": now_ms,
        "said": "",
    }


def lanes(connection: sa.Connection, now_ms: int) -> list[tuple[str, bool]]:
    """The lanes in which something is due, each with whether a person has asked for any of it."""
    c = state.deliveries.c
    asked = sa.func.max(sa.case((c.asked, 1), else_=0))
    query = sa.select(c.lane, asked).where(c.state == State.WAITING.value, _is_time(now_ms))
    return [(lane, bool(is_asked)) for lane, is_asked in connection.execute(query.group_by(c.lane))]


def due(connection: sa.Connection, lane: str, now_ms: int, limit: int) -> list[Delivery]:
    """What can be delivered now, what was asked for first, then the oldest.

    Of each order key only the first that waits.
    """
    c = state.deliveries.c
    earlier = state.deliveries.alias().c
    is_held_up = sa.exists().where(
        earlier.lane == c.lane,
        earlier.order_key == c.order_key,
        earlier.state == State.WAITING.value,
        earlier.id < c.id,
    )
    mine = _all().where(c.lane == lane, c.state == State.WAITING.value, _is_time(now_ms), ~is_held_up)
    return _read(connection, mine.order_by(c.asked.desc(), c.id).limit(limit))


def listed(
    connection: sa.Connection,
    *,
    lanes: Sequence[str] | None = None,
    prefix: str = "",
    only: State | None = None,
    before: int | None = None,
    limit: int,
) -> list[Delivery]:
    """The newest deliveries of these lanes that begin so, the newest first; `before`: older than this one."""
    c = state.deliveries.c
    query = _all().order_by(c.id.desc()).limit(limit)
    if lanes is not None:
        query = query.where(c.lane.in_(lanes))
    if prefix:
        query = query.where(c.lane.startswith(prefix, autoescape=True))
    if before is not None:
        query = query.where(c.id < before)
    if only is not None:
        query = query.where(c.state == only.value)
    return _read(connection, query)


def counts(connection: sa.Connection, of: State) -> dict[str, int]:
    """Lane → how many of its deliveries stand so; a lane without any is left out."""
    c = state.deliveries.c
    query = sa.select(c.lane, sa.func.count()).where(c.state == of.value).group_by(c.lane)
    return {lane: int(count) for lane, count in connection.execute(query)}


def waiting(connection: sa.Connection, prefix: str) -> list[Delivery]:
    """What waits in the lanes that begin so."""
    c = state.deliveries.c
    mine = c.lane.startswith(prefix, autoescape=True)
    return _read(connection, _all().where(c.state == State.WAITING.value, mine).order_by(c.id))


def newest(connection: sa.Connection, prefix: str) -> list[tuple[str, int]]:
    """The lanes that begin so, each with the time of its newest entry."""
    c = state.deliveries.c
    mine = c.lane.startswith(prefix, autoescape=True)
    query = sa.select(c.lane, sa.func.max(c.created_ms)).where(mine).group_by(c.lane)
    return [(lane, int(t_ms)) for lane, t_ms in connection.execute(query)]


def failed(connection: sa.Connection, numbers: Collection[str]) -> frozenset[str]:
    """Those that were tried, and that no lane has taken so far."""
    c = state.deliveries.c
    wanted = sorted(numbers)
    done = sa.func.sum(sa.case((c.state == State.DONE.value, 1), else_=0))
    tried = sa.func.min(sa.case((c.state == State.DEAD.value, 1), else_=c.attempts))
    query = (
        sa.select(c.number).where(c.number.in_(wanted)).group_by(c.number).having((done == 0) & (tried > 0))
    )
    return frozenset(number for (number,) in connection.execute(query)) if wanted else frozenset()


def of_number(connection: sa.Connection, number: str) -> list[Delivery]:
    """All deliveries of one message."""
    return _read(
        connection, _all().where(state.deliveries.c.number == number).order_by(state.deliveries.c.id)
    )


def note_done(transaction: sa.Connection, one: int, said: str, now_ms: int) -> None:
    """The receiver has it."""
    _update(transaction, one, {"state": State.DONE.value, "said": _kept(said), "next_ms": now_ms})


def note_failed(transaction: sa.Connection, one: int, said: str, next_ms: int | None) -> None:
    """The receiver has not got it; it is tried again at `next_ms`, or (None) not by itself."""
    values: dict[str, Any] = {"said": _kept(said), "attempts": state.deliveries.c.attempts + 1}
    values["asked"] = False
    values |= {"state": State.DEAD.value} if next_ms is None else {"next_ms": next_ms}
    _update(transaction, one, values)


def note_answered(transaction: sa.Connection, lane: str) -> None:
    """Whoever asked for something in this lane sees by now that nothing is taken."""
    c = state.deliveries.c
    asked = state.deliveries.update().where(c.lane == lane, c.state == State.WAITING.value, c.asked)
    transaction.execute(asked.values(asked=False))


def retry(
    transaction: sa.Connection,
    now_ms: int,
    *,
    ids: Sequence[int] | None = None,
    lanes: Sequence[str] | None = None,
) -> int:
    """Try what is dead once more, at once and from its first attempt; how many."""
    c = state.deliveries.c
    again = state.deliveries.update().where(c.state == State.DEAD.value)
    if ids is not None:
        again = again.where(c.id.in_(ids))
    if lanes is not None:
        again = again.where(c.lane.in_(lanes))
    # It is counted from now: what died of its age would die again at once.
    values = {
        "state": State.WAITING.value,
        "attempts": 0,
        "next_ms": now_ms,
        "created_ms": now_ms,
        "asked": True,
    }
    return int(transaction.execute(again.values(values)).rowcount)


def expire(transaction: sa.Connection, now_ms: int, give_up_ms: int) -> None:
    """Give up what has waited for too long, and forget what is over."""
    c = state.deliveries.c
    is_old = (c.created_ms < now_ms - give_up_ms) | ((c.expires_ms > 0) & (c.expires_ms < now_ms))
    waiting = state.deliveries.update().where(c.state == State.WAITING.value, is_old)
    transaction.execute(waiting.values(state=State.DEAD.value))
    done = (c.state == State.DONE.value) & (c.created_ms < now_ms - DONE_KEPT_MS)
    dead = (c.state == State.DEAD.value) & (c.created_ms < now_ms - DEAD_KEPT_MS)
    transaction.execute(state.deliveries.delete().where(done | dead))


def forget(transaction: sa.Connection, lane: str) -> None:
    """Nothing of this lane is wanted any more."""
    transaction.execute(state.deliveries.delete().where(state.deliveries.c.lane == lane))


def _update(transaction: sa.Connection, one: int, values: dict[str, Any]) -> None:
    transaction.execute(state.deliveries.update().where(state.deliveries.c.id == one).values(values))


def _is_time(now_ms: int) -> sa.ColumnElement[bool]:
    """Whether the next attempt is to be made; the first one at once, whatever the clock was then."""
    c = state.deliveries.c
    return (c.attempts == 0) | (c.next_ms <= now_ms) | (c.next_ms > now_ms + _LONGEST_MS)


def _kept(said: str) -> str:
    """What receivers say is theirs: it may be anything."""
    return state.storable(said, _SAID_CHARS)


def _all() -> sa.Select[Any]:
    return sa.select(*(state.deliveries.c[name] for name in _COLUMNS))


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[Delivery]:
    found = (row._asdict() for row in connection.execute(query))
    return [Delivery(**(row | {"state": State(row["state"])})) for row in found]
