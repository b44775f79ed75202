"""Sites, their values, curves and tables, over HTTP."""

import json
import tracemalloc
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from collector import gateways, ledger, state
from collector.alarms.alarm import Entry
from collector.alarms.lifecycle import State, Trigger
from collector.arrivals import Arrival, Arrived, News, StoredReading
from collector.feed import sheet, trends
from collector.feed.trends import DAY_MS, HOUR_MS
from collector.users.roles import Role
from tests.collector.feed.serving import LEFT, RIGHT, Server, event, key, serving
from wire.messages import (
    About,
    AlarmState,
    Batch,
    ChannelAbout,
    DeviceAbout,
    Learning,
    OperatingMode,
    Presence,
    Row,
    Status,
    Table,
)
from wire.topics import Gateway

ALL = ("*", Role.DISPATCHER)
POINT = "bh-01/boiler-1/t_supply"
EPOCH = "00000000000000aa"
NEW = Gateway("new-9", "gw")
"""At a site that the centre's settings do not name."""


def about(title: str = "Supply temperature") -> About:
    channels = (
        ChannelAbout(name="spare", quantity="temperature", unit="Cel"),
        ChannelAbout(name="t_supply", quantity="temperature", unit="Cel", low=-50, high=150, title=title),
        ChannelAbout(name="t_return", quantity="temperature", unit="Cel"),
    )
    device = DeviceAbout(
        name="boiler-1", profile="p", model="MV110", link="cabinet", period_s=60.0, channels=channels
    )
    return About(
        version="1", epoch=EPOCH, boot="b", site_class="boiler_house", started_ms=1, devices=(device,)
    )


def status(presence: Presence = Presence.ONLINE) -> Status:
    learning = (Learning("boiler-1", 10, 100), Learning("b2", 5, 100))
    return Status(state=presence, epoch=EPOCH, t_ms=1, mode=OperatingMode.SUMMER, learning=learning)


def say(server: Server, *messages: About | Status, gateway: Gateway = LEFT) -> None:
    with state.writing(server.engine) as transaction:
        gateways.note(transaction, [News(gateway, one) for one in messages], 1)


def measure(server: Server, *rows: Row, gateway: Gateway = LEFT) -> None:
    table = Table(device="boiler-1", channels=("t_supply", "t_return"), rows=rows)
    batch = Batch(epoch=EPOCH, seq=1, boot="b", site_class="boiler_house", tables=(table,))
    server.store.write([Arrival(gateway, batch)])
    times = [row.t_ms for row in rows]
    with state.writing(server.engine) as transaction:
        arrived = Arrived(gateway, EPOCH, 1, min(times), max(times))
        ledger.record(transaction, [arrived], max(times))


def now_of(server: Server) -> int:
    return int(server.log_in("anna").get("/me").json()["server_ms"])


def test_a_site_is_told_with_its_gateways_newest_values_and_alarms(server: Server) -> None:
    anna = server.person("anna", ALL)
    now_ms = now_of(server)
    say(server, about(), status())
    measure(
        server, Row(now_ms - 60_000, (90.0, 60.0)), Row(now_ms - 1000, (97.5, None), {1: "bad.no_answer"})
    )
    server.tell(event("t_supply", priority=2), event("t_return", priority=3))
    anna.act("acknowledge", key("t_return"))
    first, second = anna.get("/sites").json()["sites"]
    assert (first["site"], first["title"], first["class"]) == ("bh-01", "Boiler house 1", "boiler_house")
    assert (first["lat"], first["group"], first["stale"]) == (49.9, "left", False)
    assert (first["worst_priority"], first["unacknowledged"], first["active"]) == (2, 1, 2)
    assert first["gateways"] == [
        {
            "gateway": "gw-1",
            "state": "online",
            "newest_ms": now_ms - 1000,
            "mode": "summer",
            "learning": {"seen": 15, "needed": 200},
        }
    ]
    assert [(one["channel"], one["value"], one["quality"]) for one in first["headline"]] == [
        ("t_supply", 97.5, None),
        ("t_return", None, "bad.no_answer"),
    ]
    assert (second["site"], second["gateways"], second["class"]) == ("bh-02", [], "")
    detail = anna.get("/sites/bh-01").json()
    (device,) = detail["devices"]
    assert [one["point"] for one in device["channels"]][1] == POINT
    assert device["channels"][1] | {"value": 97.5, "low": -50.0, "high": 150.0} == device["channels"][1]
    assert {one["key"] for one in detail["alarms"]} == {key("t_supply"), key("t_return")}


