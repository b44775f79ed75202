"""Logging in through an OpenID provider, which is a real server with real signatures."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from msgspec.structs import replace

from collector import state
from collector.feed import FeedUnusableError
from collector.settings import OidcTable
from collector.users import people, provider
from collector.users.people import Wanted
from collector.users.provider import Identity, NotAdmittedError
from collector.users.roles import Grant, Role
from tests.collector.feed.oidc_provider import OidcServer
from tests.collector.feed.serving import NOW_MS, PASSWORD, Server, serving, settings
from tests.collector.feed.test_process import prepare
from tests.servers import free_port

ROLES = {"dispatchers": "dispatcher@left", "chiefs": "engineer@left", "admins": "administrator"}


@pytest.fixture
def oidc() -> Iterator[OidcServer]:
    with OidcServer() as server:
        yield server


def table(oidc: OidcServer, **more: Any) -> dict[str, Any]:
    port = free_port()
    return {
        "listen": f"127.0.0.1:{port}",
        "public_url": f"http://127.0.0.1:{port}",
        "oidc": OidcTable(issuer=oidc.issuer, **more),
    }


def log_in(server: Server) -> tuple[httpx.Client, str]:
    """As a browser: to the provider and back; the last address it is sent to."""
    browser = server.clients.enter_context(httpx.Client(base_url=server.url, timeout=20))
    answer = browser.get("/api/v1/oidc/login")
    while answer.is_redirect and answer.headers["location"][:2] not in {"/", "/?"}:
        answer = browser.get(answer.headers["location"])
    return browser, answer.headers["location"]


def test_somebody_comes_in_through_the_provider_with_the_roles_it_tells(
    tmp_path: Path, oidc: OidcServer
) -> None:
    oidc.claims["groups"] = ["dispatchers", "chiefs", "others"]
    with serving(tmp_path, **table(oidc, roles=ROLES)) as server:
        browser, place = log_in(server)
        assert place == "/"
        me = browser.get("/api/v1/me").json()
        assert (me["name"], me["title"]) == ("anna", "Anna A.")
        assert me["roles"] == [{"group": "left", "role": "engineer"}]
        oidc.claims["groups"] = ["admins"]
        oidc.rotate()
        again, _ = log_in(server)
        assert again.get("/api/v1/me").json()["roles"] == [{"group": "*", "role": "administrator"}]
        assert browser.get("/api/v1/me").json()["code"] == "session_over", "other roles end sessions"
        assert again.get("/api/v1/users").json()["users"][1]["oidc"] is True
        password = {"name": "anna", "password": PASSWORD}
        assert again.post("/api/v1/login", json=password).json()["code"] == "login_wrong"
        assert again.get("/api/v1/health").json()["oidc"] is True


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://evil.example"},
        {"aud": "another-client"},
        {"exp": int(time.time()) - 3600},
        {"nonce": "of another login"},
        {"aud": ["ulba", "another-client"]},
        {"aud": ["ulba", "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
    ],
)
def test_a_token_that_is_not_for_this_login_is_not_believed(
    tmp_path: Path, oidc: OidcServer, claims: dict[str, Any]
) -> None:
    oidc.claims |= claims
    with serving(tmp_path, **table(oidc)) as server:
        browser, place = log_in(server)
        assert place == "/?problem=provider_failed"
        assert browser.get("/api/v1/me").status_code == 401


def test_a_provider_whose_name_ends_with_a_slash_is_believed(tmp_path: Path, oidc: OidcServer) -> None:
    oidc.slash = "/"
    oidc.claims |= {"aud": ["ulba", "another-client"], "azp": "ulba"}
    with serving(tmp_path, **table(oidc)) as server:
        assert log_in(server)[1] == "/"


def test_a_token_signed_by_another_key_is_not_believed(tmp_path: Path, oidc: OidcServer) -> None:
    oidc.published = [RSAKey.generate_key(2048, parameters={"kid": "k1"})]
    with serving(tmp_path, **table(oidc)) as server:
        assert log_in(server)[1] == "/?problem=provider_failed"


def test_a_code_of_another_browser_is_not_taken(tmp_path: Path, oidc: OidcServer) -> None:
    with serving(tmp_path, **table(oidc)) as server:
        for cookies in ({}, {"ulba_oidc": "a.b.c"}, {"ulba_oidc": "x"}):
            with httpx.Client(cookies=cookies) as browser:
                answer = browser.get(f"{server.url}/api/v1/oidc/callback?code=c&state=s")
            assert answer.headers["location"] == "/?problem=provider_failed"
        assert "/token" not in oidc.asked


def test_a_provider_that_is_away_is_said_so_and_passwords_go_on(tmp_path: Path) -> None:
    gone = OidcTable(issuer=f"http://127.0.0.1:{free_port()}")
    with serving(tmp_path, public_url="http://127.0.0.1", oidc=gone) as server:
        answer = httpx.get(f"{server.url}/api/v1/oidc/login")
        assert answer.headers["location"] == "/?problem=provider_failed"
        server.person("anna", ("*", Role.VIEWER))


def test_without_a_provider_there_is_no_such_login(server: Server) -> None:
    answer = httpx.get(f"{server.url}/api/v1/oidc/login")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("feed", "sentence"),
    [
        ({"oidc": OidcTable(issuer="http://x")}, "set feed.public_url"),
        (
            {"public_url": "http://x", "oidc": OidcTable(issuer="http://x", roles={"a": "king"})},
            "feed.oidc.roles: 'king' is no role",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_a_sentence(
    tmp_path: Path, feed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(FeedUnusableError, match=sentence):
        prepare(settings(tmp_path, **feed))


def test_a_name_that_is_somebody_elses_is_not_taken_over(server: Server) -> None:
    server.add("anna", ("*", Role.ADMINISTRATOR))
    stranger = Identity(subject="issuer 1", name="anna")
    with state.writing(server.engine) as transaction:
        with pytest.raises(NotAdmittedError) as refused:
            provider.admit(transaction, stranger, {}, "", NOW_MS)
        assert refused.value.code == "name_taken"
        people.add(transaction, "boris", Wanted(grants=(Grant("left", Role.VIEWER),)), NOW_MS)
        boris = provider.admit(transaction, replace(stranger, name="boris"), {}, "", NOW_MS)
        assert boris.grants == (Grant("left", Role.VIEWER),), "an administrator awaited him"
        people.change(transaction, boris, Wanted(disabled=True))
        with pytest.raises(NotAdmittedError) as refused:
            provider.admit(transaction, replace(stranger, name="boris"), {}, "", NOW_MS)
        assert refused.value.code == "not_allowed"
        with pytest.raises(NotAdmittedError) as refused:
            provider.admit(transaction, stranger, provider.grants(ROLES), "", NOW_MS)
        assert refused.value.code == "no_role"
