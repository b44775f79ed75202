"""People, tokens and the audit, over HTTP, for administrators of all groups."""

import httpx
import pytest

from collector import state
from collector.state import chain
from collector.users.roles import Action, Role
from tests.collector.feed.serving import PASSWORD, RIGHT, Server, event, key

ADMIN = ("*", Role.ADMINISTRATOR)
EVERYWHERE = [{"group": "*", "role": "dispatcher"}]


@pytest.mark.parametrize(
    ("path", "role"),
    [
        *((path, ("*", Role.ENGINEER)) for path in ("users", "tokens", "audit")),
        ("audit", ("left", Role.ADMINISTRATOR)),
    ],
)
def test_only_administrators_administer(server: Server, path: str, role: tuple[str, Role]) -> None:
    answer = server.person("eva", role).get(path)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_people_are_added_changed_and_disabled(server: Server) -> None:
    admin = server.person("root", ADMIN)
    wanted = {"name": "Anna", "title": "Anna A.", "language": "kk", "password": PASSWORD, "roles": EVERYWHERE}
    made = admin.post("/users", json=wanted)
    assert made.status_code == 201
    assert made.json() | {"name": "anna", "has_password": True, "oidc": False} == made.json()
    anna = server.log_in("anna")
    changed = admin.patch("/users/anna", json={"title": "Anna B.", "roles": EVERYWHERE})
    assert changed.json()["title"] == "Anna B."
    assert anna.get("/me").status_code == 200, "the same roles end no session"
    admin.patch("/users/anna", json={"roles": [{"group": "left", "role": "viewer"}]})
    assert anna.get("/me").json()["code"] == "session_over"
    assert server.log_in("anna").get("/me").json()["roles"] == [{"group": "left", "role": "viewer"}]
    admin.patch("/users/anna", json={"disabled": True, "password": "another fine one"})
    names = [(one["name"], one["disabled"]) for one in admin.get("/users").json()["users"]]
    assert names == [("administrator", False), ("anna", True), ("root", False)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"name": "root"}, (409, "name_taken")),
        ({"name": "an na"}, (409, "name_unfit")),
        ({"name": "x\0"}, (409, "name_unfit")),
        ({"password": "short"}, (422, "password_weak")),
        (
            {"roles": [{"group": "a", "role": "viewer"}, {"group": "a", "role": "engineer"}]},
            (409, "two_roles"),
        ),
        ({"roles": [{"group": "a", "role": "king"}]}, (422, "invalid_request")),
    ],
)
def test_people_who_cannot_be_are_refused_with_a_reason(
    server: Server, wanted: dict[str, object], expected: tuple[int, str]
) -> None:
    admin = server.person("root", ADMIN)
    answer = admin.post("/users", json={"name": "anna", "password": PASSWORD, "roles": EVERYWHERE} | wanted)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert len(admin.get("/users").json()["users"]) == 2


