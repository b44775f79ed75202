"""Logging in through an OpenID Connect provider; what goes wrong is told on the console's page."""

import hmac
from typing import Annotated, Final
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from collector import state
from collector.feed.auth import address_of, is_https, set_cookie
from collector.feed.context import Context, Here
from collector.feed.oidc import Attempt, Provider, ProviderError
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.users import audit, provider, sessions
from collector.users.audit import Actor, Deed
from collector.users.people import UnfitError
from collector.users.provider import Identity, NotAdmittedError

router = APIRouter(tags=["people"])
_COOKIE: Final = "ulba_oidc"
_PATH: Final = "/api/v1/oidc"
_LASTS_S: Final = 600
_log = structlog.get_logger()


@router.get("/oidc/login", status_code=303, response_class=RedirectResponse, responses=described(404))
def begin(request: Request, context: Here) -> RedirectResponse:
    """Go to the provider to log in there."""
    try:
        url, attempt = _provider(context).begin()
    except ProviderError as error:
        return _back(ProblemCode.PROVIDER_FAILED, error)
    answer = RedirectResponse(url, 303)
    kept = f"{attempt.state}.{attempt.nonce}.{attempt.verifier}"
    answer.set_cookie(
        _COOKIE,
        kept,
        max_age=_LASTS_S,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=is_https(request),
    )
    return answer


@router.get("/oidc/callback", status_code=303, response_class=RedirectResponse, responses=described(404))
def finish(
    request: Request,
    context: Here,
    code: Annotated[str, Query(max_length=4000)] = "",
    state_: Annotated[str, Query(alias="state", max_length=200)] = "",
) -> RedirectResponse:
    """Come back from the provider; the answer sets the cookie of the session."""
    found = _provider(context)
    try:
        who = found.finish(_attempt(request, state_), code)
        answer = _admitted(request, context, found, who)
    except ProviderError as error:
        answer = _back(ProblemCode.PROVIDER_FAILED, error)
    except (NotAdmittedError, UnfitError) as error:
        answer = _back(ProblemCode(error.code), error)
    answer.delete_cookie(_COOKIE, path=_PATH)
    return answer


def _provider(context: Context) -> Provider:
    if context.provider is None:
        raise ProblemError(404, ProblemCode.NOT_FOUND, "no OpenID provider is configured")
    return context.provider


def _attempt(request: Request, returned: str) -> Attempt:
    """What this browser was given when it went: another one's code is not taken."""
    kept = request.cookies.get(_COOKIE, "").split(".")
    if len(kept) != len(Attempt.__struct_fields__) or not hmac.compare_digest(
        kept[0].encode(), returned.encode()
    ):
        raise ProviderError("this browser did not begin this login")
    return Attempt(*kept)


def _admitted(request: Request, context: Context, found: Provider, who: Identity) -> RedirectResponse:
    now_ms, address = context.now_ms(), address_of(request)
    with state.writing(context.engine) as transaction:
        person = provider.admit(transaction, who, found.grants, address, now_ms)
        audit.note(transaction, Deed.LOGIN, Actor(person.name, address), now_ms, target="oidc")
        secret, session = sessions.begin(transaction, person, address, now_ms, context.lasting)
    answer = RedirectResponse("/", 303)
    set_cookie(answer, request, secret, session, now_ms)
    return answer


def _back(code: ProblemCode, error: Exception) -> RedirectResponse:
    _log.warning("nobody was let in", reason=str(error))
    return RedirectResponse(f"/?{urlencode({'problem': code.value})}", 303)
