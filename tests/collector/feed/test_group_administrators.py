"""Administrators of one group of sites: whom they see and change, and every way to reach further, closed."""

from typing import Any

import httpx
import pytest
from msgspec import Struct

from collector import state
from collector.users import people
from collector.users.people import Wanted
from collector.users.roles import Role
from tests.collector.feed.serving import PASSWORD, Person, Server

BEYOND: list[list[tuple[str, str]]] = [
    [("*", "viewer")],
    [("*", "administrator")],
    [("right", "viewer")],
    [("", "viewer")],
    [("Left", "viewer")],
    [("left ", "viewer")],
    [("left", "viewer"), ("right", "viewer")],
    [("left", "administrator"), ("*", "viewer")],
]
STRANGERS = ["boris", "clara", "dana", "fred", "root", "administrator"]
CHANGES: list[dict[str, Any]] = [
    {},
    {"title": "x"},
    {"password": "mine from now on"},
    {"disabled": True},
    {"roles": [{"group": "left", "role": "viewer"}]},
]


def roles(*grants: tuple[str, str]) -> list[dict[str, str]]:
    return [{"group": group, "role": role} for group, role in grants]


class Cast(Struct):
    """The administrator of the group `left`, the one of all, and everybody else."""

    server: Server
    eva: Person
    root: Person

    def users(self) -> dict[str, Any]:
        return {one["name"]: one for one in self.root.get("/users").json()["users"]}

    def tokens(self) -> list[str]:
        return [one["name"] for one in self.root.get("/tokens").json()["tokens"]]


@pytest.fixture
def cast(server: Server) -> Cast:
    root = server.person("root", ("*", Role.ADMINISTRATOR))
    server.add("anna", ("left", Role.DISPATCHER))
    server.add("boris", ("right", Role.DISPATCHER))
    server.add("clara", ("left", Role.VIEWER), ("right", Role.VIEWER))
    server.add("dana", ("*", Role.VIEWER))
    server.add("fred")
    return Cast(server, server.person("eva", ("left", Role.ADMINISTRATOR)), root)


def test_they_see_and_change_the_people_of_their_group(cast: Cast) -> None:
    assert [one["name"] for one in cast.eva.get("/users").json()["users"]] == ["anna", "eva"]
    wanted = {"name": "gleb", "password": PASSWORD, "roles": roles(("left", "administrator"))}
    assert cast.eva.post("/users", json=wanted).status_code == 201
    changed = cast.eva.patch("/users/anna", json={"disabled": True, "roles": roles(("left", "engineer"))})
    assert (changed.json()["disabled"], changed.json()["roles"]) == (True, roles(("left", "engineer")))
    assert (
        cast.eva.patch("/users/anna", json={"disabled": False, "password": "another one"}).status_code == 200
    )
    cast.server.log_in("anna", "another one")
    lines = cast.root.get("/audit", params={"limit": 50}).json()["lines"]
    assert [(one["deed"], one["target"]) for one in lines if one["by"] == "eva"][:4] == [
        ("password_changed", "anna"),
        ("person_changed", "anna"),
        ("person_changed", "anna"),
        ("person_added", "gleb"),
    ]


def test_whoever_has_a_role_elsewhere_is_nobody_to_them(cast: Cast) -> None:
    before = cast.users()
    for change in CHANGES:
        nobody = cast.eva.patch("/users/nobody", json=change)
        assert (nobody.status_code, nobody.json()["code"]) == (404, "not_found")
        for name in STRANGERS:
            answer = cast.eva.patch(f"/users/{name}", json=change)
            assert (answer.status_code, answer.json()) == (404, nobody.json()), (name, change)
    assert cast.users() == before
    for name in STRANGERS[:-1]:
        cast.server.log_in(name)  # with the password there was


def test_they_give_nobody_a_role_beyond_their_group(cast: Cast) -> None:
    before = cast.users()
    for grants in BEYOND:
        wanted = {"name": "gleb", "password": PASSWORD, "roles": roles(*grants)}
        tried = [
            cast.eva.post("/users", json=wanted),
            cast.eva.patch("/users/anna", json={"roles": roles(*grants), "title": "x"}),
            cast.eva.patch("/users/eva", json={"roles": roles(*grants)}),
            cast.eva.post("/tokens", json={"name": "x", "roles": roles(*grants), "scopes": ["read"]}),
        ]
        assert {(one.status_code, one.json()["code"]) for one in tried} == {(403, "roles_beyond")}, grants
    assert (cast.users(), cast.tokens()) == (before, [])


