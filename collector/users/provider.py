"""People who come through an OpenID Connect provider: who they are here, and what they may do."""

from collections.abc import Iterable, Mapping
from typing import Final

import sqlalchemy as sa
from msgspec import UNSET, Struct

from collector.users import audit, people
from collector.users.audit import Actor, Deed
from collector.users.people import Person, Wanted
from collector.users.roles import ALL_GROUPS, Grant, Role

_BETWEEN: Final = "@"


class Identity(Struct, frozen=True, kw_only=True):
    """Who somebody is by the provider's word; `subject` is its issuer and its number there."""

    subject: str
    name: str
    title: str = ""
    groups: tuple[str, ...] = ()


class NotAdmittedError(Exception):
    """One sentence why somebody whom the provider knows may not come in; `code` for a program."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def grants(roles: Mapping[str, str]) -> dict[str, Grant]:
    """The `roles` of the settings: value of a claim → role and group.

    Raises:
        ValueError: one sentence about a role that is none.
    """
    return {value: _grant(text) for value, text in roles.items()}


def admit(
    transaction: sa.Connection, who: Identity, mapped: Mapping[str, Grant], address: str, now_ms: int
) -> Person:
    """The person that somebody is here; added where the name is free, with the roles the provider tells.

    Args:
        transaction: of the state database.
        who: by the provider's word.
        mapped: group at the provider → role; empty: an administrator gives the roles.
        address: from where.
        now_ms: Unix ms.

    Raises:
        NotAdmittedError: the name is somebody else's, no group has a role, or the person is disabled.
    """
    given = _given(who.groups, mapped)
    if mapped and not given:
        raise NotAdmittedError("no_role", f"none of the groups of {who.name} has a role here")
    by = Actor(who.name[:64], address)
    known = people.of_subject(transaction, who.subject) or _awaited(transaction, who)
    if known is None:
        wanted = Wanted(title=who.title or who.name, subject=who.subject, grants=given)
        person = people.add(transaction, who.name, wanted, now_ms)
        audit.note(transaction, Deed.PERSON_ADDED, by, now_ms, target=person.name, after=people.seen(person))
        return person
    if known.disabled:
        raise NotAdmittedError("not_allowed", f"{known.name} may not log in")
    return _renewed(transaction, known, who, given if mapped else None, by=by, now_ms=now_ms)


def _awaited(transaction: sa.Connection, who: Identity) -> Person | None:
    """Somebody whom an administrator has added without a password, for this to be the first login."""
    known = people.named(transaction, who.name)
    if known is not None and (known.password is not None or known.subject is not None):
        raise NotAdmittedError("name_taken", f"{who.name} is somebody else here")
    return known


def _renewed(
    transaction: sa.Connection,
    known: Person,
    who: Identity,
    given: tuple[Grant, ...] | None,
    *,
    by: Actor,
    now_ms: int,
) -> Person:
    is_same = known.subject == who.subject and given in {None, known.grants}
    if is_same:
        return known
    wanted = Wanted(subject=who.subject, grants=UNSET if given is None else given)
    changed = people.change(transaction, known, wanted)
    before, after = people.seen(known), people.seen(changed)
    audit.note(transaction, Deed.PERSON_CHANGED, by, now_ms, target=known.name, before=before, after=after)
    return changed


def _given(groups: Iterable[str], mapped: Mapping[str, Grant]) -> tuple[Grant, ...]:
    """The highest role in each group of sites."""
    highest: dict[str, Role] = {}
    for grant in (mapped[one] for one in groups if one in mapped):
        before = highest.get(grant.group, grant.role)
        highest[grant.group] = max(before, grant.role, key=list(Role).index)
    return tuple(sorted(Grant(group, role) for group, role in highest.items()))


def _grant(text: str) -> Grant:
    role, _, group = text.partition(_BETWEEN)
    if role not in set(Role):
        raise ValueError(f"{text!r} is no role; write one such as `dispatcher` or `dispatcher@left-bank`")
    return Grant(group or ALL_GROUPS, Role(role))