def test_somebody_stays_administrator(server: Server) -> None:
    admin = server.person("root", ADMIN)
    assert admin.patch("/users/administrator", json={"disabled": True}).status_code == 200
    for change in ({"disabled": True}, {"roles": EVERYWHERE}):
        answer = admin.patch("/users/root", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
    assert admin.get("/users").status_code == 200
    assert admin.patch("/users/nobody", json={}).json()["code"] == "not_found"


def program(server: Server, secret: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {secret}"}
    client = httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=20)
    return server.clients.enter_context(client)


def test_a_token_does_what_its_roles_and_scopes_allow_until_it_is_revoked(server: Server) -> None:
    admin = server.person("root", ADMIN)
    wanted = {
        "name": "portal",
        "roles": [{"group": "left", "role": "engineer"}],
        "scopes": ["read", "shelve"],
    }
    made = admin.post("/tokens", json=wanted).json()
    assert made["secret"].startswith(made["prefix"])
    portal = program(server, made["secret"])
    server.tell(event("a"))
    server.tell(event("b"), gateway=RIGHT)
    assert [one["key"] for one in portal.get("/alarms").json()["alarms"]] == [key("a")]
    acknowledge = {"action": "acknowledge", "alarms": [{"key": key("a"), "occurrence": ""}]}
    (refused,) = portal.post("/alarms/actions", json=acknowledge).json()["refused"]
    assert refused["code"] == "not_allowed"
    until_ms = admin.get("/me").json()["server_ms"] + 60_000
    shelve = acknowledge | {"action": "shelve", "comment": "test", "until_ms": until_ms}
    (done,) = portal.post("/alarms/actions", json=shelve).json()["done"]
    assert done["aside"]["by"] == "token portal"
    (listed,) = admin.get("/tokens").json()["tokens"]
    assert listed["used_ms"] is not None
    assert "secret" not in listed
    assert portal.get("/me").json()["code"] == "not_allowed"
    with portal.stream("GET", "/stream") as stream:
        assert admin.delete(f"/tokens/{made['id']}").status_code == 204
        stream.read()  # ends
    assert portal.get("/alarms").json()["code"] == "login_needed"
    assert admin.delete(f"/tokens/{made['id']}").json()["code"] == "not_found"


def test_a_token_never_administers_and_ends_in_time(server: Server) -> None:
    admin = server.person("root", ADMIN)
    roles = [{"group": "*", "role": "administrator"}]
    now_ms = admin.get("/me").json()["server_ms"]
    lasting, over = (
        admin.post("/tokens", json={"name": "x", "roles": roles, "expires_ms": ms}).json()["secret"]
        for ms in (now_ms + 60_000, now_ms)
    )
    assert program(server, lasting).get("/users").json()["code"] == "not_allowed"
    assert program(server, lasting).get("/alarms").status_code == 200
    assert program(server, over).get("/alarms").status_code == 401
    for header in ("Bearer", "Basic abc", f"Token {lasting}"):
        answer = httpx.get(f"{server.url}/api/v1/alarms", headers={"Authorization": header})
        assert answer.json()["code"] == "login_needed"


def test_every_deed_is_in_the_audit_with_what_was_before_and_after(server: Server) -> None:
    admin = server.person("root", ADMIN)
    admin.post("/users", json={"name": "anna", "password": PASSWORD, "roles": EVERYWHERE})
    admin.patch("/users/anna", json={"disabled": True, "password": "another fine one"})
    made = admin.post("/tokens", json={"name": "portal", "roles": EVERYWHERE}).json()
    admin.delete(f"/tokens/{made['id']}")
    page = admin.get("/audit", params={"limit": 5}).json()
    assert [one["deed"] for one in page["lines"]] == [
        "token_revoked",
        "token_made",
        "password_changed",
        "person_changed",
        "person_added",
    ]
    changed = page["lines"][3]
    assert (changed["by"], changed["address"], changed["target"]) == ("root", "127.0.0.1", "anna")
    assert (changed["before"]["disabled"], changed["after"]["disabled"]) == (False, True)
    rest = admin.get("/audit", params={"before": page["next_before"]}).json()
    assert [one["deed"] for one in rest["lines"]] == ["login"]
    assert PASSWORD not in admin.get("/audit").text
    with state.reading(server.engine) as connection:
        assert chain.broken_at(connection, state.audit) is None


def test_an_audit_that_was_touched_shows_where(server: Server) -> None:
    server.person("root", ADMIN)
    server.log_in("root")
    with state.writing(server.engine) as transaction:
        transaction.exec_driver_sql("UPDATE audit SET entry = X'7b7d' WHERE seq = 1")
        assert chain.broken_at(transaction, state.audit) == 1


def test_every_action_is_named_for_the_console(server: Server) -> None:
    admin = server.person("root", ADMIN)
    assert admin.get("/me").json()["actions"] == sorted(Action)
