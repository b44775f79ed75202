"""Who gets in and who does not."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from collector import state
from collector.users import audit, people, throttle
from collector.users.people import Wanted
from collector.users.roles import ALLOWED, Action, Grant, Role, rights
from collector.users.throttle import Failures
from tests.collector.feed.serving import PASSWORD, Server, event, key, serving

ALL = ("*", Role.DISPATCHER)


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("path", ["me", "alarms", "stream", "openapi.json", "nothing-there"])
def test_nothing_is_open_without_login(server: Server, path: str) -> None:
    with httpx.Client(base_url=f"{server.url}/api/v1") as stranger:
        expected = (404, "not_found") if path == "nothing-there" else (401, "login_needed")
        assert code(stranger.get(path)) == expected
        assert stranger.get("/health").json()["languages"] == ["ru", "kk", "en"]


def test_the_first_start_makes_one_administrator_and_says_the_password_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(tmp_path) as server:
        said = capfd.readouterr().err
        (line,) = [one for one in said.splitlines() if "administrator" in one]
        admin = server.log_in("administrator", line.split()[-1])
        assert admin.get("/me").json()["roles"] == [{"group": "*", "role": "administrator"}]
    with serving(tmp_path):
        assert "password" not in "".join(capfd.readouterr())


def test_me_tells_who_what_and_until_when(server: Server) -> None:
    anna = server.person("anna", ("left", Role.VIEWER), ("right", Role.ENGINEER))
    me = anna.get("/me").json()
    assert (me["name"], me["language"], me["zone"]) == ("anna", "en", "Asia/Almaty")
    assert me["actions"] == sorted(ALLOWED[Role.ENGINEER])
    assert me["expires_ms"] - me["server_ms"] == pytest.approx(24 * 3_600_000, abs=60_000)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(server: Server) -> None:
    server.add("anna", ALL)
    with httpx.Client(base_url=f"{server.url}/api/v1") as stranger:
        answers = [
            stranger.post("/login", json={"name": name, "password": "wrong wrong"})
            for name in ("anna", "nobody", "no body\0")
        ]
    assert [code(one) for one in answers] == [(401, "login_wrong")] * 3
    assert len({one.text for one in answers}) == 1


def test_guessing_is_slowed_down_and_does_not_keep_others_out(server: Server) -> None:
    server.add("anna", ALL)
    with httpx.Client(base_url=f"{server.url}/api/v1") as stranger:
        login = {"name": "anna", "password": "wrong wrong"}
        codes = [code(stranger.post("/login", json=login)) for _ in range(7)]
        assert codes[:5] == [(401, "login_wrong")] * 5
        assert (429, "login_too_often") in codes
        right = stranger.post("/login", json={"name": "anna", "password": PASSWORD})
        assert code(right) == (429, "login_too_often")
        assert right.json()["params"]["wait_s"] >= 1
    server.person("boris", ALL)  # from the same address


def test_a_request_that_changes_something_needs_the_csrf_token(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(event("a"))
    wanted = {"action": "acknowledge", "alarms": [{"key": key("a"), "occurrence": ""}]}
    for forged in ("", "x" * 32):
        answer = anna.post("/alarms/actions", json=wanted, headers={"X-CSRF-Token": forged})
        assert code(answer) == (403, "csrf_wrong")
    assert anna.post("/alarms/actions", json=wanted).status_code == 200


def test_a_session_that_ends_in_the_middle_of_a_form_is_said_so(server: Server) -> None:
    anna = server.person("anna", ALL)
    with state.writing(server.engine) as transaction:
        transaction.execute(state.sessions.delete())
    assert code(anna.post("/alarms/actions", json={})) == (401, "session_over")


def test_a_session_ends_by_idling_and_by_age(tmp_path: Path) -> None:
    with serving(tmp_path, session_idle_min=60.0, session_most_h=2.0) as server:
        anna = server.person("anna", ALL)
        hour_ms = 3_600_000
        for column, ms in (("seen_ms", hour_ms), ("expires_ms", 2 * hour_ms)):
            assert anna.get("/me").status_code == 200
            with state.writing(server.engine) as transaction:
                c = state.sessions.c[column]
                transaction.execute(state.sessions.update().values({c: c - ms + 1000}))
            assert anna.get("/me").status_code == 200
            with state.writing(server.engine) as transaction:
                transaction.execute(state.sessions.update().values({c: c - ms}))
            assert code(anna.get("/me")) == (401, "session_over")
            anna = server.log_in("anna")


def test_a_new_password_ends_all_other_sessions(server: Server) -> None:
    anna, elsewhere = server.person("anna", ALL), server.log_in("anna")
    wrong = anna.put("/me", json={"password": {"old": "wrong", "new": "another fine one"}})
    assert code(wrong) == (403, "password_wrong")
    weak = anna.put("/me", json={"password": {"old": PASSWORD, "new": "short"}})
    assert code(weak) == (422, "password_weak")
    changed = anna.put(
        "/me", json={"language": "kk", "password": {"old": PASSWORD, "new": "another fine one"}}
    )
    assert (changed.status_code, changed.json()["language"]) == (200, "kk")
    assert anna.get("/me").status_code == 200
    assert code(elsewhere.get("/me")) == (401, "session_over")
    server.log_in("anna", "another fine one")


def test_somebody_who_is_disabled_is_out_at_once(server: Server) -> None:
    anna = server.person("anna", ALL)
    with state.writing(server.engine) as transaction:
        person = people.named(transaction, "ANNA")
        assert person is not None
        people.change(transaction, person, Wanted(disabled=True))
    assert code(anna.get("/me")) == (401, "session_over")
    answer = httpx.post(f"{server.url}/api/v1/login", json={"name": "anna", "password": PASSWORD})
    assert code(answer) == (401, "login_wrong")


def test_the_database_holds_nothing_that_opens_anything(server: Server) -> None:
    anna = server.person("anna", ALL)
    secret = anna.cookies["ulba_session"]
    path = server.settings.state.url.removeprefix("sqlite:///")
    held = b"".join(file.read_bytes() for file in Path(path).parent.glob("state.db*"))
    assert secret.encode() not in held
    assert PASSWORD.encode() not in held
    assert b"$argon2id$" in held


def test_logins_and_deeds_are_in_the_audit(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(event("a"))
    anna.act("acknowledge", key("a"), comment="seen")
    anna.post("/logout")
    with state.reading(server.engine) as connection:
        found = [line.entry for line in audit.lines(connection, before_seq=None, limit=10)]
    assert [(one.by, one.address, one.deed) for one in reversed(found)] == [
        ("anna", "127.0.0.1", "login"),
        ("anna", "127.0.0.1", "alarm_action"),
        ("anna", "127.0.0.1", "logout"),
    ]


@pytest.mark.parametrize(
    ("feed", "headers", "is_secure"),
    [
        ({}, {}, False),
        ({"public_url": "https://ulba.example"}, {}, True),
        ({}, {"X-Forwarded-Proto": "https"}, True),
        ({"trusted_proxies": ("10.0.0.1",)}, {"X-Forwarded-Proto": "https"}, False),
    ],
)
def test_cookies_are_for_https_where_browsers_use_it(
    tmp_path: Path, feed: dict[str, Any], headers: dict[str, str], is_secure: bool
) -> None:
    with serving(tmp_path, **feed) as server:
        server.add("anna", ALL)
        login = {"name": "anna", "password": PASSWORD}
        answer = httpx.post(f"{server.url}/api/v1/login", json=login, headers=headers)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        assert ("Secure" in cookie) is is_secure


def test_behind_a_trusted_proxy_the_address_is_the_browsers(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        login = {"name": "anna", "password": "wrong wrong"}
        headers = {"X-Forwarded-For": "10.1.2.3"}
        httpx.post(f"{server.url}/api/v1/login", json=login, headers=headers)
        with state.reading(server.engine) as connection:
            (line,) = audit.lines(connection, before_seq=None, limit=10)
        assert line.entry.address == "10.1.2.3"


def test_each_role_may_do_what_those_before_it_may() -> None:
    sizes = [len(ALLOWED[role]) for role in Role]
    assert sizes == sorted(set(sizes))
    assert ALLOWED[Role.ADMINISTRATOR] == frozenset(Action)


def test_rights_are_those_of_the_group_and_of_all_groups() -> None:
    found = rights([Grant("left", Role.DISPATCHER), Grant("*", Role.VIEWER)])
    assert found.may(Action.ACKNOWLEDGE, "left")
    assert not found.may(Action.ACKNOWLEDGE, "right")
    assert found.may(Action.READ, "")
    assert found.groups(Action.READ) is None
    assert found.groups(Action.ACKNOWLEDGE) == frozenset({"left"})


def test_the_wait_doubles_up_to_a_most_and_is_forgotten() -> None:
    patience = throttle.Patience(free=5, most_ms=60_000)
    waits = [patience.wait_ms(Failures(count, 0), 0) for count in range(4, 14)]
    assert waits == [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]
    assert patience.wait_ms(Failures(9, 0), throttle.FORGOTTEN_MS + 1) == 0
    assert patience.wait_ms(Failures(9, throttle.FORGOTTEN_MS + 1), 0) == 0, "a clock was set back"
    assert throttle.failed(Failures(9, 0), throttle.FORGOTTEN_MS + 1) == Failures(
        1, throttle.FORGOTTEN_MS + 1
    )


def test_attempts_at_the_same_moment_are_all_counted(server: Server) -> None:
    server.add("anna", ALL)
    login = {"name": "anna", "password": "wrong wrong"}
    with ThreadPoolExecutor(16) as pool:
        post = [
            pool.submit(httpx.post, f"{server.url}/api/v1/login", json=login, timeout=60) for _ in range(16)
        ]
        codes = [code(one.result())[1] for one in post]
    assert codes.count("login_wrong") <= 7, "five are free, the next ones after one and two seconds"
    assert set(codes) == {"login_wrong", "login_too_often"}


def test_all_addresses_of_a_network_that_one_is_given_count_as_one() -> None:
    one, *others = (
        list(throttle.counts("anna", address))
        for address in (
            "2001:db8::1",
            "2001:db8::ffff:1",
            "2001:db8:0:1::1",
            "::ffff:10.0.0.7",
            "10.0.0.7",
            "",
        )
    )
    assert others[0] == one
    assert others[1] != one
    assert others[2] == others[3]
    assert others[4][1] == "address "
