"""Alarm events are kept once, with the receipt of their batch; the rest follows from facts."""

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from collector import ledger, state
from collector.alarms import journal
from collector.alarms.occurrences import Entry, fold, standing
from collector.alarms.silence import Facts, silent
from collector.arrivals import Arrival, Arrived
from tests.collector.collecting import EPOCH, GATEWAY, NOW_MS, OTHER, batch
from wire.messages import About, AlarmEvent, AlarmState, DeviceAbout, Presence, Status
from wire.topics import Gateway

RAISED = AlarmEvent(
    id="high/heat/t_supply/1000",
    code="high",
    state=AlarmState.RAISED,
    t_ms=NOW_MS,
    since_ms=1000,
    device="heat",
    channel="t_supply",
    params={"value": 96.0, "limit": 95.0, "clear_at": 93.0, "unit": "Cel"},
)


def later(event: AlarmEvent, state_: AlarmState, by_ms: int = 60_000, **changes: object) -> AlarmEvent:
    return msgspec.structs.replace(event, state=state_, t_ms=event.t_ms + by_ms, **changes)


CLEARED = later(RAISED, AlarmState.CLEARED)


def arrival(*events: AlarmEvent, gateway: Gateway = GATEWAY, seq: int = 1) -> Arrival:
    return Arrival(gateway, msgspec.structs.replace(batch(seq, rows=0), alarms=events))


def entered(engine: sa.Engine, *arrivals: Arrival) -> None:
    with state.writing(engine) as transaction:
        journal.enter(transaction, arrivals, NOW_MS)


def kept(
    engine: sa.Engine, *, site: str | None = None, active: bool = False, limit: int = 100
) -> list[Entry]:
    with state.reading(engine) as connection:
        return journal.entries(connection, limit=limit, site=site, active=active)


def test_an_event_is_kept_as_it_came_and_only_once(engine: sa.Engine) -> None:
    entered(engine, arrival(RAISED), arrival(RAISED, seq=2))
    entered(engine, arrival(RAISED, CLEARED))
    found = kept(engine)
    assert {entry.event.state: entry.event for entry in found} == {"raised": RAISED, "cleared": CLEARED}
    assert len(found) == 2
    assert {entry.gateway for entry in found} == {GATEWAY}


def test_two_gateways_may_use_one_id(engine: sa.Engine) -> None:
    entered(engine, arrival(RAISED), arrival(RAISED, gateway=OTHER))
    assert len(kept(engine)) == 2
    assert [entry.gateway for entry in kept(engine, site=OTHER.site)] == [OTHER]


def test_only_what_was_never_cleared_is_active(engine: sa.Engine) -> None:
    other = msgspec.structs.replace(RAISED, id="low/heat/p/5", code="low", channel="p")
    entered(engine, arrival(RAISED, other, CLEARED))
    assert [entry.event.id for entry in kept(engine, active=True)] == [other.id]


def test_the_limit_counts_alarms_not_events(engine: sa.Engine) -> None:
    many = [msgspec.structs.replace(RAISED, id=f"x/{n}", t_ms=NOW_MS + n) for n in range(5)]
    ends = [later(event, AlarmState.CLEARED) for event in many]
    entered(engine, arrival(*many, *ends))
    assert {entry.event.id for entry in kept(engine, limit=2)} == {"x/3", "x/4"}
    assert len(kept(engine, limit=2)) == 4


def test_no_text_from_outside_stops_the_journal(engine: sa.Engine) -> None:
    odd = msgspec.structs.replace(RAISED, id="x\0y", link="\0", params={"note": "\0" * 300})
    entered(engine, arrival(odd))
    assert [entry.event for entry in kept(engine)] == [odd]


def test_what_fails_to_be_recorded_is_not_entered_either(engine: sa.Engine) -> None:
    def fail_midway() -> None:
        with state.writing(engine) as transaction:
            journal.enter(transaction, [arrival(RAISED)], NOW_MS)
            raise KeyError

    with pytest.raises(KeyError):
        fail_midway()
    assert kept(engine) == []


@given(st.permutations([RAISED, later(RAISED, AlarmState.UPDATED, 1), CLEARED, CLEARED, RAISED]))
def test_the_order_of_arrival_does_not_matter(events: list[AlarmEvent]) -> None:
    (found,) = fold(Entry(GATEWAY, event, NOW_MS) for event in events)
    assert found.event == CLEARED
    assert not found.stands


