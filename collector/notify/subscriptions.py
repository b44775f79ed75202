"""Who wants to hear of alarms by webhook: subscriptions in the state database, each with its own cursor."""

import secrets
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Meta, Struct

from collector import state
from collector.alarms import book
from collector.alarms.alarm import Alarm, Entry
from collector.notify import delivery, events
from collector.notify.attempts import Outcome
from collector.notify.delivery import Parcel
from collector.notify.signature import SECRET_BYTES, written

MOST: Final = 64
"""Each has a thread while something is delivered to it."""
SAID_CHARS: Final = 500
TEST_WORTH_MS: Final = 600_000
"""Nobody waits longer for what comes of a test."""


class State(StrEnum):
    """How a receiver does."""

    NEW = "new"
    """Nothing was sent to it yet."""
    WORKING = "working"
    FAILING = "failing"
    """The last attempt has failed; more are made."""
    DISABLED = "disabled"


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
    tried_ms: int = 0
    """The last attempt; 0: there was none."""
    failing_ms: int = 0
    """Since when no attempt has succeeded; 0: the last one did."""
    said: str = ""
    """What came of the last attempt."""

    @property
    def state(self) -> "State":
        """How it does."""
        if self.disabled:
            return State.DISABLED
        if self.failing_ms:
            return State.FAILING
        return State.WORKING if self.tried_ms else State.NEW

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


def note(transaction: sa.Connection, number: int, outcome: Outcome, now_ms: int) -> None:
    """What came of an attempt; whoever is gone is told nothing more, and the first reason stays."""
    c = state.webhooks.c
    mine = state.webhooks.update().where(c.id == number, c.disabled == "")
    since_ms = sa.case((c.failing_ms == 0, now_ms), else_=c.failing_ms)
    said = state.storable(outcome.said, SAID_CHARS)
    transaction.execute(
        mine.values(
            tried_ms=now_ms,
            failing_ms=0 if outcome.is_done else since_ms,
            said=said,
            disabled=said if outcome.is_gone else "",
        )
    )


def enable(transaction: sa.Connection, one: Subscription, now_ms: int, *, from_now: bool) -> None:
    """Deliver to a disabled receiver again: what it has missed, or with `from_now` only what comes."""
    values: dict[str, Any] = {"disabled": "", "failing_ms": 0, "tried_ms": 0, "said": ""}
    if from_now:
        values["after_seq"] = book.last_seq(transaction)
    else:
        delivery.retry(transaction, now_ms, lanes=[one.lane])
    transaction.execute(state.webhooks.update().where(state.webhooks.c.id == one.id).values(values))


def test(transaction: sa.Connection, one: Subscription, source: str, now_ms: int) -> str:
    """Send a receiver an event that nothing has happened; its number."""
    number = f"test-{one.id}-{now_ms}"
    body = events.test_event(number, source, now_ms)
    expires_ms = now_ms + TEST_WORTH_MS
    parcel = Parcel(
        lane=one.lane, order_key=number, number=number, body=body, expires_ms=expires_ms, asked=True
    )
    delivery.enter(transaction, [parcel], now_ms)
    return number


def _subscription(row: dict[str, Any]) -> Subscription:
    return Subscription(**(row | {"filter": msgspec.json.decode(row["filter"], type=Filter)}))
