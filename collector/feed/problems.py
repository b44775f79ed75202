"""What is said when something cannot be done: RFC 9457, with a code that a console says in its language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from collector.state import StateUnavailableError
from collector.store import StoreUnavailableError, StoreUnusableError

MEDIA_TYPE: Final = "application/problem+json"


class ProblemCode(StrEnum):
    """All reasons there are."""

    LOGIN_NEEDED = "login_needed"
    LOGIN_WRONG = "login_wrong"
    LOGIN_TOO_OFTEN = "login_too_often"
    SESSION_OVER = "session_over"
    CSRF_WRONG = "csrf_wrong"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INVALID_REQUEST = "invalid_request"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"
    PASSWORD_WEAK = "password_weak"  # noqa: S105 - a name, not a password
    PASSWORD_WRONG = "password_wrong"  # noqa: S105
    NOT_AN_ANOMALY = "not_an_anomaly"
    UNKNOWN_DEVICE = "unknown_device"
    NAME_UNFIT = "name_unfit"
    NAME_TAKEN = "name_taken"
    TWO_ROLES = "two_roles"
    ROLES_BEYOND = "roles_beyond"
    LAST_ADMINISTRATOR = "last_administrator"
    NO_ROLE = "no_role"
    PROVIDER_FAILED = "provider_failed"
    # Why the shift log does not take an entry: those of `collector.shifts.log.Refusal`.
    NO_SHIFT = "no_shift"
    SHIFT_TAKEN = "shift_taken"
    NOT_YOUR_SHIFT = "not_your_shift"
    NOT_FOR_YOU = "not_for_you"
    HANDED_OVER = "handed_over"
    NOTHING_HANDED_OVER = "nothing_handed_over"
    ITEMS_UNTICKED = "items_unticked"
    NO_SUCH_ENTRY = "no_such_entry"
    UNKNOWN_PERSON = "unknown_person"
    # Why a webhook cannot be added or acted on.
    URL_UNFIT = "url_unfit"
    SECRET_UNFIT = "secret_unfit"  # noqa: S105
    TOO_MANY_WEBHOOKS = "too_many_webhooks"
    WEBHOOK_CHANGED = "webhook_changed"
    # Why an alarm cannot be acted on: those of `collector.alarms.alarm.Refusal`.
    UNKNOWN_ALARM = "unknown_alarm"
    RAISED_ANEW = "raised_anew"
    NOT_IN_THIS_STATE = "not_in_this_state"
    REASON_MISSING = "reason_missing"
    END_MISSING = "end_missing"
    END_TOO_LATE = "end_too_late"


class Problem(BaseModel):
    """Why something cannot be done (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(default="about:blank", description="A URI; there are no pages about problems.")
    title: str = Field(description="What kind of problem, in English.", examples=["Not allowed"])
    status: int = Field(description="The HTTP status.", examples=[403])
    detail: str = Field(description="One English sentence.")
    code: ProblemCode = Field(description="For a program, and to be said in the person's language.")
    params: dict[str, str | float | None] = Field(default={}, description="What a sentence about it needs.")


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(self, status: int, code: ProblemCode, detail: str, **params: str | float | None) -> None:
        super().__init__(detail)
        self.status, self.code, self.params = status, code, params


def answer(
    status: int, code: ProblemCode, detail: str, params: Mapping[str, str | float | None] | None = None
) -> JSONResponse:
    """A problem as a response."""
    problem = Problem(
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
        params=dict(params or {}),
    )
    return JSONResponse(problem.model_dump(mode="json"), status, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let all that goes wrong be answered with a problem."""

    @app.exception_handler(ProblemError)
    def _known(_: Request, error: ProblemError) -> JSONResponse:
        return answer(error.status, error.code, str(error), error.params)

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        return answer(422, ProblemCode.INVALID_REQUEST, f"{where}: {first['msg']}", {"where": where})

    @app.exception_handler(HTTPException)
    def _http(_: Request, error: HTTPException) -> JSONResponse:
        found = answer(error.status_code, _CODES.get(error.status_code, _OTHER), str(error.detail))
        found.headers.update(error.headers or {})
        return found

    @app.exception_handler(Exception)
    def _defect(_: Request, __: Exception) -> JSONResponse:
        return answer(500, ProblemCode.UNAVAILABLE, "a defect of this program; its log has more")

    def _away(_: Request, error: Exception) -> JSONResponse:
        return answer(503, ProblemCode.UNAVAILABLE, str(error))

    for kind in (StateUnavailableError, StoreUnavailableError, StoreUnusableError):
        app.add_exception_handler(kind, _away)


_OTHER: Final = ProblemCode.INVALID_REQUEST
_CODES: Final = {
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    413: ProblemCode.TOO_LARGE,
}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses for the description of a route; of all that need a login also 401, 422, 503."""
    return {
        status: {"model": Problem, "content": {MEDIA_TYPE: {}}} for status in (401, 403, 422, 503, *statuses)
    }