def test_an_end_before_its_beginning_is_an_end() -> None:
    backwards = later(RAISED, AlarmState.CLEARED, by_ms=-3_600_000)
    (found,) = fold([Entry(GATEWAY, RAISED, 1), Entry(GATEWAY, backwards, 2)])
    assert found.event.state is AlarmState.CLEARED


def test_an_alarm_its_gateway_forgot_gives_way_to_the_next_of_its_kind() -> None:
    again = msgspec.structs.replace(RAISED, id="high/heat/t_supply/2000", since_ms=2000)
    newest, oldest = fold([Entry(GATEWAY, RAISED, 1), Entry(GATEWAY, again, 2)])
    assert (newest.event.id, newest.stands, oldest.stands) == (again.id, True, False)
    elsewhere = fold([Entry(GATEWAY, RAISED, 1), Entry(OTHER, again, 2)])
    assert all(one.stands for one in elsewhere)


def test_the_most_urgent_stands_first() -> None:
    calm = msgspec.structs.replace(RAISED, id="a", code="stuck", priority=4, since_ms=3000)
    urgent = msgspec.structs.replace(RAISED, id="b", code="high_high", priority=1)
    found = standing(fold([Entry(GATEWAY, calm, 1), Entry(GATEWAY, urgent, 1), Entry(GATEWAY, RAISED, 1)]))
    assert [one.event.priority for one in found] == [1, 3, 4]


def about(*periods_s: float) -> About:
    devices = tuple(
        DeviceAbout(name=f"d{n}", profile="p", model="m", link="l", period_s=period, channels=())
        for n, period in enumerate(periods_s)
    )
    return About(
        version="1",
        epoch=EPOCH,
        boot="b",
        site_class="boiler_house",
        started_ms=NOW_MS - 10**6,
        devices=devices,
    )


def status(presence: Presence) -> Status:
    return Status(state=presence, epoch=EPOCH)


def reasons(newest_ms: int | None, presence: Presence | None, *periods_s: float) -> list[object]:
    facts = Facts(
        gateway=GATEWAY,
        about=about(*periods_s),
        status=status(presence) if presence else None,
        newest_ms=newest_ms,
    )
    return [event.params["reason"] for _, event in silent([facts], NOW_MS)]


def test_a_gateway_is_silent_after_three_of_its_own_periods() -> None:
    assert reasons(NOW_MS - 180_000, Presence.ONLINE, 60, 3600) == []
    assert reasons(NOW_MS - 180_001, Presence.ONLINE, 60, 3600) == ["stale"]
    assert reasons(NOW_MS - 180_001, Presence.ONLINE, 3600) == []
    assert reasons(NOW_MS - 30_000, Presence.ONLINE, 1) == []
    assert reasons(NOW_MS + 5_000, Presence.ONLINE, 60) == []
    assert reasons(None, None, 60) == ["stale"]
    assert reasons(None, None) == []


def test_a_last_will_and_a_goodbye_count_at_once() -> None:
    assert reasons(NOW_MS, Presence.OFFLINE, 60) == ["offline"]
    assert reasons(NOW_MS, Presence.STOPPED, 60) == ["stopped"]
    ((_, event),) = silent([Facts(gateway=GATEWAY, status=status(Presence.OFFLINE))], NOW_MS)
    assert (event.since_ms, event.params["last_ms"], event.params["period_s"]) == (NOW_MS, None, None)


def test_the_newest_reading_is_that_of_all_epochs(engine: sa.Engine) -> None:
    arrived = [
        Arrived(GATEWAY, EPOCH, 1, 1000, 5000),
        Arrived(GATEWAY, "0" * 15 + "b", 7, 2000, 9000),
        Arrived(GATEWAY, EPOCH, 9, 6000, 7000),
        Arrived(OTHER, EPOCH, 1, 1, 2),
    ]
    with state.writing(engine) as transaction:
        ledger.record(transaction, arrived, NOW_MS)
    with state.reading(engine) as connection:
        assert ledger.newest_readings(connection) == {GATEWAY: 9000, OTHER: 2}
