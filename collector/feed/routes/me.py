"""Logging in and out, and who one is."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request, Response
from msgspec.structs import replace

from collector import state
from collector.feed.auth import COOKIE, Caller, Who, address_of, set_cookie
from collector.feed.context import Context, Here
from collector.feed.models.people import GroupRole, Login, Me, MeWanted, PasswordChange
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.users import audit, people, sessions
from collector.users.audit import Deed
from collector.users.login import Door, RefusedError, TooManyError
from collector.users.passwords import WeakPasswordError
from collector.users.people import Wanted
from collector.users.roles import rights
from collector.users.sessions import Session

router = APIRouter(tags=["people"])


@router.post("/login", responses=described(429))
def log_in(wanted: Login, request: Request, response: Response, context: Here) -> Me:
    """Log in with name and password; the answer sets the cookie of the session."""
    now_ms, address = context.now_ms(), address_of(request)
    door = Door(context.engine, context.lasting)
    begin = partial(door.log_in, wanted.name, wanted.password, address, now_ms)
    secret, session = _begun(begin, ProblemCode.LOGIN_WRONG, "name or password are wrong")
    set_cookie(response, request, secret, session, now_ms)
    return me_of(session, context)


@router.post("/logout", status_code=204, responses=described())
def log_out(who: Who, context: Here, response: Response) -> None:
    """End the session."""
    session = _session(who)
    with state.writing(context.engine) as transaction:
        sessions.end(transaction, session)
        audit.note(transaction, Deed.LOGOUT, who.actor, context.now_ms())
    context.hub.post(lambda: context.hub.end(session.hash))
    response.delete_cookie(COOKIE)


@router.get("/me", responses=described())
def me(who: Who, context: Here) -> Me:
    """Who is logged in, what this person may do, and the token against forged requests."""
    return me_of(_session(who), context)


@router.put("/me", responses=described(429))
def change_me(wanted: MeWanted, who: Who, request: Request, response: Response, context: Here) -> Me:
    """Change one's language or password; a new password ends all other sessions."""
    session = _session(who)
    if wanted.language is not None:
        with state.writing(context.engine) as transaction:
            person = people.change(transaction, session.person, Wanted(language=wanted.language))
        session = replace(session, person=person)
    if wanted.password is not None:
        secret, session = _with_password(context, who, session, wanted.password)
        set_cookie(response, request, secret, session, context.now_ms())
    return me_of(session, context)


def me_of(session: Session, context: Context) -> Me:
    """A session as its person sees it."""
    person = session.person
    allowed = rights(person.grants)
    return Me(
        name=person.name,
        title=person.title,
        language=person.language,  # type: ignore[arg-type] # one of the three since it was entered
        csrf=session.csrf,
        roles=[GroupRole(group=one.group, role=one.role) for one in person.grants],
        actions=sorted(allowed.anywhere()),
        everywhere=sorted(allowed.everywhere()),
        expires_ms=session.expires_ms,
        server_ms=context.now_ms(),
        zone=context.table.zone,
    )


def _with_password(
    context: Context, who: Caller, session: Session, change: PasswordChange
) -> tuple[str, Session]:
    door = Door(context.engine, context.lasting)
    asked = session.person, change.old, change.new
    try:
        begin = partial(door.change_password, *asked, by=who.actor, now_ms=context.now_ms())
        return _begun(begin, ProblemCode.PASSWORD_WRONG, "the old password is wrong")
    except WeakPasswordError as error:
        raise ProblemError(422, ProblemCode.PASSWORD_WEAK, str(error)) from None


def _begun(begin: Callable[[], tuple[str, Session]], code: ProblemCode, sentence: str) -> tuple[str, Session]:
    """A session that begins with a password, unless it is the wrong one or too many were."""
    try:
        return begin()
    except RefusedError:
        status = 401 if code is ProblemCode.LOGIN_WRONG else 403
        raise ProblemError(status, code, sentence) from None
    except TooManyError as error:
        seconds = -(-error.wait_ms // 1000)
        raise ProblemError(429, ProblemCode.LOGIN_TOO_OFTEN, str(error), wait_s=seconds) from None


def _session(who: Caller) -> Session:
    if who.session is None:
        raise ProblemError(403, ProblemCode.NOT_ALLOWED, "a token is nobody: log in with a name")
    return who.session
