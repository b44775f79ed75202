"""The alarm list and what people do to alarms, over HTTP."""

import threading

from collector.users.roles import Role
from tests.collector.feed.serving import LEFT, NOW_MS, RIGHT, Person, Server, event, key
from wire.messages import AlarmState

ALL = ("*", Role.DISPATCHER)


def test_the_list_is_in_the_persons_language_with_the_number_the_stream_goes_on_from(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(event("t_supply"), event("t_return"))
    answer = anna.get("/alarms").json()
    assert answer["seq"] == 2
    first = answer["alarms"][0]
    assert (first["key"], first["state"], first["seq"]) == (key("t_supply"), "unacknowledged", 1)
    assert (first["site_title"], first["group"]) == ("Boiler house 1", "left")
    assert (first["point"], first["value"], first["limit"]) == ("bh-01/boiler-1/t_supply", 97.5, 95.0)
    assert "above its outer limit" in first["title"]
    assert [(one["alarms"], one["unacknowledged"]) for one in answer["incidents"]] == [(2, 2)]
    assert anna.get("/alarms", params={"lang": "ru"}).json()["alarms"][0]["site_title"] == "Котельная № 1"


def test_the_list_is_narrowed_by_site_priority_and_state(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(event("a", priority=1), event("b", priority=3))
    server.tell(event("c"), gateway=RIGHT)
    anna.act("acknowledge", key("b"))

    def keys(**params: str | int) -> list[str]:
        return [one["key"] for one in anna.get("/alarms", params=params).json()["alarms"]]

    assert keys() == [key("a"), key("c", RIGHT), key("b")]
    assert keys(site="bh-02") == [key("c", RIGHT)]
    assert keys(priority=3) == [key("b")]
    assert keys(state="acknowledged") == [key("b")]
    anna.act("shelve", key("a"), comment="tuning", until_ms=server_ms(anna) + 60_000)
    assert key("a") not in keys()
    assert key("a") in keys(aside=1)


def server_ms(person: Person) -> int:
    return int(person.get("/me").json()["server_ms"])


def test_several_are_acknowledged_at_once_and_the_second_dispatcher_is_told_who_was_faster(
    server: Server,
) -> None:
    anna, boris = server.person("anna", ALL), server.person("boris", ALL)
    server.tell(event("a"), event("b"))
    done = anna.act("acknowledge", key("a"), key("b"), comment="on it")
    assert [(one["state"], one["acknowledged"]["by"]) for one in done["done"]] == [
        ("acknowledged", "anna")
    ] * 2
    late = boris.act("acknowledge", key("a"))
    assert late["done"] == []
    (refused,) = late["refused"]
    assert refused["code"] == "not_in_this_state"
    assert refused["params"]["by"] == "anna"


def test_two_dispatchers_at_the_same_moment_one_of_them_is_first(server: Server) -> None:
    both = [server.person("anna", ALL), server.person("boris", ALL)]
    server.tell(*(event(f"c{n}") for n in range(10)))
    start = threading.Barrier(2)
    answers: list[dict[str, list[object]]] = []

    def act(person: Person) -> None:
        start.wait(10)
        answers.extend(person.act("acknowledge", key(f"c{n}")) for n in range(10))

    threads = [threading.Thread(target=act, args=(one,)) for one in both]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sum(len(one["done"]) for one in answers) == 10
    assert sum(len(one["refused"]) for one in answers) == 10


def test_another_occurrence_than_the_one_that_was_seen_is_not_acknowledged(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(
        event("a"), event("a", 1, AlarmState.CLEARED, t_ms=NOW_MS + 1), event("a", 2, t_ms=NOW_MS + 2)
    )
    wanted = {"action": "acknowledge", "alarms": [{"key": key("a"), "occurrence": event("a").id}]}
    (refused,) = anna.post("/alarms/actions", json=wanted).json()["refused"]
    assert (refused["code"], refused["params"]["occurrence"]) == ("raised_anew", event("a", 2).id)


def test_what_a_group_does_not_grant_is_neither_seen_nor_done(server: Server) -> None:
    boris = server.person("boris", ("right", Role.DISPATCHER), ("left", Role.VIEWER))
    clara = server.person("clara", ("right", Role.DISPATCHER))
    server.tell(event("a"))
    server.tell(event("b"), gateway=RIGHT)
    assert len(boris.get("/alarms").json()["alarms"]) == 2
    assert [one["site"] for one in clara.get("/alarms").json()["alarms"]] == ["bh-02"]
    done = boris.act("acknowledge", key("a"), key("b", RIGHT))
    assert [one["key"] for one in done["done"]] == [key("b", RIGHT)]
    assert [(one["key"], one["code"]) for one in done["refused"]] == [(key("a"), "not_allowed")]
    hidden = clara.act("acknowledge", key("a"))
    assert [one["code"] for one in hidden["refused"]] == ["unknown_alarm"]


def test_shelving_needs_a_reason_and_an_end_and_only_an_engineer_takes_out_of_service(server: Server) -> None:
    anna, eva = server.person("anna", ALL), server.person("eva", ("*", Role.ENGINEER))
    server.tell(event("a"))
    until = server_ms(anna) + 60_000
    codes = [
        anna.act("shelve", key("a"), until_ms=until)["refused"][0]["code"],
        anna.act("shelve", key("a"), comment="x")["refused"][0]["code"],
        anna.act("shelve", key("a"), comment="x", until_ms=until + 10**9)["refused"][0]["code"],
        anna.act("remove", key("a"), comment="x")["refused"][0]["code"],
    ]
    assert codes == ["reason_missing", "end_missing", "end_too_late", "not_allowed"]
    (removed,) = eva.act("remove", key("a"), comment="new sensor", permit="17/4")["done"]
    assert removed["state"] == "out_of_service"
    assert removed["aside"]["reason"] == "№ 17/4: new sensor"
    assert anna.act("release", key("a"))["refused"][0]["code"] == "not_allowed"
    assert eva.act("release", key("a"))["done"][0]["state"] == "unacknowledged"


def test_hostile_text_comes_out_as_text(server: Server) -> None:
    anna = server.person("anna", ALL)
    hostile = "<script>alert(1)</script>\r\nid: 99\n\n\0'\"; DROP TABLE alarm;--"
    server.tell(event("a"))
    with anna.stream(after=1) as stream:
        (done,) = anna.act("acknowledge", key("a"), comment=hostile)["done"]
        changed = stream.next("alarm")
    assert done["acknowledged"]["comment"] == hostile
    assert changed.data["alarm"]["acknowledged"]["comment"] == hostile
    assert changed.id == 2
    answer = anna.get("/alarms")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["alarms"][0]["acknowledged"]["comment"] == hostile
    assert LEFT.site in answer.text
