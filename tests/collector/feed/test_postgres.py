"""The feed on PostgreSQL: everything it writes and reads, by two collectors at once, with hostile text."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from collector import state
from collector.shifts.log import ITEMS
from collector.users import people
from collector.users.people import UnfitError, Wanted
from collector.users.roles import Grant, Role
from tests.collector.feed.serving import RIGHT, Server, event, key, serving
from tests.collector.feed.test_sites import about, say, status

pytestmark = pytest.mark.system
HOSTILE = "<b>\0' OR 1=1; --\n"


@pytest.fixture
def two(tmp_path: Path, state_url: str) -> Iterator[tuple[Server, Server]]:
    if state_url.startswith("sqlite"):
        pytest.skip("SQLite has one collector")
    with serving(tmp_path, state_url) as first, serving(tmp_path, state_url) as second:
        yield first, second


def test_two_collectors_share_alarms_people_sessions_and_logs(two: tuple[Server, Server]) -> None:
    first, second = two
    anna = first.person("anna", ("*", Role.ADMINISTRATOR))
    elsewhere = httpx.Client(base_url=f"{second.url}/api/v1", cookies=anna.cookies, headers=anna.headers)
    first.clients.enter_context(elsewhere)
    say(first, about(), status())
    with second.log_in("anna").stream(after=0) as stream:
        first.tell(event("a"), event("b"))
        assert [one.id for one in stream.alarms(2)] == [1, 2], "the other one follows by itself"
        anna.act("acknowledge", key("a"), comment=HOSTILE)
        assert stream.next("alarm").data["alarm"]["acknowledged"]["comment"] == HOSTILE
    second.tell(event("c"), gateway=RIGHT)
    assert len(elsewhere.get("/alarms").json()["alarms"]) == 3
    assert [one["seq"] for one in elsewhere.get("/journal", params={"q": "or 1=1"}).json()["lines"]] == [3]
    assert len(elsewhere.get("/sites").json()["sites"]) == 2
    assert elsewhere.get("/kpi").status_code == 200
    elsewhere.post("/shift/start")
    elsewhere.post("/shift/entries", json={"text": HOSTILE, "flagged": True})
    handover = {"to": "anna", "notes": HOSTILE, "ticked": sorted(ITEMS)}
    assert anna.post("/shift/handover", json=handover).json()["current"]["handover"]["notes"] == HOSTILE
    assert anna.post("/shift/accept", json={"ticked": sorted(ITEMS)}).json()["current"]["by"] == "anna"
    nmu = {"degree": 1, "from_ms": 0, "to_ms": 2**53, "source": HOSTILE}
    assert anna.put("/nmu", json=nmu).json()["current"]["source"] == HOSTILE
    assert elsewhere.get("/audit").json()["lines"][0]["deed"] == "nmu"


def test_text_that_postgresql_cannot_hold_is_refused_or_kept_never_an_error_of_ours(
    two: tuple[Server, Server],
) -> None:
    anna = two[0].person("anna", ("*", Role.ADMINISTRATOR))
    roles = [{"group": "*", "role": "viewer"}]
    asked = [
        anna.post("/login", json={"name": HOSTILE, "password": HOSTILE}),
        anna.post("/users", json={"name": "\N{LATIN SMALL LETTER SHARP S}" * 64, "roles": roles}),
        anna.post("/users", json={"name": HOSTILE, "password": "long enough, really", "roles": roles}),
        anna.post(
            "/users", json={"name": "x", "title": HOSTILE, "roles": [{"group": HOSTILE, "role": "viewer"}]}
        ),
        anna.patch("/users/anna", json={"title": HOSTILE}),
        anna.post("/tokens", json={"name": HOSTILE, "roles": [{"group": HOSTILE, "role": "viewer"}]}),
        anna.post("/webhooks", json={"url": f"https://hooks.example/{HOSTILE}"}),
        anna.post("/webhooks", json={"url": "https://hooks.example/x", "secret": f"env:{HOSTILE}"}),
        anna.post("/webhooks", json={"url": "https://hooks.example/x", "filter": {"sites": [HOSTILE]}}),
        anna.get("/notify/sent", params={"person": HOSTILE}),
        anna.get(f"/sites/{quote(HOSTILE, safe='')}"),
        anna.patch(f"/users/{quote(HOSTILE, safe='')}", json={"title": "x"}),
        anna.get("/alarm", params={"key": HOSTILE}),
        anna.get("/journal", params={"by": HOSTILE, "code": HOSTILE[:10], "q": HOSTILE}),
        anna.post("/alarms/actions", json={"action": "acknowledge", "alarms": [{"key": HOSTILE}]}),
        anna.post("/alarms/false", json={"key": HOSTILE, "occurrence": HOSTILE, "comment": HOSTILE}),
        anna.get("/sparklines", params={"points": HOSTILE}),
        anna.post("/shift/handover", json={"to": HOSTILE, "ticked": []}),
    ]
    assert [one.status_code for one in asked if one.status_code >= 500] == []


def test_attempts_at_two_collectors_at_the_same_moment_are_all_counted(two: tuple[Server, Server]) -> None:
    two[0].add("anna", ("*", Role.VIEWER))
    login = {"name": "anna", "password": "wrong wrong"}
    with ThreadPoolExecutor(16) as pool:
        urls = [f"{two[n % 2].url}/api/v1/login" for n in range(16)]
        asked = [pool.submit(httpx.post, url, json=login, timeout=60) for url in urls]
        codes = [one.result().json()["code"] for one in asked]
    assert codes.count("login_wrong") <= 7, "five are free, the next ones after one and two seconds"
    assert set(codes) == {"login_wrong", "login_too_often"}


def test_people_are_changed_by_one_collector_after_the_other(state_url: str) -> None:
    """Each sees what the other did: one administrator at the first start, and one at least ever after."""
    if state_url.startswith("sqlite"):
        pytest.skip("SQLite has one collector")
    with state.opened(state_url) as first, state.opened(state_url) as second, ThreadPoolExecutor(2) as pool:
        passwords = list(pool.map(_first, (first, second)))
        assert passwords.count(None) == 1
        with state.writing(first) as transaction:
            grants = (Grant("*", Role.ADMINISTRATOR),)
            people.add(transaction, "anna", Wanted(password="long enough, really", grants=grants), 1)
        done = list(pool.map(_disable, (first, second), ("anna", "administrator")))
    assert sorted(done) == ["", "last_administrator"]


def _first(engine: sa.Engine) -> str | None:
    with state.writing(engine) as transaction:
        return people.first(transaction, 1)


def _disable(engine: sa.Engine, name: str) -> str:
    try:
        with state.writing(engine) as transaction:
            person = people.named(transaction, name)
            assert person is not None
            people.change(transaction, person, Wanted(disabled=True))
    except UnfitError as error:
        return error.code
    return ""
