"""Tokens by which other systems use the centre: shown once, kept as SHA-256, narrowed, revocable."""

import hashlib
import secrets
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from collector import state
from collector.users.roles import Action, Grant, Rights, rights

_BEGINS: Final = "ulba_"
_SHOWN: Final = 10
"""So many characters tell a token from others."""
_TOUCH_MS: Final = 60_000


class Scope(Struct, frozen=True):
    """The roles of a token, and the actions it is narrowed to; none named: all that the roles allow."""

    grants: tuple[Grant, ...]
    actions: tuple[Action, ...] = ()

    @property
    def rights(self) -> Rights:
        """What it may do; it never administers."""
        wanted = frozenset(self.actions or Action) - {Action.ADMINISTER}
        return Rights({group: actions & wanted for group, actions in rights(self.grants).by_group.items()})


class Token(Struct, frozen=True, kw_only=True):
    """A token without its secret; times are Unix ms, None: never."""

    id: int
    name: str
    prefix: str
    hash: bytes
    scope: Scope
    by: str
    created_ms: int
    expires_ms: int | None = None
    used_ms: int | None = None
    revoked_ms: int | None = None


def make(
    transaction: sa.Connection,
    name: str,
    scope: Scope,
    *,
    by: str,
    now_ms: int,
    expires_ms: int | None = None,
) -> tuple[str, Token]:
    """A new token: its secret, which is kept nowhere, and what is kept."""
    secret = _BEGINS + secrets.token_urlsafe(32)
    c = state.tokens.c
    values = {
        c.title: name,
        c.prefix: secret[:_SHOWN],
        c.hash: _hash(secret),
        c.grants: msgspec.json.encode(scope),
        c.by: by,
        c.created_ms: now_ms,
        c.expires_ms: expires_ms,
    }
    row = transaction.execute(state.tokens.insert().values(values).returning(state.tokens)).mappings().one()
    return secret, _token(row)


def find(connection: sa.Connection, secret: str, now_ms: int) -> Token | None:
    """The token with this secret, unless it is revoked or too old."""
    query = sa.select(state.tokens).where(state.tokens.c.hash == _hash(secret), _is_valid(now_ms))
    row = connection.execute(query).mappings().one_or_none()
    return _token(row) if row else None


def in_use(connection: sa.Connection) -> list[Token]:
    """All that are not revoked, the newest first."""
    c = state.tokens.c
    query = sa.select(state.tokens).where(c.revoked_ms.is_(None)).order_by(c.id.desc())
    return [_token(row) for row in connection.execute(query).mappings()]


def alive(connection: sa.Connection, now_ms: int) -> set[bytes]:
    """The hashes of all that may be used."""
    return set(connection.execute(sa.select(state.tokens.c.hash).where(_is_valid(now_ms))).scalars())


def touch(transaction: sa.Connection, token: Token, now_ms: int) -> None:
    """Note that a token was used."""
    row = state.tokens.c.id == token.id
    transaction.execute(state.tokens.update().where(row).values(used_ms=now_ms))


def is_due(token: Token, now_ms: int) -> bool:
    """Whether it is to be noted that a token was used."""
    return token.used_ms is None or now_ms - token.used_ms >= _TOUCH_MS


def revoke(transaction: sa.Connection, number: int, now_ms: int) -> Token | None:
    """End a token for good; None: there is none that could be ended."""
    c = state.tokens.c
    ended = state.tokens.update().where(c.id == number, c.revoked_ms.is_(None)).values(revoked_ms=now_ms)
    row = transaction.execute(ended.returning(state.tokens)).mappings().one_or_none()
    return _token(row) if row else None


def _is_valid(now_ms: int) -> sa.ColumnElement[bool]:
    c = state.tokens.c
    return sa.and_(c.revoked_ms.is_(None), sa.or_(c.expires_ms.is_(None), c.expires_ms > now_ms))


def _token(row: sa.RowMapping) -> Token:
    kept: dict[str, Any] = {str(name): value for name, value in row.items()}
    scope = msgspec.json.decode(kept.pop("grants"), type=Scope)
    return Token(name=kept.pop("title"), scope=scope, **kept)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
