"""People who may log in: for administrators, as far as all their roles are in groups of the caller's."""

from collections.abc import Callable

import sqlalchemy as sa
from fastapi import APIRouter
from msgspec import UNSET

from collector import state
from collector.feed.auth import Caller, Who
from collector.feed.context import Here
from collector.feed.models.people import GroupRole, User, UserChange, UserList, UserWanted
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.users import audit, people
from collector.users.audit import Deed
from collector.users.passwords import WeakPasswordError
from collector.users.people import Person, UnfitError, Wanted
from collector.users.roles import Action, Grant

router = APIRouter(tags=["people"], responses=described(404, 409))


@router.get("/users")
def list_users(who: Who, context: Here) -> UserList:
    """All who may log in, as far as they are the caller's to manage."""
    who.see_anywhere(Action.ADMINISTER)
    with state.reading(context.engine) as connection:
        known = people.everybody(connection)
    return UserList(users=[_shown(one) for one in known if who.rights.manage(one.grants)])


@router.post("/users", status_code=201)
def add_user(wanted: UserWanted, who: Who, context: Here) -> User:
    """Add somebody."""
    asked = Wanted(
        title=wanted.title or wanted.name,
        language=wanted.language,
        password=wanted.password,
        grants=grants_of(wanted.roles),
    )
    who.see_manage(grants_of(wanted.roles))
    now_ms = context.now_ms()
    with state.writing(context.engine) as transaction:
        person = _fit(lambda: people.add(transaction, wanted.name, asked, now_ms))
        audit.note(
            transaction, Deed.PERSON_ADDED, who.actor, now_ms, target=person.name, after=people.seen(person)
        )
    return _shown(person)


@router.patch("/users/{name}")
def change_user(name: str, wanted: UserChange, who: Who, context: Here) -> User:
    """Change somebody; another password or role ends all sessions of theirs."""
    who.see_anywhere(Action.ADMINISTER)
    now_ms = context.now_ms()
    with state.writing(context.engine) as transaction:
        person = _theirs(transaction, who, name)
        _see_change(who, person, wanted)
        changed = _fit(lambda: people.change(transaction, person, _asked(wanted)))
        before, after = people.seen(person), people.seen(changed)
        if before != after:
            audit.note(
                transaction,
                Deed.PERSON_CHANGED,
                who.actor,
                now_ms,
                target=person.name,
                before=before,
                after=after,
            )
        if wanted.password is not None:
            audit.note(transaction, Deed.PASSWORD_CHANGED, who.actor, now_ms, target=person.name)
    return _shown(changed)


def _theirs(transaction: sa.Connection, who: Caller, name: str) -> Person:
    """Somebody whom the caller manages."""
    person = people.to_change(transaction, name)
    if person is None or not who.rights.manage(person.grants):
        raise ProblemError(404, ProblemCode.NOT_FOUND, "there is nobody of this name")
    return person


def _see_change(who: Caller, person: Person, wanted: UserChange) -> None:
    if wanted.roles is not None:
        who.see_manage(grants_of(wanted.roles))
    if wanted.password is not None and person.subject is not None:
        # Their provider may give them more roles tomorrow, and whoever knows the password would have them.
        who.see_everywhere(Action.ADMINISTER)


def grants_of(roles: list[GroupRole]) -> tuple[Grant, ...]:
    """Roles as they are kept."""
    return tuple(Grant(one.group, one.role) for one in roles)


def roles_of(grants: tuple[Grant, ...]) -> list[GroupRole]:
    """Roles as they are shown."""
    return [GroupRole(group=one.group, role=one.role) for one in grants]


def _asked(wanted: UserChange) -> Wanted:
    return Wanted(
        title=UNSET if wanted.title is None else wanted.title,
        language=UNSET if wanted.language is None else wanted.language,
        password=UNSET if wanted.password is None else wanted.password,
        disabled=UNSET if wanted.disabled is None else wanted.disabled,
        grants=UNSET if wanted.roles is None else grants_of(wanted.roles),
    )


def _fit(do: Callable[[], Person]) -> Person:
    try:
        return do()
    except WeakPasswordError as error:
        raise ProblemError(422, ProblemCode.PASSWORD_WEAK, str(error)) from None
    except UnfitError as error:
        raise ProblemError(409, ProblemCode(error.code), str(error)) from None


def _shown(person: Person) -> User:
    return User(
        name=person.name,
        title=person.title,
        language=person.language,  # type: ignore[arg-type] # one of the three since it was entered
        disabled=person.disabled,
        roles=roles_of(person.grants),
        has_password=person.password is not None,
        oidc=person.subject is not None,
        created_ms=person.created_ms,
    )
