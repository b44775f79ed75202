"""The people who may log in, with their roles, in the state database."""

import re
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from msgspec import UNSET, Struct, UnsetType

from collector import state
from collector.users import audit, passwords
from collector.users.roles import ALL_GROUPS, Grant, Role

FIRST_NAME: Final = "administrator"
_NAME: Final = re.compile(r"[^\s\x00-\x1f\x7f@/]{1,64}")


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who may log in; `password` is a hash and never leaves this process."""

    id: int
    name: str
    title: str
    language: str
    password: str | None = None
    subject: str | None = None
    disabled: bool = False
    created_ms: int = 0
    grants: tuple[Grant, ...] = ()


class Seen(Struct, frozen=True, kw_only=True):
    """A person as an audit shows one: no secrets."""

    name: str
    title: str
    language: str
    disabled: bool
    grants: tuple[Grant, ...]


class UnfitError(ValueError):
    """What was asked for cannot be: one sentence; `code` for a program."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be changed of a person; what is unset stays."""

    title: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    password: str | UnsetType | None = UNSET
    """In plain; None: takes it away."""
    subject: str | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET
    grants: tuple[Grant, ...] | UnsetType = UNSET


def seen(person: Person) -> Seen:
    """A person without secrets."""
    return Seen(
        name=person.name,
        title=person.title,
        language=person.language,
        disabled=person.disabled,
        grants=person.grants,
    )


def is_name(text: str) -> bool:
    """Whether somebody may be called so; in lower case some letters are two."""
    return _NAME.fullmatch(text.casefold()) is not None


def everybody(connection: sa.Connection) -> list[Person]:
    """All of them, by name."""
    return _people(connection, sa.select(state.people).order_by(state.people.c.name))


def named(connection: sa.Connection, name: str) -> Person | None:
    """The one with this name; upper and lower case are the same."""
    if not is_name(name):
        return None
    query = sa.select(state.people).where(state.people.c.name == name.casefold())
    return next(iter(_people(connection, query)), None)


def to_change(transaction: sa.Connection, name: str) -> Person | None:
    """Like `named`; until the end of the transaction nobody else changes people."""
    audit.lock(transaction)
    return named(transaction, name)


def numbered(connection: sa.Connection, number: int) -> Person | None:
    """The one with this number."""
    query = sa.select(state.people).where(state.people.c.id == number)
    return next(iter(_people(connection, query)), None)


def of_subject(connection: sa.Connection, subject: str) -> Person | None:
    """The one whom an OpenID provider calls so."""
    query = sa.select(state.people).where(state.people.c.subject == subject)
    return next(iter(_people(connection, query)), None)


def add(transaction: sa.Connection, name: str, wanted: Wanted, now_ms: int) -> Person:
    """Add somebody.

    Raises:
        UnfitError: no name, or it is taken.
        WeakPasswordError: see `passwords.hashed`.
    """
    if not is_name(name):
        raise UnfitError("name_unfit", "a name has 1 to 64 characters without spaces, `@` and `/`")
    audit.lock(transaction)
    if named(transaction, name):
        raise UnfitError("name_taken", f"there is somebody named {name} already")
    values: dict[str, Any] = {"title": name, "language": "ru", "disabled": False} | _columns(wanted)
    row = state.people.insert().values(name=name.casefold(), created_ms=now_ms, **values)
    number = int(transaction.execute(row.returning(state.people.c.id)).scalar_one())
    _set_grants(transaction, number, () if wanted.grants is UNSET else wanted.grants)
    return _expect(transaction, number)


def change(transaction: sa.Connection, person: Person, wanted: Wanted) -> Person:
    """Change somebody; a new password or role, and being disabled, end all sessions of theirs.

    Raises:
        UnfitError: nobody could administer any more.
        WeakPasswordError: see `passwords.hashed`.
    """
    values = _columns(wanted)
    audit.lock(transaction)
    if values:
        transaction.execute(state.people.update().where(state.people.c.id == person.id).values(values))
    has_other_roles = wanted.grants is not UNSET and set(wanted.grants) != set(person.grants)
    if wanted.grants is not UNSET and has_other_roles:
        _set_grants(transaction, person.id, wanted.grants)
    if wanted.password is not UNSET or wanted.disabled is True or has_other_roles:
        transaction.execute(state.sessions.delete().where(state.sessions.c.person_id == person.id))
    if not any(_administers(one) for one in everybody(transaction)):
        raise UnfitError("last_administrator", "somebody must stay administrator of all groups")
    return _expect(transaction, person.id)


def first(transaction: sa.Connection, now_ms: int) -> str | None:
    """Where there is nobody yet, add an administrator.

    Returns:
        The password, which is kept nowhere; None: there were people.
    """
    audit.lock(transaction)
    if transaction.execute(sa.select(sa.func.count()).select_from(state.people)).scalar_one():
        return None
    password = passwords.drawn()
    grants = (Grant(ALL_GROUPS, Role.ADMINISTRATOR),)
    add(transaction, FIRST_NAME, Wanted(password=password, grants=grants), now_ms)
    return password


def _administers(person: Person) -> bool:
    return not person.disabled and Grant(ALL_GROUPS, Role.ADMINISTRATOR) in person.grants


def _columns(wanted: Wanted) -> dict[str, Any]:
    given = {
        name: value
        for name in ("title", "language", "password", "subject", "disabled")
        if (value := getattr(wanted, name)) is not UNSET
    }
    if given.get("password"):
        given["password"] = passwords.hashed(given["password"])
    return given


def _set_grants(transaction: sa.Connection, number: int, grants: Iterable[Grant]) -> None:
    table = state.person_roles
    transaction.execute(table.delete().where(table.c.person_id == number))
    rows = [{"person_id": number, "site_group": one.group, "role": one.role.value} for one in set(grants)]
    if len({row["site_group"] for row in rows}) < len(rows):
        raise UnfitError("two_roles", "somebody has one role in a group")
    if rows:
        transaction.execute(table.insert(), rows)


def _expect(connection: sa.Connection, number: int) -> Person:
    found = numbered(connection, number)
    assert found is not None, "written in this transaction"
    return found


def _people(connection: sa.Connection, query: sa.Select[Any]) -> list[Person]:
    rows = connection.execute(query).mappings().all()
    c = state.person_roles.c
    given: dict[int, list[Grant]] = {}
    roles = sa.select(c.person_id, c.site_group, c.role).where(c.person_id.in_([row["id"] for row in rows]))
    for number, group, role in connection.execute(roles):
        given.setdefault(number, []).append(Grant(group, Role(role)))
    return [Person(**row, grants=tuple(sorted(given.get(row["id"], ())))) for row in rows]
