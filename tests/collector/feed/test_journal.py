"""The journal and one alarm's history over HTTP; anomalies that were none."""

import pytest
from msgspec.structs import replace

from collector import state
from collector.commands import book
from collector.feed import history
from collector.users.roles import Role
from tests.collector.feed.serving import NOW_MS, RIGHT, Server, event, key
from tests.collector.feed.test_sites import about, say
from wire.messages import AlarmState, Rebaseline

ALL = ("*", Role.DISPATCHER)


def test_the_journal_is_read_backwards_in_pages(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(*(event(f"c{n}") for n in range(5)))
    first = anna.get("/journal", params={"limit": 2}).json()
    assert [one["seq"] for one in first["lines"]] == [5, 4]
    rest = anna.get("/journal", params={"before": first["next_before"]}).json()
    assert ([one["seq"] for one in rest["lines"]], rest["next_before"]) == ([3, 2, 1], None)


def test_the_journal_is_searched_by_all_that_stands_in_it(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(event("t_supply"), now_ms=NOW_MS)
    server.tell(event("p_supply", code="low"), gateway=RIGHT, now_ms=NOW_MS + 1000)
    anna.act("acknowledge", key("t_supply"), comment="Кочегар предупреждён")

    def found(**params: str | int) -> list[int]:
        return [one["seq"] for one in anna.get("/journal", params=params).json()["lines"]]

    assert found() == [3, 2, 1]
    assert found(site="bh-02") == [2]
    assert found(code="high_high") == [3, 1]
    assert found(by="anna") == [3]
    assert found(q="кочегар") == [3]
    assert found(q="below limit") == [2]
    assert found(to_ms=NOW_MS + 1) == [1]
    assert found(from_ms=NOW_MS + 1, to_ms=NOW_MS + 1001) == [2]


def test_a_persons_entry_bears_the_title_of_its_alarm(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(event("t_supply"))
    anna.act("acknowledge", key("t_supply"), comment="on it")
    server.tell(event("t_supply", 1, AlarmState.CLEARED, t_ms=NOW_MS + 1))
    lines = anna.get("/journal").json()["lines"]
    assert lines[1]["title"] == lines[2]["title"]
    assert (lines[1]["by"], lines[1]["comment"], lines[1]["happened"]) == ("anna", "on it", "")
    assert lines[1]["address"] == "127.0.0.1"


def test_the_journal_tells_only_of_groups_that_may_be_read(server: Server) -> None:
    clara = server.person("clara", ("right", Role.VIEWER))
    server.tell(event("a"))
    server.tell(event("b"), gateway=RIGHT)
    assert [one["seq"] for one in clara.get("/journal").json()["lines"]] == [2]
    assert clara.get("/alarm", params={"key": key("a")}).json()["code"] == "unknown_alarm"
    assert len(clara.get("/alarm", params={"key": key("b", RIGHT)}).json()["journal"]) == 1


def test_a_search_that_finds_nothing_yet_says_where_to_go_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LOOKED_AT", 20)
    anna = server.person("anna", ALL)
    server.tell(event("wanted"), *(event(f"c{n}") for n in range(20)))
    page = anna.get("/journal", params={"q": "wanted"}).json()
    assert (page["lines"], page["next_before"]) == ([], 2)
    page = anna.get("/journal", params={"q": "wanted", "before": 2}).json()
    assert [one["seq"] for one in page["lines"]] == [1]


def test_an_anomaly_that_was_none_is_marked_and_its_gateway_told(server: Server) -> None:
    anna = server.person("anna", ALL)
    say(server, about())
    found = replace(event("t_supply", code="anomaly"), priority=3)
    server.tell(found, event("t_return"))
    body = {"key": key("t_supply", code="anomaly"), "occurrence": found.id, "comment": "a test of the pump"}
    with anna.stream(after=2) as stream:
        answer = anna.post("/alarms/false", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["false"]["by"] == "anna"
        assert stream.next("alarm").data["alarm"]["false"]["comment"] == "a test of the pump"
    with state.reading(server.engine) as connection:
        (entry,) = book.entries(connection, 10)
    assert (entry.command.order, entry.command.by) == (Rebaseline(device="boiler-1"), "anna")
    refused = [
        body | {"occurrence": "other"},
        body | {"key": key("t_return"), "occurrence": event("t_return").id},
        body | {"key": "no/such/alarm"},
    ]
    codes = [anna.post("/alarms/false", json=one).json()["code"] for one in refused]
    assert codes == ["raised_anew", "not_an_anomaly", "unknown_alarm"]
    viewer = server.person("victor", ("*", Role.VIEWER))
    assert viewer.post("/alarms/false", json=body).json()["code"] == "not_allowed"