def test_who_has_no_role_is_not_theirs_to_make_or_to_keep(cast: Cast) -> None:
    """A password that is known before somebody gets their roles would be known after."""
    added = cast.eva.post("/users", json={"name": "gleb", "password": PASSWORD, "roles": []})
    stripped = cast.eva.patch("/users/anna", json={"roles": []})
    assert {added.json()["code"], stripped.json()["code"]} == {"roles_beyond"}
    assert cast.users()["anna"]["roles"] == roles(("left", "dispatcher"))


def test_they_give_no_password_to_whom_a_provider_may_promote(cast: Cast) -> None:
    with state.writing(cast.server.engine) as transaction:
        anna = people.named(transaction, "anna")
        assert anna is not None
        people.change(transaction, anna, Wanted(subject="https://idp.example anna"))
    answer = cast.eva.patch("/users/anna", json={"password": "mine from now on"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    cast.server.log_in("anna")
    assert cast.root.patch("/users/anna", json={"password": "mine from now on"}).status_code == 200


def program(server: Server, secret: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {secret}"}
    return server.clients.enter_context(
        httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=20)
    )


def test_they_make_and_revoke_tokens_of_their_group_and_see_no_other(cast: Cast) -> None:
    made = {
        name: cast.root.post("/tokens", json={"name": name, "roles": roles(*grants)}).json()
        for name, grants in {
            "left": [("left", "viewer")],
            "right": [("right", "viewer")],
            "both": [("left", "viewer"), ("right", "viewer")],
            "all": [("*", "administrator")],
        }.items()
    }
    own = cast.eva.post("/tokens", json={"name": "own", "roles": roles(("left", "administrator"))}).json()
    assert [one["name"] for one in cast.eva.get("/tokens").json()["tokens"]] == ["own", "left"]
    for name in ("right", "both", "all"):
        answer = cast.eva.delete(f"/tokens/{made[name]['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert program(cast.server, made[name]["secret"]).get("/alarms").status_code == 200
    assert cast.eva.delete(f"/tokens/{made['left']['id']}").status_code == 204
    assert program(cast.server, made["left"]["secret"]).get("/alarms").status_code == 401
    own_program = program(cast.server, own["secret"])
    for path in ("/users", "/tokens", "/audit"):
        assert own_program.get(path).json()["code"] == "not_allowed"
    assert cast.tokens() == ["own", "all", "both", "right"]


@pytest.mark.parametrize("path", ["/audit", "/webhooks", "/webhooks/deliveries"])
def test_what_is_about_all_groups_stays_closed(cast: Cast, path: str) -> None:
    assert cast.eva.get(path).json()["code"] == "not_allowed"
    assert "administer" in cast.eva.get("/me").json()["actions"]
    assert cast.eva.get("/me").json()["everywhere"] == []
    assert "administer" in cast.root.get("/me").json()["everywhere"]


def test_an_engineer_of_the_group_administers_nobody(cast: Cast) -> None:
    gleb = cast.server.person("gleb", ("left", Role.ENGINEER))
    wanted = {"name": "x", "password": PASSWORD, "roles": roles(("left", "viewer"))}
    tried = [
        gleb.get("/users"),
        gleb.get("/tokens"),
        gleb.post("/users", json=wanted),
        gleb.patch("/users/anna", json={"title": "x"}),
        gleb.patch("/users/gleb", json={"roles": roles(("left", "administrator"))}),
        gleb.post("/tokens", json={"name": "x", "roles": wanted["roles"]}),
        gleb.delete("/tokens/1"),
    ]
    assert {(one.status_code, one.json()["code"]) for one in tried} == {(403, "not_allowed")}


def test_administrators_of_two_groups_manage_who_has_roles_in_both(cast: Cast) -> None:
    both = cast.server.person("gleb", ("left", Role.ADMINISTRATOR), ("right", Role.ADMINISTRATOR))
    assert {one["name"] for one in both.get("/users").json()["users"]} == {
        *("anna", "boris", "clara", "eva", "gleb")
    }
    assert both.patch("/users/clara", json={"title": "Clara"}).json()["title"] == "Clara"
    # They are not eva's any more, who had them while all their roles were on the left.
    assert both.patch("/users/anna", json={"roles": roles(("right", "viewer"))}).status_code == 200
    assert cast.eva.patch("/users/anna", json={"title": "x"}).json()["code"] == "not_found"


def test_who_is_no_administrator_any_more_is_out_at_once(cast: Cast) -> None:
    assert cast.root.patch("/users/eva", json={"roles": roles(("left", "viewer"))}).status_code == 200
    assert cast.eva.get("/users").json()["code"] == "session_over"
    assert cast.server.log_in("eva").get("/users").json()["code"] == "not_allowed"
