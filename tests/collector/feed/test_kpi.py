"""How the alarm system does, over HTTP; floods on the stream."""

from collector.users.roles import Role
from tests.collector.feed.serving import RIGHT, Server, event, key
from wire.messages import AlarmState

ALL = ("*", Role.DISPATCHER)
DAY_MS = 86_400_000


def now_of(server: Server) -> int:
    return int(server.log_in("anna").get("/me").json()["server_ms"])


def test_the_figures_are_of_the_span_and_of_the_sites_that_may_be_read(server: Server) -> None:
    anna, clara = server.person("anna", ALL), server.person("clara", ("left", Role.VIEWER))
    now_ms = now_of(server)
    for n in range(3):
        server.tell(event("a", n, priority=2, t_ms=now_ms - 2000 + n), now_ms=now_ms - 2000 + n)
        over = event("a", n, AlarmState.CLEARED, priority=2, t_ms=now_ms - 2000 + n)
        server.tell(over, now_ms=now_ms - 2000 + n)
    server.tell(event("b", t_ms=now_ms - 2 * DAY_MS), gateway=RIGHT, now_ms=now_ms - 2 * DAY_MS)
    anna.act("acknowledge", key("b", RIGHT))
    found = anna.get("/kpi").json()
    assert sum(one["n"] for one in found["per_10min"]) == 4
    assert found["per_day"] == 4 / 7
    assert found["priorities"] == [1, 3, 0, 0]
    assert [(one["key"], one["n"]) for one in found["top"]] == [(key("a"), 3), (key("b", RIGHT), 1)]
    assert "above its outer limit" in found["top"][0]["title"]
    assert [one["key"] for one in found["standing"]] == [key("b", RIGHT)]
    assert [one["key"] for one in found["chattering"]] == [key("a")]
    assert found["time_to_ack"]["n"] == 1
    assert found["time_to_ack"]["median_s"] >= 2 * 86_400
    assert [(one["by"], one["n"]) for one in found["by_person"]] == [("anna", 1)]
    assert sum(clara.get("/kpi").json()["priorities"]) == 3
    day = anna.get("/kpi", params={"from_ms": now_ms - DAY_MS}).json()
    assert (day["priorities"], day["time_to_ack"]["median_s"]) == ([0, 3, 0, 0], None)


def test_a_flood_is_told_when_it_begins(server: Server) -> None:
    anna = server.person("anna", ALL)
    now_ms = now_of(server)
    with anna.stream(after=0) as stream:
        server.tell(*(event(f"c{n}", priority=3, t_ms=now_ms) for n in range(12)), now_ms=now_ms)
        flood = stream.next("flood").data
    assert (flood["alarms_10min"], flood["hidden"]) == (12, 12)
    assert anna.get("/alarms").json()["flood"]["incidents"] == flood["incidents"]
