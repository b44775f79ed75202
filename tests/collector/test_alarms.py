"""Which gateways are silent follows from facts."""

import msgspec
import sqlalchemy as sa

from collector import ledger, state
from collector.alarms.silence import Facts, silent
from collector.arrivals import Arrived
from tests.collector.collecting import EPOCH, GATEWAY, NOW_MS, OTHER
from wire.messages import About, AlarmEvent, AlarmState, DeviceAbout, Presence, Status

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
