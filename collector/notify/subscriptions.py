"""Who wants to hear of alarms by webhook: subscriptions in the state database, each with its own cursor."""

import secrets
from typing import Annotated, Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Meta, Struct

from collector import state
from collector.alarms import book
from collector.alarms.alarm import Alarm, Entry
from collector.notify import delivery
from collector.notify.signature import SECRET_BYTES, written

MOST: Final = 64
"""Each has a thread while something is delivered to it."""


class Filter(Struct, frozen=True, kw_only=True):
    """What is wanted; empty: all of it."""

    sites: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    priority: Annotated[int, Meta(ge=1, le=4)] = 4
    """The least urgent that is wanted."""

    def wants(self, entry: Entry, alarm: Alarm) -> bool:
        """Whether a change is."""
        event = entry.event or alarm.event
        is_site = not self.sites or alarm.gateway.site in self.sites
        return is_site and alarm.priority <= self.priority and (not self.codes or event.code in self.codes)


class Subscription(Struct, frozen=True, kw_only=True):
    """One receiver."""

    id: int
    url: str
    secret: str
    """A secret that was drawn here, or a reference: env:NAME or credential:NAME."""
    filter: Filter
    after_seq: int
    """Up to here the journal was entered for delivery."""
    by: str
    created_ms: int
    disabled: str
    """Why nothing is delivered any more; empty: it is."""

    @property
    def lane(self) -> str:
        """Of its deliveries."""
        return lane(self.id)


class TooManyError(ValueError):
    """There is no room for another subscription."""


def lane(number: int) -> str:
    """The lane of a subscription."""
    return f"webhook:{number}"


def drawn_secret() -> str:
    """A new secret, to be shown once."""
    return written(secrets.token_bytes(SECRET_BYTES))


def add(
    transaction: sa.Connection,
    url: str,
    secret: str,
    wanted: Filter,
    *,
    by: str,
    now_ms: int,
    after_seq: int | None = None,
) -> int:
    """Subscribe; the number. Without `after_seq` to what happens from now on.

    Raises:
        TooManyError: there are as many as there may be.
    """
    if len(every(transaction)) >= MOST:
        raise TooManyError(f"there are {MOST} webhooks already: remove one that is not needed")
    row = {
        "url": url,
        "secret": secret,
        "filter": msgspec.json.encode(wanted),
        "after_seq": book.last_seq(transaction) if after_seq is None else after_seq,
        "by": by,
        "created_ms": now_ms,
        "disabled": "",
    }
    inserted = transaction.execute(state.webhooks.insert().values(row).returning(state.webhooks.c.id))
    return int(inserted.scalar_one())


def every(connection: sa.Connection) -> list[Subscription]:
    """All of them, in order."""
    query = sa.select(state.webhooks).order_by(state.webhooks.c.id)
    return [_subscription(row._asdict()) for row in connection.execute(query)]


def find(connection: sa.Connection, number: int) -> Subscription | None:
    """One of them."""
    return next((one for one in every(connection) if one.id == number), None)


def remove(transaction: sa.Connection, number: int) -> bool:
    """Forget a subscription and what waits for it; False: there is none."""
    delivery.forget(transaction, lane(number))
    gone = state.webhooks.delete().where(state.webhooks.c.id == number)
    return bool(transaction.execute(gone).rowcount)


def advance(transaction: sa.Connection, number: int, after_seq: int) -> None:
    """The journal was entered for delivery up to here."""
    moved = state.webhooks.update().where(state.webhooks.c.id == number)
    transaction.execute(moved.values(after_seq=after_seq))


def disable(transaction: sa.Connection, number: int, why: str) -> None:
    """Deliver nothing more; the first reason stays."""
    c = state.webhooks.c
    mine = state.webhooks.update().where(c.id == number, c.disabled == "")
    transaction.execute(mine.values(disabled=why))


def _subscription(row: dict[str, Any]) -> Subscription:
    return Subscription(**(row | {"filter": msgspec.json.decode(row["filter"], type=Filter)}))
