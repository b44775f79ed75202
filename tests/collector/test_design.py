"""Suppression by design: what is declared is suppressed while its reason holds, also what is raised then."""

import sqlalchemy as sa

from collector import gateways, state
from collector.alarm_clock import GRACE_S, AlarmClock
from collector.alarms import book
from collector.alarms.alarm import Action, Actor
from collector.alarms.desk import Desk, Policies
from collector.alarms.lifecycle import State, Trigger
from collector.arrivals import News
from collector.settings import AlarmsTable, Suppression
from wire.messages import AlarmEvent, AlarmState, OperatingMode, Presence, Status
from wire.topics import Gateway

GATEWAY = Gateway("bh-01", "gw")
TABLE = AlarmsTable(
    suppress=(
        Suppression(during="maintenance", codes=("low",)),
        Suppression(during="gateway_silent", codes=("device_silent",)),
    )
)


def event(code: str, status: AlarmState = AlarmState.RAISED, t_ms: int = 1000) -> AlarmEvent:
    return AlarmEvent(id=f"{code}/t/1", code=code, state=status, t_ms=t_ms, since_ms=1000)


def say(engine: sa.Engine, mode: OperatingMode, presence: Presence = Presence.ONLINE) -> None:
    with state.writing(engine) as transaction:
        news = News(GATEWAY, Status(state=presence, epoch="0" * 16, mode=mode))
        gateways.note(transaction, [news], 1000)


def tell(engine: sa.Engine, desk: Desk, *events: AlarmEvent) -> None:
    with state.writing(engine) as transaction:
        desk.take(transaction, [(GATEWAY, one) for one in events], 2000)


def states(engine: sa.Engine) -> dict[str, State]:
    with state.reading(engine) as connection:
        return {one.event.code: one.state for one in book.in_states(connection, State)}


def test_a_site_in_maintenance_is_quiet_about_what_is_declared_until_it_is_over(engine: sa.Engine) -> None:
    desk = Desk(Policies(TABLE))
    clock = AlarmClock(engine, desk)
    tell(engine, desk, event("low"), event("high"))
    say(engine, OperatingMode.MAINTENANCE)
    clock.tick(0, 3000)
    assert states(engine) == {"low": State.SUPPRESSED, "high": State.UNACKNOWLEDGED}
    say(engine, OperatingMode.HEATING)
    clock.tick(2, 5000)
    assert states(engine)["low"] is State.UNACKNOWLEDGED
    with state.reading(engine) as connection:
        entries = [line.entry for line in book.lines(connection) if line.entry.key.endswith("low/t")]
    assert [(one.trigger, one.by, one.comment) for one in entries] == [
        (Trigger.RAISE, "", ""),
        (Trigger.SUPPRESS, "design", "maintenance"),
        (Trigger.RELEASE, "design", ""),
    ]


def test_what_is_raised_meanwhile_is_suppressed_at_once_and_calls_nobody(engine: sa.Engine) -> None:
    desk = Desk(Policies(TABLE))
    clock = AlarmClock(engine, desk)
    say(engine, OperatingMode.MAINTENANCE)
    clock.tick(0, 3000)
    tell(engine, desk, event("low"), event("high"))
    assert states(engine) == {"low": State.SUPPRESSED, "high": State.UNACKNOWLEDGED}
    tell(engine, desk, event("low", AlarmState.CLEARED, 4000))
    say(engine, OperatingMode.HEATING)
    clock.tick(2, 5000)
    assert states(engine)["low"] is State.NORMAL


def test_a_silent_gateway_stands_for_its_devices(engine: sa.Engine) -> None:
    desk = Desk(Policies(TABLE))
    clock = AlarmClock(engine, desk)
    tell(engine, desk, event("device_silent"), event("high"))
    say(engine, OperatingMode.HEATING, Presence.OFFLINE)
    clock.tick(0, 3000)
    clock.tick(GRACE_S, 4000)
    clock.tick(GRACE_S + 2, 5000)
    assert states(engine) == {
        "device_silent": State.SUPPRESSED,
        "high": State.UNACKNOWLEDGED,
        "gateway_silent": State.UNACKNOWLEDGED,
    }


def test_what_a_person_suppressed_is_not_released_by_design(engine: sa.Engine) -> None:
    desk = Desk(Policies(TABLE))
    clock = AlarmClock(engine, desk)
    tell(engine, desk, event("low"))
    with state.writing(engine) as transaction:
        action = Action(trigger=Trigger.SUPPRESS, comment="works")
        desk.act(transaction, ["bh-01/gw/low/t"], action, by=Actor("anna"), now_ms=3000)
    say(engine, OperatingMode.MAINTENANCE)
    clock.tick(0, 4000)
    say(engine, OperatingMode.HEATING)
    clock.tick(2, 5000)
    assert states(engine) == {"low": State.SUPPRESSED}
