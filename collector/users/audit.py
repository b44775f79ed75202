"""What people and programs did: who, when, from where, what was before and after; appended, never changed."""

from enum import StrEnum
from typing import Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from collector import state
from collector.state import chain


class Deed(StrEnum):
    """What was done."""

    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    LOGOUT = "logout"
    PERSON_ADDED = "person_added"
    PERSON_CHANGED = "person_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a deed
    TOKEN_MADE = "token_made"  # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    ALARM_ACTION = "alarm_action"
    ALARM_FALSE = "alarm_false"
    SHIFT = "shift"
    NMU = "nmu"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_REMOVED = "webhook_removed"
    WEBHOOK_RETRIED = "webhook_retried"
    WEBHOOK_TESTED = "webhook_tested"
    WEBHOOK_ENABLED = "webhook_enabled"


class Actor(Struct, frozen=True):
    """Who does something: the name of a person or token, and the address."""

    name: str
    address: str = ""


_NOTHING: Final = msgspec.Raw(b"null")


class Entry(Struct, frozen=True, kw_only=True):
    """One deed; `before` and `after` are what it changed, as JSON, without secrets."""

    t_ms: int
    by: str
    address: str = ""
    deed: str
    target: str = ""
    before: msgspec.Raw = _NOTHING
    after: msgspec.Raw = _NOTHING


class Line(Struct, frozen=True):
    """An entry and its number."""

    seq: int
    entry: Entry


def lock(transaction: sa.Connection) -> None:
    """Wait until no other process changes people or counts attempts; to be called before they are read."""
    chain.lock(transaction, state.audit)


def note(
    transaction: sa.Connection,
    deed: Deed,
    by: Actor,
    now_ms: int,
    *,
    target: str = "",
    before: object = None,
    after: object = None,
) -> None:
    """Enter a deed in the transaction that does it; `before` and `after` are anything JSON can tell."""
    entry = Entry(
        t_ms=now_ms,
        by=by.name,
        address=by.address,
        deed=deed.value,
        target=target,
        before=msgspec.Raw(msgspec.json.encode(before)),
        after=msgspec.Raw(msgspec.json.encode(after)),
    )
    chain.append(transaction, state.audit, [(now_ms, msgspec.json.encode(entry))])


def lines(connection: sa.Connection, *, before_seq: int | None, limit: int) -> list[Line]:
    """The newest entries before a number, the newest first."""
    found = chain.rows(connection, state.audit, before_seq=before_seq, limit=limit)
    return [Line(seq, msgspec.json.decode(body, type=Entry)) for seq, body in found]
