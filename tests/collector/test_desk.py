"""Alarms in the state database: what gateways say and people do, in one journal that shows every change."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from collector import state
from collector.alarms import book
from collector.alarms.alarm import Action, Actor, Refusal
from collector.alarms.desk import Desk, Policies, Told
from collector.alarms.lifecycle import State, Trigger
from collector.settings import AlarmsTable
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

GATEWAY = Gateway("bh-01", "gw")
ANNA = Actor("anna", "10.0.0.7")
HOUR_MS = 3_600_000
DESK = Desk(Policies(AlarmsTable()))


def told(place: str, number: int = 1, status: AlarmState = AlarmState.RAISED, t_ms: int = 1000) -> Told:
    event = AlarmEvent(
        id=f"high/{place}/{number}", code="high", state=status, t_ms=t_ms, since_ms=t_ms, priority=1
    )
    return GATEWAY, event


def key(place: str) -> str:
    return f"bh-01/gw/high/{place}"


def states(engine: sa.Engine) -> dict[str, State]:
    with state.reading(engine) as connection:
        return {alarm.key: alarm.state for alarm in book.in_states(connection, State)}


def test_a_thousand_events_are_one_transaction_and_none_is_lost(engine: sa.Engine) -> None:
    events = [told(f"m{n}/t", t_ms=n) for n in range(1000)]
    with state.writing(engine) as transaction:
        DESK.take(transaction, events, 5000)
        DESK.take(transaction, events, 6000)
    with state.reading(engine) as connection:
        lines = book.lines(connection, limit=5000)
    assert [line.seq for line in lines] == list(range(1, 1001))
    assert [line.entry.key for line in lines] == [key(f"m{n}/t") for n in range(1000)]
    assert set(states(engine).values()) == {State.UNACKNOWLEDGED}


def test_an_id_that_no_database_can_hold_is_taken_in_all_the_same(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told("a\0b"), told("c")], 5000)
    assert set(states(engine)) == {key("a\N{REPLACEMENT CHARACTER}b"), key("c")}


def test_several_are_acknowledged_at_once_each_for_itself(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told("a"), told("b")], 5000)
        keys = [key("a"), key("b"), key("x")]
        done = DESK.act(
            transaction, keys, Action(trigger=Trigger.ACKNOWLEDGE, comment="go"), by=ANNA, now_ms=6000
        )
    assert [alarm.key for alarm in done.alarms] == keys[:2]
    refused = done.refused[key("x")]
    assert (refused.code, str(refused)) == (Refusal.UNKNOWN_ALARM, "there is no alarm `bh-01/gw/high/x`")
    assert list(done.refused) == [key("x")]
    assert set(states(engine).values()) == {State.ACKNOWLEDGED}


def test_who_did_what_stands_in_the_journal(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told("a")], 5000)
        shelve = Action(trigger=Trigger.SHELVE, comment="tuning", until_ms=7000)
        DESK.act(transaction, [key("a")], shelve, by=ANNA, now_ms=6000)
    with state.writing(engine) as transaction:
        DESK.pass_time(transaction, 6000)
        assert not DESK.is_due(transaction, 6999)
        assert DESK.is_due(transaction, 7000)
        DESK.pass_time(transaction, 7000)
    with state.reading(engine) as connection:
        entries = [line.entry for line in book.lines(connection, key=key("a"))]
    assert [(one.trigger, one.by, one.address, one.comment) for one in entries] == [
        (Trigger.RAISE, "", "", ""),
        (Trigger.SHELVE, "anna", "10.0.0.7", "tuning"),
        (Trigger.RELEASE, "", "", ""),
    ]


def test_whoever_asks_from_a_number_on_misses_nothing(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told("a"), told("b")], 5000)
    with state.reading(engine) as connection:
        assert book.last_seq(connection) == 2
        assert [line.seq for line in book.lines(connection, after_seq=1)] == [2]


def test_two_dispatchers_at_once_are_one_after_the_other(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told(f"m{n}") for n in range(20)], 5000)
    keys = [key(f"m{n}") for n in range(20)]
    start = threading.Barrier(2)

    def acknowledge(name: str) -> None:
        start.wait(10)
        for one in keys:
            with state.writing(engine) as transaction:
                action = Action(trigger=Trigger.ACKNOWLEDGE, occurrence="")
                DESK.act(transaction, [one], action, by=Actor(name), now_ms=6000)

    threads = [threading.Thread(target=acknowledge, args=(name,)) for name in ("anna", "boris")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with state.reading(engine) as connection:
        acknowledged = [line.entry for line in book.lines(connection) if line.entry.by]
        assert book.broken_at(connection) is None
    assert sorted(one.key for one in acknowledged) == sorted(keys)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE alarm_journal SET entry = (SELECT entry FROM alarm_journal WHERE seq = 1) WHERE seq = 2",
        "DELETE FROM alarm_journal WHERE seq = 2",
    ],
)
def test_a_journal_that_was_touched_shows_where(engine: sa.Engine, damage: str) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told(f"m{n}") for n in range(4)], 5000)
        assert book.broken_at(transaction) is None
        transaction.exec_driver_sql(damage)
    with state.reading(engine) as connection:
        assert book.broken_at(connection) == 2


def test_what_was_not_committed_leaves_no_trace(tmp_path: Path) -> None:
    with state.opened(f"sqlite:///{tmp_path}/state.db") as engine:
        with state.reading(engine) as given_up:
            DESK.take(given_up, [told("a")], 5000)
        assert states(engine) == {}
        with state.writing(engine) as transaction:
            DESK.take(transaction, [told("a")], 5000)
        with state.reading(engine) as connection:
            assert [line.seq for line in book.lines(connection)] == [1]
            assert book.broken_at(connection) is None


def test_a_power_cut_of_three_sites_is_one_incident_also_in_pieces(engine: sa.Engine) -> None:
    for n, site in enumerate(["bh-11", "bh-12", "bh-13"]):
        event = AlarmEvent(
            id=f"low_low/flow/{n}",
            code="low_low",
            state=AlarmState.RAISED,
            t_ms=100_000 + 1000 * n,
            since_ms=100_000,
            priority=1,
        )
        with state.writing(engine) as transaction:
            DESK.take(transaction, [(Gateway(site, "gw"), event)], 200_000)
    with state.reading(engine) as connection:
        found = book.recent_incidents(connection, 0)
    assert [(one.id, one.sites, one.merged_into) for one in found] == [
        (1, ("bh-11", "bh-12", "bh-13"), 0),
        (2, ("bh-12",), 1),
        (3, ("bh-13",), 1),
    ]


def test_each_alarm_is_acted_on_only_if_it_is_the_occurrence_that_was_seen(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told("a"), told("b", 2)], 5000)
        seen = {key("a"): "high/a/1", key("b"): "high/b/1"}
        done = DESK.act(
            transaction, seen, Action(trigger=Trigger.ACKNOWLEDGE), by=ANNA, now_ms=6000, seen=seen
        )
    assert [alarm.key for alarm in done.alarms] == [key("a")]
    refused = done.refused[key("b")]
    assert (refused.code, refused.params) == (Refusal.RAISED_ANEW, {"occurrence": "high/b/2"})


def test_whoever_comes_second_is_told_who_was_faster(engine: sa.Engine) -> None:
    acknowledge = Action(trigger=Trigger.ACKNOWLEDGE)
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told("a")], 5000)
        DESK.act(transaction, [key("a")], acknowledge, by=ANNA, now_ms=6000)
        done = DESK.act(transaction, [key("a")], acknowledge, by=Actor("boris"), now_ms=6001)
    refused = done.refused[key("a")]
    assert refused.code is Refusal.NOT_IN_THIS_STATE
    assert refused.params == {"state": "acknowledged", "by": "anna", "t_ms": 6000}


def test_an_alarm_of_a_site_nobody_knows_is_kept_like_any_other(engine: sa.Engine) -> None:
    _, event = told("a")
    with state.writing(engine) as transaction:
        DESK.take(transaction, [(Gateway("never-heard-of", "gw"), event)], 5000)
    assert states(engine) == {"never-heard-of/gw/high/a": State.UNACKNOWLEDGED}


def test_what_has_just_returned_can_be_acknowledged_by_who_saw_it_stand(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told("a"), told("a", status=AlarmState.CLEARED, t_ms=2000)], 5000)
        action = Action(trigger=Trigger.ACKNOWLEDGE, occurrence="high/a/1")
        done = DESK.act(transaction, [key("a")], action, by=ANNA, now_ms=6000)
    assert not done.refused
    assert states(engine) == {key("a"): State.NORMAL}


def test_an_incident_closes_and_a_raise_that_belongs_to_it_opens_it_again(engine: sa.Engine) -> None:
    def open_now() -> list[int]:
        with state.reading(engine) as connection:
            return [one.id for one in book.open_incidents(connection)]

    def take(*events: Told) -> None:
        with state.writing(engine) as transaction:
            DESK.take(transaction, events, 5000)

    take(told("a", t_ms=1000), told("b", t_ms=2000))
    take(told("a", status=AlarmState.CLEARED, t_ms=3000))
    assert open_now() == [1]
    take(told("b", status=AlarmState.CLEARED, t_ms=4000))
    assert open_now() == []
    take(told("a", 2, t_ms=60_000))
    assert open_now() == [1]
