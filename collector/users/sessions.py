"""Sessions of browsers: what the cookie holds is drawn at random, the database has its SHA-256 only."""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from msgspec import Struct

from collector import state
from collector.users import people
from collector.users.people import Person

_TOUCH_MS: Final = 60_000
"""How exactly it is known when a session was used last; saves a write for each request."""


class Lasting(Struct, frozen=True):
    """How long a session lasts unused, and at the most, milliseconds."""

    idle_ms: int
    most_ms: int


class Session(Struct, frozen=True, kw_only=True):
    """Somebody who is logged in."""

    hash: bytes
    person: Person
    csrf: str
    """What an unsafe request has to name besides."""
    seen_ms: int
    expires_ms: int


def begin(
    transaction: sa.Connection, person: Person, address: str, now_ms: int, lasting: Lasting
) -> tuple[str, Session]:
    """Log somebody in: what the cookie is to hold, and the session."""
    c = state.sessions.c
    transaction.execute(state.sessions.delete().where(_is_over(now_ms, lasting)))
    secret, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    session = Session(
        hash=_hash(secret), person=person, csrf=csrf, seen_ms=now_ms, expires_ms=now_ms + lasting.most_ms
    )
    values = {c.person_id: person.id, c.csrf: csrf, c.address: address, c.created_ms: now_ms}
    values |= {c.hash: session.hash, c.seen_ms: now_ms, c.expires_ms: session.expires_ms}
    transaction.execute(state.sessions.insert().values(values))
    return secret, session


def find(connection: sa.Connection, secret: str, now_ms: int, lasting: Lasting) -> Session | None:
    """The session of a cookie, unless it is over or its person may not log in any more."""
    query = sa.select(state.sessions).where(
        state.sessions.c.hash == _hash(secret), sa.not_(_is_over(now_ms, lasting))
    )
    row = connection.execute(query).mappings().one_or_none()
    person = people.numbered(connection, row["person_id"]) if row else None
    if row is None or person is None or person.disabled:
        return None
    return Session(
        hash=row["hash"],
        person=person,
        csrf=row["csrf"],
        seen_ms=row["seen_ms"],
        expires_ms=row["expires_ms"],
    )


def is_due(session: Session, now_ms: int) -> bool:
    """Whether it is to be noted that a session was used."""
    return now_ms - session.seen_ms >= _TOUCH_MS


def touch(transaction: sa.Connection, hashes: Iterable[bytes], now_ms: int) -> None:
    """Note that sessions were used."""
    c = state.sessions.c
    transaction.execute(state.sessions.update().where(c.hash.in_(list(hashes))).values(seen_ms=now_ms))


def end(transaction: sa.Connection, session: Session) -> None:
    """Log somebody out."""
    transaction.execute(state.sessions.delete().where(state.sessions.c.hash == session.hash))


def alive(connection: sa.Connection, now_ms: int, lasting: Lasting) -> set[bytes]:
    """All sessions that are not over."""
    c = state.sessions.c
    return set(connection.execute(sa.select(c.hash).where(sa.not_(_is_over(now_ms, lasting)))).scalars())


def _is_over(now_ms: int, lasting: Lasting) -> sa.ColumnElement[bool]:
    c = state.sessions.c
    return sa.or_(c.expires_ms <= now_ms, c.seen_ms <= now_ms - lasting.idle_ms)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
