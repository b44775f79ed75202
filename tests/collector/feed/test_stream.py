"""The event stream: every change, in order, resumed by number; slow clients cost nothing."""

import socket
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from collector.alarms import health
from collector.feed.context import wall_clock_ms
from collector.feed.hub import RELOAD, Client, Hub, Item
from collector.users.roles import Role
from tests.collector.collecting import wait_until
from tests.collector.feed.serving import NOW_MS, RIGHT, Person, Server, event, key, serving
from wire.messages import AlarmState

ALL = ("*", Role.DISPATCHER)


def test_every_change_comes_in_the_order_of_the_journal(server: Server) -> None:
    anna = server.person("anna", ALL)
    with anna.stream() as stream:
        server.tell(event("a"), event("b"))
        server.tell(event("a", 1, AlarmState.CLEARED, t_ms=NOW_MS + 1))
        anna.act("acknowledge", key("b"))
        found = stream.alarms(4)
    assert [one.id for one in found] == [1, 2, 3, 4]
    assert [one.data["seq"] for one in found] == [1, 2, 3, 4]
    said = [(one.data["alarm"]["key"], one.data["change"]["after"]) for one in found]
    assert said == [
        (key("a"), "unacknowledged"),
        (key("b"), "unacknowledged"),
        (key("a"), "returned"),
        (key("b"), "acknowledged"),
    ]
    assert found[3].data["change"]["by"] == "anna"


def test_a_connection_that_was_lost_goes_on_after_the_last_number(server: Server) -> None:
    anna = server.person("anna", ALL)
    with anna.stream() as stream:
        server.tell(event("a"), event("b"))
        assert [one.id for one in stream.alarms(2)] == [1, 2]
    server.tell(event("c"), event("d"))
    with anna.stream(after=0, **{"Last-Event-ID": "3"}) as stream:
        assert stream.next("alarm").id == 4
        server.tell(event("e"))
        assert stream.next("alarm").id == 5


def test_a_restarted_server_goes_on_where_its_clients_were(server: Server) -> None:
    server.tell(*(event(f"c{n}") for n in range(5)))
    server.feed._follower.begin()  # as the next process does at its start
    with server.person("anna", ALL).stream(after=3) as stream:
        assert [one.id for one in stream.alarms(2)] == [4, 5]


def test_a_stream_tells_only_of_groups_that_may_be_read(server: Server) -> None:
    clara = server.person("clara", ("right", Role.VIEWER))
    with clara.stream(after=0) as stream:
        server.tell(event("a"))
        server.tell(event("b"), gateway=RIGHT)
        found = [one for _, one in zip(range(2), stream, strict=False)]
    assert [(one.event, one.id) for one in found] == [("alarm", 2), ("incident", None)]
    assert found[1].data["sites"] == ["bh-02"]


def test_incidents_follow_their_alarms(server: Server) -> None:
    anna = server.person("anna", ALL)
    with anna.stream(after=0) as stream:
        server.tell(event("a"), event("b"))
        found = stream.next("incident").data
        assert (found["alarms"], found["unacknowledged"], found["title"]) == (
            2,
            2,
            "Several alarms of one cause: Boiler house 1",
        )
        anna.act("acknowledge", key("a"))
        assert stream.next("incident").data["unacknowledged"] == 1


def test_an_alarm_that_begins_to_stand_and_one_that_chatters_no_more_are_told(server: Server) -> None:
    now_ms = wall_clock_ms()
    young_ms = now_ms - health.STANDING_MS + 1500
    chatter_ms = now_ms - health.CHATTER_LASTS_MS + 1500
    with server.person("anna", ALL).stream(after=0) as stream:
        server.tell(event("a", t_ms=young_ms))
        for number in range(3):
            for status in (AlarmState.RAISED, AlarmState.CLEARED):
                server.tell(event("b", number, status, t_ms=chatter_ms - 2 + number))
        server.tell(event("c", t_ms=now_ms))
        told = [one.data["alarm"] for one in stream.alarms(8)]
        assert not any(one["standing"] for one in told)
        assert {one["key"] for one in told if one["chattering"]} == {key("b")}
        flags = [stream.next("flags").data for _ in range(2)]
    assert sorted(flags, key=lambda one: str(one["key"])) == [
        {"key": key("a"), "chattering": False, "standing": True},
        {"key": key("b"), "chattering": False, "standing": False},
    ]