def test_a_site_whose_gateway_is_dead_or_brings_nothing_is_stale(server: Server) -> None:
    anna = server.person("anna", ALL)
    now_ms = now_of(server)
    say(server, about(), status(Presence.OFFLINE))
    say(server, about(), status(), gateway=RIGHT)
    measure(server, Row(now_ms - 600_000, (1.0, 1.0)), gateway=RIGHT)
    assert [one["stale"] for one in anna.get("/sites").json()["sites"]] == [True, True]


def test_sites_of_other_groups_are_not_there_and_unlisted_ones_are_for_all_groups(server: Server) -> None:
    clara, anna = server.person("clara", ("right", Role.VIEWER)), server.person("anna", ALL)
    say(server, about(), gateway=NEW)
    assert [one["site"] for one in clara.get("/sites").json()["sites"]] == ["bh-02"]
    assert [one["site"] for one in anna.get("/sites").json()["sites"]] == ["bh-01", "bh-02", "new-9"]
    for path in ("/sites/bh-01", "/sites/nothing"):
        assert clara.get(path).json()["code"] == "not_found"
    for path in ("/trend", "/export"):
        answer = clara.get(path, params={"point": POINT, "from_ms": 0, "to_ms": 1000})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert clara.get("/sparklines", params={"points": POINT}).json() == {"points": {}}


def test_titles_are_read_in_the_readers_language(server: Server) -> None:
    anna = server.person("anna", ALL)
    known = about()
    (device,) = known.devices
    titles = {"ru": "Обратка", "kk": "Қайту"}
    own = structs.replace(device.channels[2], title="Обратка", titles=titles)
    told = structs.replace(device, channels=(*device.channels[:2], own))
    say(
        server,
        structs.replace(known, devices=(told,), site_title="Пост", site_titles={"ru": "Пост", "kk": "Бекет"}),
        gateway=NEW,
    )
    asked: dict[str, str | int] = {"point": f"{NEW.site}/boiler-1/t_supply", "from_ms": 0, "to_ms": 1000}
    for language, site, supply, back, when, how_good in (
        ("ru", "Пост", "Температура в подающем трубопроводе", "Обратка", "время", "качество"),
        ("kk", "Бекет", "Беру құбырындағы температура", "Қайту", "уақыты", "сапасы"),
        ("en", "Пост", "Supply temperature", "Обратка", "time", "quality"),
    ):
        found = anna.get(f"/sites/{NEW.site}", params={"lang": language}).json()
        assert found["title"] == site
        shown = [one["title"] for one in found["devices"][0]["channels"]]
        assert shown == ["spare", supply, back]
        assert [one["title"] for one in found["headline"]] == [supply, back]
        assert anna.get("/trend", params=asked | {"lang": language}).json()["title"] == supply
        (head,) = anna.get("/export", params=asked | {"lang": language}).text.lstrip("\ufeff").splitlines()
        assert head == f"{when} Asia/Almaty;{supply}, °C;{how_good}"


def test_a_long_trend_is_never_held_whole_and_marks_the_newest_of_an_alarm(server: Server) -> None:
    anna = server.person("anna", ALL)
    end_ms = now_of(server) // DAY_MS * DAY_MS
    measure(server, *(Row(end_ms - n * 10_000, (70.0, None)) for n in range(1, 60_001)))
    raised = [
        event("t_supply", n, status, t_ms=end_ms - DAY_MS + 1000 * n)
        for n in range(1, 1201)
        for status in (AlarmState.RAISED, AlarmState.CLEARED)
    ]
    server.tell(*raised)
    asked: dict[str, str | int] = {"point": POINT, "from_ms": 0, "to_ms": end_ms, "every_ms": 30 * DAY_MS}
    tracemalloc.start()
    found = anna.get("/trend", params=asked).json()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found["mean"] == [70.0] * len(found["t"])
    assert max(mark["from_ms"] for mark in found["alarms"]) == end_ms - DAY_MS + 1_200_000
    assert peak < 12_000_000, "60,000 readings as they are read take 20 MB"


