"""Who may do what: every operation of the API, for strangers, every role and tokens of every scope."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, Final

import httpx
import pytest
from msgspec import Struct

from collector import state
from collector.shifts.log import ITEMS
from collector.users import tokens
from collector.users.roles import ALL_GROUPS, ALLOWED, Action, Grant, Role
from collector.users.tokens import Scope
from tests.collector.feed.serving import NOW_MS, PATIENCE_S, Server, event, key

A = Action
Needed = Action | str
OPEN: Final = "anybody, also without login"
KNOWN: Final = "whoever is logged in, and every token"
PERSON: Final = "whoever is logged in, no token"


class Try(Struct, frozen=True):
    """A request that would do something, were it allowed."""

    path: str
    params: Mapping[str, str | int] = {}
    body: Any = None


def verb(action: str) -> Try:
    alarms = [{"key": key("a"), "occurrence": ""}]
    return Try("/alarms/actions", body={"action": action, "alarms": alarms, "comment": "x", "until_ms": 1})


SPAN: Final[Mapping[str, str | int]] = {"point": "bh-01/boiler-1/t", "from_ms": 0, "to_ms": 1000}
TICKED: Final = sorted(ITEMS)
ROLES: Final = [{"group": "*", "role": "viewer"}]
EVERYTHING: Final[Mapping[tuple[str, str], list[tuple[Needed, Try]]]] = {
    ("get", "/health"): [(OPEN, Try("/health"))],
    ("post", "/login"): [(OPEN, Try("/login", body={"name": "nobody", "password": "x"}))],
    ("get", "/oidc/login"): [(OPEN, Try("/oidc/login"))],
    ("get", "/oidc/callback"): [(OPEN, Try("/oidc/callback"))],
    ("get", "/map"): [(KNOWN, Try("/map"))],
    ("get", "/sites"): [(KNOWN, Try("/sites"))],
    ("get", "/sparklines"): [(KNOWN, Try("/sparklines", {"points": ""}))],
    ("get", "/me"): [(PERSON, Try("/me"))],
    ("put", "/me"): [(PERSON, Try("/me", body={}))],
    ("post", "/logout"): [(PERSON, Try("/logout"))],
    ("get", "/alarms"): [(A.READ, Try("/alarms"))],
    ("get", "/alarm"): [(A.READ, Try("/alarm", {"key": key("a")}))],
    ("get", "/journal"): [(A.READ, Try("/journal"))],
    ("get", "/kpi"): [(A.READ, Try("/kpi"))],
    ("get", "/sites/{site}"): [(A.READ, Try("/sites/bh-01"))],
    ("get", "/stream"): [(A.READ, Try("/stream"))],
    ("get", "/trend"): [(A.READ, Try("/trend", SPAN))],
    ("get", "/export"): [(A.READ, Try("/export", SPAN))],
    ("get", "/shift"): [(A.READ, Try("/shift"))],
    ("get", "/nmu"): [(A.READ, Try("/nmu"))],
    ("post", "/alarms/actions"): [
        (A.ACKNOWLEDGE, verb("acknowledge")),
        (A.RESET, verb("reset")),
        (A.SHELVE, verb("shelve")),
        (A.SUPPRESS, verb("suppress")),
        (A.REMOVE, verb("remove")),
    ],
    ("post", "/alarms/false"): [
        (A.FALSE, Try("/alarms/false", body={"key": key("a"), "occurrence": "x", "comment": "x"}))
    ],
    ("post", "/shift/start"): [(A.SHIFT, Try("/shift/start"))],
    ("post", "/shift/entries"): [(A.SHIFT, Try("/shift/entries", body={"text": "x"}))],
    ("post", "/shift/handover"): [
        (A.SHIFT, Try("/shift/handover", body={"to": "one-engineer", "ticked": TICKED}))
    ],
    ("post", "/shift/accept"): [(A.SHIFT, Try("/shift/accept", body={"ticked": TICKED}))],
    ("post", "/shift/end"): [(A.END_SHIFT, Try("/shift/end", body={"of": "x", "reason": "x"}))],
    ("put", "/nmu"): [
        (A.NMU, Try("/nmu", body={"degree": 0, "from_ms": 0, "to_ms": 1, "source": "the test"}))
    ],
    ("get", "/audit"): [(A.ADMINISTER, Try("/audit"))],
    ("get", "/notify/sent"): [(A.ADMINISTER, Try("/notify/sent"))],
    ("get", "/users"): [(A.ADMINISTER, Try("/users"))],
    ("post", "/users"): [(A.ADMINISTER, Try("/users", body={"name": "x", "roles": ROLES}))],
    ("patch", "/users/{name}"): [(A.ADMINISTER, Try("/users/x", body={"title": "y"}))],
    ("get", "/tokens"): [(A.ADMINISTER, Try("/tokens"))],
    ("post", "/tokens"): [(A.ADMINISTER, Try("/tokens", body={"name": "x", "roles": ROLES}))],
    ("delete", "/tokens/{number}"): [(A.ADMINISTER, Try("/tokens/9999"))],
    ("get", "/webhooks"): [(A.ADMINISTER, Try("/webhooks"))],
    ("post", "/webhooks"): [(A.ADMINISTER, Try("/webhooks", body={"url": "https://127.0.0.1/x"}))],
    ("delete", "/webhooks/{number}"): [(A.ADMINISTER, Try("/webhooks/9999"))],
    ("post", "/webhooks/{number}/enable"): [(A.ADMINISTER, Try("/webhooks/9999/enable", body={}))],
    ("post", "/webhooks/{number}/test"): [(A.ADMINISTER, Try("/webhooks/9999/test"))],
    ("post", "/webhooks/{number}/retry"): [(A.ADMINISTER, Try("/webhooks/9999/retry"))],
    ("get", "/webhooks/deliveries"): [(A.ADMINISTER, Try("/webhooks/deliveries"))],
    ("post", "/webhooks/deliveries/{number}/retry"): [(A.ADMINISTER, Try("/webhooks/deliveries/9999/retry"))],
}
"""Operation → what it needs, and how it is tried; releasing an alarm needs what put it aside."""
SAFE: Final = {"get"}


class Caller(Struct, frozen=True):
    """Somebody who asks, and what that one may do."""

    name: str
    client: httpx.Client
    may: frozenset[Action] = frozenset()
    is_person: bool = False
    is_known: bool = True

    def is_let_in(self, needed: Needed) -> bool:
        if needed == OPEN:
            return True
        if needed == PERSON:
            return self.is_person
        return self.is_known if needed == KNOWN else needed in self.may


@pytest.fixture
def callers(server: Server) -> Iterator[list[Caller]]:
    server.tell(event("a"))
    stranger = Caller("a stranger", httpx.Client(base_url=f"{server.url}/api/v1"), is_known=False)
    nothing = Caller("somebody without a role", server.person("none"), is_person=True)
    roles = [
        Caller(role, server.person(f"one-{role}", (ALL_GROUPS, role)), ALLOWED[role], is_person=True)
        for role in Role
    ]
    forged = Caller("a forged cookie", httpx.Client(base_url=stranger.client.base_url), is_known=False)
    forged.client.cookies["ulba_session"] = "x" * 43
    wrong = Caller("a token of nobody", _bearer(server, "ulba_" + "x" * 43), is_known=False)
    scopes = [_token(server, action) for action in Action]
    yield [stranger, forged, wrong, nothing, *roles, *scopes]
    for one in (stranger, forged, wrong, *scopes):
        one.client.close()


def _bearer(server: Server, secret: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {secret}"}
    return httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=PATIENCE_S)


def _token(server: Server, action: Action) -> Caller:
    """An administrator's token that is narrowed to one action; none ever administers."""
    scope = Scope((Grant(ALL_GROUPS, Role.ADMINISTRATOR),), (action, Action.READ))
    with state.writing(server.engine) as transaction:
        secret, _ = tokens.make(transaction, action, scope, by="t", now_ms=NOW_MS)
    may = frozenset({action, Action.READ}) - {Action.ADMINISTER}
    return Caller(f"a token to {action}", _bearer(server, secret), may)


