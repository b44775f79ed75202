"""Which alarm tells of which truth."""

from math import inf

import pytest

from benchmarks.detect.matching import Found, Raised, again, found, raised
from edge_agent.samples import Told
from firmware_sim.story import Truth, Where
from wire.messages import AlarmCode, AlarmEvent, AlarmState


def truth(begin_s: float = 100.0, by_s: float = 220.0, *, incident: str = "", **where: str) -> Truth:
    return Truth(
        site="bh-01",
        kind="pump_stop",
        begin_s=begin_s,
        end_s=inf,
        by_s=by_s,
        codes=(AlarmCode.LOW, AlarmCode.ANOMALY, AlarmCode.RELATION_BROKEN),
        places=(Where(**(where or {"device": "tsrv", "channel": "flow"})),),
        incident=incident,
    )


def alarm(t_s: float, code: AlarmCode = AlarmCode.LOW, **about: object) -> Raised:
    event = AlarmEvent(
        id=f"{code}/{t_s}",
        code=code,
        state=AlarmState.RAISED,
        t_ms=round(1000 * t_s),
        since_ms=0,
        **(about or {"device": "tsrv", "channel": "flow"}),  # type: ignore[arg-type]  # a table of keywords
    )
    return raised([Told(event, 0)])[0]


def test_an_alarm_in_time_on_the_point_with_the_code_tells() -> None:
    assert found([truth()], [alarm(150)]) == [
        Found(kind="pump_stop", due_s=120, seconds=50, code=AlarmCode.LOW)
    ]


@pytest.mark.parametrize(
    "other",
    [
        alarm(99),
        alarm(221),
        alarm(150, AlarmCode.STUCK),
        alarm(150, device="tsrv", channel="t_supply"),
        alarm(150, device="mv110", channel="flow"),
        alarm(150, link="rs485"),
        alarm(150, AlarmCode.RELATION_BROKEN, params={"points": "tsrv.t_supply, tsrv.t_return"}),
        alarm(150, AlarmCode.ANOMALY, device="tsrv", params={"channel": "t_supply", "others": None}),
    ],
)
def test_an_alarm_too_early_too_late_or_about_something_else_does_not(other: Raised) -> None:
    assert found([truth()], [other])[0].seconds is None


def test_an_anomaly_speaks_of_every_channel_that_took_part_and_a_relation_of_every_term() -> None:
    many = alarm(
        150, AlarmCode.ANOMALY, device="tsrv", params={"channel": "t_supply", "others": "t_return, flow"}
    )
    related = alarm(151, AlarmCode.RELATION_BROKEN, params={"points": "mv110.p_supply, tsrv.flow"})
    assert found([truth()], [many])[0].seconds == 50
    assert found([truth()], [related])[0].seconds == 51


def test_a_line_is_told_by_its_own_alarm_and_by_one_of_its_devices() -> None:
    asked = truth(link="rs485")
    assert found([asked], [alarm(130, link="rs485")])[0].seconds == 30
    assert found([asked], [alarm(131, link="rs485", device="tsrv")])[0].seconds == 31
    assert found([asked], [alarm(132, link="lan", device="tsrv")])[0].seconds is None


def test_the_truths_of_one_incident_are_one_cause_counted_from_the_first() -> None:
    cascade = [truth(400, 500, incident="rupture"), truth(100, 220, incident="rupture")]
    assert found(cascade, [alarm(450)]) == [
        Found(kind="pump_stop", due_s=120, seconds=350, code=AlarmCode.LOW)
    ]
    apart = [truth(400, 500), truth(100, 220)]
    assert [one.seconds for one in found(apart, [alarm(450)])] == [None, 50]


def test_the_same_alarm_of_the_same_place_is_counted_again() -> None:
    assert again([]) == 0
    once = [alarm(150), alarm(151, AlarmCode.HIGH)]
    assert again(once) == 0
    assert again([*once, alarm(152), alarm(153), alarm(154, AlarmCode.HIGH)]) == 2


def test_only_the_beginning_of_an_alarm_counts() -> None:
    event = AlarmEvent(id="low/1", code=AlarmCode.LOW, state=AlarmState.CLEARED, t_ms=1, since_ms=0)
    assert raised([Told(event, 0)]) == []