def test_a_trend_has_buckets_marks_of_alarms_and_a_band(server: Server) -> None:
    anna = server.person("anna", ALL)
    end_ms = now_of(server) // HOUR_MS * HOUR_MS
    say(server, about())
    past = [
        Row(end_ms - HOUR_MS - day * DAY_MS + minute * 60_000, (50.0 + minute, 1.0))
        for day in range(1, 6)
        for minute in range(0, 60, 3)
    ]
    measure(server, *past, Row(end_ms - 1_200_000, (70.0, 1.0)), Row(end_ms - 1_190_000, (80.0, 1.0)))
    server.tell(
        event("t_supply", t_ms=end_ms - 1_200_000),
        event("t_supply", 1, AlarmState.CLEARED, t_ms=end_ms - 600_000),
    )
    asked: dict[str, str | int] = {
        "point": POINT,
        "from_ms": end_ms - HOUR_MS,
        "to_ms": end_ms,
        "every_ms": 60_000,
    }
    found = anna.get("/trend", params=asked).json()
    assert (found["unit"], found["title"]) == ("Cel", "Supply temperature")
    assert (found["t"], found["mean"]) == ([end_ms - 1_200_000], [75.0])
    assert (found["min"], found["max"]) == ([70.0], [80.0])
    assert found["expected"] == {"t": [end_ms - HOUR_MS], "low": [53.0], "high": [104.0]}
    (mark,) = found["alarms"]
    assert (mark["from_ms"], mark["to_ms"]) == (event("", t_ms=end_ms - 1_200_000).since_ms, end_ms - 600_000)
    assert anna.get("/trend", params=asked | {"every_ms": 0}).json()["every_ms"] == 10_000
    assert anna.get("/trend", params=asked | {"from_ms": end_ms}).status_code == 422
    assert anna.get("/trend", params=asked | {"from_ms": 0, "every_ms": 1000}).status_code == 422
    assert anna.get("/trend", params=asked | {"point": "bh-01/*/t_supply"}).status_code == 422


def test_sparklines_are_the_last_two_hours(server: Server) -> None:
    anna = server.person("anna", ALL)
    now_ms = now_of(server)
    measure(server, *(Row(now_ms - minute * 60_000, (float(minute), 1.0)) for minute in range(1, 240)))
    line = anna.get("/sparklines", params={"points": f"{POINT},bh-01/x/y,*"}).json()["points"]
    assert line["bh-01/x/y"] == line["*"] == {"t": [], "v": []}
    assert 59 <= len(line[POINT]["t"]) <= 60
    assert max(line[POINT]["v"]) <= 120
    assert line[POINT]["t"] == sorted(line[POINT]["t"])


def test_an_export_opens_in_a_spreadsheet(server: Server) -> None:
    anna = server.person("anna", ALL)
    say(server, about("=cmd|' /C calc'!A0"))
    measure(
        server, Row(1_790_000_000_000, (97.5, 1.0)), Row(1_790_000_060_000, (None, 1.0), {0: "bad.garbled"})
    )
    asked: dict[str, str | int] = {"point": POINT, "from_ms": 0, "to_ms": 2**50, "lang": "ru"}
    answer = anna.get("/export", params=asked)
    assert answer.headers["content-disposition"] == 'attachment; filename="bh-01_boiler-1_t_supply.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.text.lstrip("\ufeff").splitlines() == [
        "время Asia/Almaty;'=cmd|' /C calc'!A0, °C;качество",
        "2026-09-21 19:13:20;97,5;good",
        "2026-09-21 19:14:20;;bad.garbled",
    ]


def test_a_long_export_comes_in_pieces() -> None:
    readings = (StoredReading("s", "g", "d", "c", n * 1000, float(n), None) for n in range(2000))
    pieces = list(sheet.lines(readings, "x", ZoneInfo("UTC"), "en"))
    assert len(pieces) == 5
    assert b"".join(pieces).count(b"\r\n") == 2001


def test_the_map_is_the_file_that_is_named_or_empty(tmp_path: Path) -> None:
    layers = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None}]}
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps(layers))
    with serving(tmp_path, map=str(file)) as server:
        answer = server.person("anna", ALL).get("/map")
        assert answer.headers["content-type"] == "application/geo+json"
        assert answer.json() == layers
    with serving(tmp_path) as server:
        assert server.log_in("anna").get("/map").json() == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize(("span_ms", "step"), [(1000, 1000), (HOUR_MS, 10_000), (DAY_MS, 300_000)])
def test_a_range_has_some_five_hundred_buckets(span_ms: int, step: int) -> None:
    assert trends.step_ms(0, span_ms) == step


def test_a_band_needs_five_days_that_have_the_hour() -> None:
    def usual(days: int) -> trends.Usual | None:
        readings = [
            StoredReading("s", "g", "d", "c", 20 * DAY_MS - day * DAY_MS, 1.0, None)
            for day in range(days, 0, -1)
        ]
        return trends.usual(readings, 20 * DAY_MS, 20 * DAY_MS + 2 * HOUR_MS)

    assert usual(4) is None
    found = usual(5)
    assert found is not None
    assert (found.low, found.high) == ([1.0, None], [1.0, None])


def test_an_alarm_that_never_began_in_what_is_known_is_no_span() -> None:
    gone = Entry(
        t_ms=5,
        key="s/g/high/d/c",
        trigger=Trigger.CLEAR,
        before=State.UNACKNOWLEDGED,
        after=State.RETURNED,
        occurrence="o",
    )
    assert trends.spans([gone], 0, 10) == []
