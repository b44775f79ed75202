"""Who asks: the cookie of a browser or the token of a program; and what may be done in which group.

cookie ulba_session   + X-CSRF-Token for everything that changes something
Authorization: Bearer TOKEN
"""

import hmac
from collections.abc import Collection
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from msgspec import Struct

from collector import state
from collector.feed.context import Context, Here
from collector.feed.problems import ProblemCode, ProblemError
from collector.users import sessions, tokens
from collector.users.audit import Actor
from collector.users.roles import Action, Grant, Rights, rights
from collector.users.sessions import Session

COOKIE: Final = "ulba_session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Caller(Struct, frozen=True, kw_only=True):
    """Who asks, from where, and what may be done."""

    actor: Actor
    rights: Rights
    language: str
    session: Session | None = None
    """None: a program with a token."""
    key: bytes
    """The hash of the session or token: a stream is open for as long as it is valid."""

    def see(self, action: Action, group: str) -> None:
        """End the request if this may not be done in a group."""
        if not self.rights.may(action, group):
            raise ProblemError(
                403,
                ProblemCode.NOT_ALLOWED,
                f"{self.actor.name} may not {action} here",
                action=action.value,
                group=group,
            )

    def see_anywhere(self, action: Action) -> None:
        """End the request if this may be done nowhere."""
        if action not in self.rights.anywhere():
            raise ProblemError(
                403, ProblemCode.NOT_ALLOWED, f"{self.actor.name} may not {action}", action=action.value
            )

    def see_everywhere(self, action: Action) -> None:
        """End the request if this may not be done in all groups."""
        if not self.rights.may_everywhere(action):
            raise ProblemError(
                403,
                ProblemCode.NOT_ALLOWED,
                f"{self.actor.name} may not {action} in all groups of sites",
                action=action.value,
                group="*",
            )

    def see_manage(self, grants: Collection[Grant]) -> None:
        """End the request if somebody with these roles is not the caller's to make or change."""
        self.see_anywhere(Action.ADMINISTER)
        if not self.rights.manage(grants):
            raise ProblemError(
                403,
                ProblemCode.ROLES_BEYOND,
                f"{self.actor.name} may give roles only in groups of sites of which they are administrator",
            )


def address_of(request: Request) -> str:
    """From where a request comes; behind a trusted proxy what that says."""
    return request.client.host if request.client else ""


def find(request: Request, context: Context) -> Caller:
    """Who asks.

    Raises:
        ProblemError: nobody that is known; or the proof is missing that the console's own page asks.
    """
    if (bearer := request.headers.get("authorization")) is not None:
        return _program(request, context, bearer)
    secret = request.cookies.get(COOKIE)
    if not secret:
        raise ProblemError(401, ProblemCode.LOGIN_NEEDED, "log in first")
    session = _session(context, secret)
    if request.method not in _SAFE:
        _see_csrf(request, session)
    return Caller(
        actor=Actor(session.person.name, address_of(request)),
        rights=rights(session.person.grants),
        language=session.person.language,
        session=session,
        key=session.hash,
    )


def caller(request: Request, context: Here) -> Caller:
    """Who asks, as a dependency of routes."""
    return find(request, context)


Who = Annotated[Caller, Depends(caller)]


def _program(request: Request, context: Context, bearer: str) -> Caller:
    kind, _, secret = bearer.partition(" ")
    now_ms = context.now_ms()
    with state.reading(context.engine) as connection:
        token = tokens.find(connection, secret.strip(), now_ms) if kind.lower() == "bearer" else None
    if token is None:
        raise ProblemError(401, ProblemCode.LOGIN_NEEDED, "there is no such token, or it is over")
    if tokens.is_due(token, now_ms):
        with state.writing(context.engine) as transaction:
            tokens.touch(transaction, token, now_ms)
    # No person has a space in the name: nobody can be taken for somebody else.
    actor = Actor(f"token {token.name}", address_of(request))
    return Caller(actor=actor, rights=token.scope.rights, language=context.table.language, key=token.hash)


def _session(context: Context, secret: str) -> Session:
    now_ms = context.now_ms()
    with state.reading(context.engine) as connection:
        session = sessions.find(connection, secret, now_ms, context.lasting)
    if session is None:
        raise ProblemError(401, ProblemCode.SESSION_OVER, "the session is over: log in again")
    if sessions.is_due(session, now_ms):
        with state.writing(context.engine) as transaction:
            sessions.touch(transaction, [session.hash], now_ms)
    return session


def _see_csrf(request: Request, session: Session) -> None:
    given = request.headers.get("x-csrf-token", "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise ProblemError(
            403, ProblemCode.CSRF_WRONG, "X-CSRF-Token is not the one of this session: fetch /me anew"
        )


def set_cookie(response: Response, request: Request, secret: str, session: Session, now_ms: int) -> None:
    """Give a browser its session."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=(session.expires_ms - now_ms) // 1000,
        httponly=True,
        samesite="lax",
        secure=is_https(request),
    )


def is_https(request: Request) -> bool:
    """Whether the browser speaks https, to us or to the proxy before us."""
    context: Context = request.app.state.context
    public = context.table.public_url or ""
    return request.url.scheme == "https" or public.startswith("https://")