def test_flags_that_changed_while_the_server_was_away_are_told_to_who_comes_back(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.add("anna", ALL)
        server.tell(
            event("a", t_ms=wall_clock_ms() - health.STANDING_MS - 1), event("b", t_ms=wall_clock_ms())
        )
    with serving(tmp_path) as server, server.log_in("anna").stream(after=2) as stream:
        told = stream.next("flags").data
        assert told == {"key": key("a"), "chattering": False, "standing": True}


def test_what_was_told_at_the_last_number_is_told_again_to_who_was_away(server: Server) -> None:
    anna = server.person("anna", ALL)
    with anna.stream(after=0) as stream:
        server.tell(event("a"))
        assert stream.next("alarm").id == 1
        assert stream.next("incident").data["alarms"] == 1
    with anna.stream(after=1) as stream:
        assert stream.next("alarm", "incident").data["alarms"] == 1


def test_a_stream_ends_with_the_session(server: Server) -> None:
    anna = server.person("anna", ALL)
    with anna.stream() as stream:
        anna.post("/logout")
        kinds = {one.event for one in stream}  # until the server ends it
    assert kinds <= {"beat"}


def test_streams_end_when_the_server_stops(server: Server) -> None:
    with server.person("anna", ALL).stream() as stream:
        server.feed.stop()
        server.feed.join()
        assert not server.feed.is_alive
        assert list(stream) == []


def test_what_cannot_be_read_for_a_moment_takes_no_change_with_it(server: Server) -> None:
    def fail(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if threading.current_thread().name == "follower" and "FROM incident" in statement:
            raise sa.exc.OperationalError(statement, {}, OSError("away"))

    with server.person("anna", ALL).stream(after=0) as stream:
        sa.event.listen(server.engine, "before_cursor_execute", fail)
        server.tell(event("a"))
        assert stream.next("alarm").id == 1
        sa.event.remove(server.engine, "before_cursor_execute", fail)
        assert stream.next("incident").data["alarms"] == 1


def test_a_number_that_was_not_from_here_is_none(server: Server) -> None:
    server.tell(event("a"))
    with server.person("anna", ALL).stream(after=0, **{"Last-Event-ID": "9" * 5000}) as stream:
        assert stream.next("alarm").id == 1


def test_nobody_follows_without_login(server: Server) -> None:
    answer = httpx.get(f"{server.url}/api/v1/stream")
    assert (answer.status_code, answer.json()["code"]) == (401, "login_needed")


def item(seq: int, group: str = "left") -> Item:
    return Item(seq, frozenset({group}), lambda language, _: f"{seq} {language};".encode())


async def test_a_client_that_the_ring_has_overtaken_reloads_and_goes_on() -> None:
    hub = Hub(ring=4)
    slow, quick = Client("ru", None), Client("en", None)
    for one in (slow, quick):
        assert hub.join(one, 0) == b""
    said = b""
    for seq in range(1, 21):
        hub.add([item(seq)], seq)
        said += hub.take(quick)
    assert said == b"".join(b"%d en;" % seq for seq in range(1, 21))
    assert len(hub._items) <= 8
    assert hub.take(slow) == RELOAD
    assert hub.take(slow) == b""
    hub.add([item(21)], 21)
    assert hub.take(slow) == b"21 ru;"


@pytest.mark.parametrize(("after", "expected"), [(8, b"9 ru;10 ru;"), (10, b""), (2, RELOAD), (99, b"")])
async def test_a_client_resumes_where_the_ring_still_reaches(after: int, expected: bytes) -> None:
    hub = Hub(ring=3)
    for seq in range(1, 11):
        hub.add([item(seq)], seq)
    client = Client("ru", None)
    assert hub.join(client, after) + hub.take(client) == expected


async def test_a_client_of_a_journal_that_is_another_one_now_reloads() -> None:
    hub, client = Hub(), Client("ru", None)
    hub.add([item(1)], 1)
    assert hub.join(client, 99) + hub.take(client) == b""
    hub.beat(5)
    assert hub.take(client) == RELOAD
    hub.add([item(2)], 2)
    assert hub.take(client) == b"2 ru;"


async def test_what_is_written_at_once_is_bounded() -> None:
    hub = Hub()
    client = Client("ru", None)
    hub.join(client, None)
    big = Item(1, frozenset(), lambda *_: b"x" * 20_000)
    hub.add([big] * 10, 1)
    sizes = []
    while said := hub.take(client):
        sizes.append(len(said))
    assert (sum(sizes), max(sizes)) == (200_000, 40_000)


def fall_asleep(sleeper: socket.socket, server: Server, anna: Person) -> None:
    """Ask for the stream and read no more of it than its first line."""
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.settimeout(20)
    sleeper.connect(("127.0.0.1", server.feed.port))
    cookie = f"ulba_session={anna.cookies['ulba_session']}"
    sleeper.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    assert b"200 OK" in sleeper.recv(100)


def test_a_client_that_takes_nothing_any_more_costs_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.feed.server.STALLED_S", 1)
    with serving(tmp_path) as server, socket.socket() as sleeper:
        anna = server.person("anna", ALL)
        fall_asleep(sleeper, server, anna)
        anna.close()
        for first in range(0, 4000, 500):
            server.tell(*(event(f"c{first + n}") for n in range(500)))
        wait_until(lambda: not server.feed._server.server_state.connections)
        assert not server.feed._hub.clients


def test_a_client_that_does_not_read_holds_nobody_up_and_reloads_when_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.feed.server.Hub", lambda: Hub(ring=300))
    with serving(tmp_path) as server, socket.socket() as sleeper:
        anna = server.person("anna", ALL)
        fall_asleep(sleeper, server, anna)
        with anna.stream() as stream:
            for first in range(0, 4000, 100):
                server.tell(*(event(f"c{first + n}") for n in range(100)))
                assert [one.id for one in stream.alarms(100)] == list(range(first + 1, first + 101))
        said = b""
        while RELOAD not in said:
            part = sleeper.recv(65_536)
            assert part, "the connection ended"
            said += part
        assert len(said) < 4000 * 2000, "what it slept through was not kept for it"