def operations(server: Server) -> set[tuple[str, str]]:
    with closing(server.person("reader")) as reader:
        paths = reader.get("/openapi.json").json()["paths"]
    return {(method, path.removeprefix("/api/v1")) for path, methods in paths.items() for method in methods}


def test_the_table_has_every_operation(server: Server) -> None:
    assert operations(server) == set(EVERYTHING)


@pytest.mark.timeout(120)
def test_everybody_may_do_what_the_table_says_and_nothing_else(callers: list[Caller]) -> None:
    wrong = [
        (caller.name, method, one.path, needed, answer)
        for (method, path), tried in EVERYTHING.items()
        if path != "/logout"
        for needed, one in tried
        for caller in callers
        if (answer := _answered(caller, method, one))[0] is not caller.is_let_in(needed)
    ]
    assert wrong == []
    assert [one.client.post("/logout").status_code for one in callers if one.is_person] == [204] * 5
    assert {one.client.post("/logout").json()["code"] for one in callers if one.is_person} == {"login_needed"}


def _answered(caller: Caller, method: str, one: Try) -> tuple[bool, int, str]:
    """Whether somebody is let in, and what was said."""
    asked = caller.client.build_request(method, one.path, params=dict(one.params), json=one.body)
    answer = caller.client.send(asked, stream=True)
    try:
        if one.path == "/stream" and answer.status_code == 200:
            return True, 200, ""
        answer.read()
    finally:
        answer.close()
    assert answer.status_code < 500, (caller.name, method, one.path, answer.text)
    said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    codes = {str(said.get("code", "")), *(refused["code"] for refused in said.get("refused", ()))}
    is_refused = bool(codes & {"login_needed", "session_over", "not_allowed", "unknown_alarm", "csrf_wrong"})
    is_hidden = one.path.startswith("/sites/") and answer.status_code == 404
    assert answer.status_code != 422, (caller.name, method, one.path, answer.text)
    return not (is_refused or is_hidden), answer.status_code, ",".join(sorted(codes))


def test_whatever_changes_something_needs_the_token_of_the_session(server: Server) -> None:
    root = server.person("root", (ALL_GROUPS, Role.ADMINISTRATOR))
    unsafe = {(method, path) for method, path in EVERYTHING if method not in SAFE} - {("post", "/login")}
    for forged in ({}, {"x-csrf-token": "x" * 32}, {"x-csrf-token": ""}):
        with httpx.Client(base_url=root.base_url, cookies=root.cookies, headers=forged) as page:
            for method, path in sorted(unsafe):
                answer = page.request(method, EVERYTHING[method, path][0][1].path, content=b"x=1")
                assert answer.json()["code"] == "csrf_wrong", (method, path)
    assert root.get("/me").status_code == 200
