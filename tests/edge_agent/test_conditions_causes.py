"""Devices, links, detectors: one cause gives one alarm."""

from dataclasses import dataclass

from edge_agent.samples import RelationBroken
from edge_agent.settings.alarms import ChannelAlarms
from tests.edge_agent.watched import MINUTE_MS, START_MS, SYNCED, Gateway, device, told
from wire.messages import AlarmState, LinkStatus, Quality

UP = LinkStatus(name="line", up=True)
DOWN = LinkStatus(name="line", up=False)


def poll(
    gateway: Gateway, silent: str = "", names: str = "abc", fault: Quality = Quality.BAD_NO_ANSWER
) -> None:
    """One minute in which every device is polled, a second apart; those in `silent` say nothing."""
    for name in names:
        if name in silent:
            gateway.silent(name, fault)
        else:
            gateway.scan(name, 70.0 + gateway.now_ms / 1e6)
        gateway.wait(1000)
    gateway.wait(MINUTE_MS - 1000 * len(names))


def three() -> Gateway:
    gateway = Gateway(device("a", None), device("b", None), device("c", None))
    poll(gateway)
    return gateway


def test_a_device_is_silent_after_three_missed_polls_and_its_sensors_are_not_broken() -> None:
    gateway = three()
    for _ in range(20):
        poll(gateway, "b")
    (event,) = gateway.events
    assert (event.code, event.device, event.link, event.channel) == ("device_silent", "b", "line", None)
    assert event.since_ms == START_MS + MINUTE_MS + 1000
    assert event.params == {"missed": 3.0, "period_s": 60.0, "reason": "bad.no_answer"}
    for silent in ("", "", "", "", "b", "", "", "", "", ""):  # heard again, and not back
        poll(gateway, silent)
    assert told(gateway.events) == [("device_silent", "raised")]
    poll(gateway)
    assert told(gateway.events) == [("device_silent", "raised"), ("device_silent", "cleared")]


def test_a_refusal_is_an_answer() -> None:
    gateway = three()
    for _ in range(5):
        poll(gateway, "b", fault=Quality.BAD_REFUSED)
    assert gateway.events == []


def test_a_link_on_which_nobody_answers_is_one_alarm() -> None:
    gateway = three()
    for _ in range(10):
        poll(gateway, "abc")
    (event,) = gateway.events
    assert (event.code, event.link, event.device) == ("link_silent", "line", None)
    assert event.params == {"devices": 3.0, "reason": "no_answer"}
    for _ in range(5):
        poll(gateway)
    assert told(gateway.events) == [("link_silent", "raised")]
    poll(gateway)
    assert told(gateway.events) == [("link_silent", "raised"), ("link_silent", "cleared")]


def test_a_line_on_which_one_answer_in_some_gets_through_is_one_alarm_and_its_devices_are_none() -> None:
    gateway = three()
    for silent in ("abc", "abc", "abc", *("ab", "abc", "ac", "bc", "abc", "c", "ab") * 10):
        poll(gateway, silent)
    assert told(gateway.events) == [("link_silent", "raised")]


def test_a_line_is_back_when_one_device_answers_steadily_and_the_others_are_told_then() -> None:
    gateway = three()
    for _ in range(4):
        poll(gateway, "abc")
    for _ in range(5):
        poll(gateway, "ab")
    assert told(gateway.events) == [("link_silent", "raised")]
    for _ in range(2):
        poll(gateway, "ab")
    assert told(gateway.events)[1:] == [
        ("link_silent", "cleared"),
        ("device_silent", "raised"),
        ("device_silent", "raised"),
    ]


def test_the_way_back_of_a_line_goes_on_over_a_restart() -> None:
    gateway = three()
    for _ in range(4):
        poll(gateway, "abc")
    gateway.restart()
    for _ in range(7):
        poll(gateway)
    assert told(gateway.events) == [("link_silent", "raised"), ("link_silent", "cleared")]
    gateway.standing()


def test_a_port_that_is_not_open_is_told_without_waiting_for_polls() -> None:
    gateway = three()
    gateway.health(DOWN)
    gateway.wait(30_000)
    (event,) = gateway.health(DOWN)
    assert (event.code, event.params["reason"]) == ("link_silent", "down")
    poll(gateway, "abc", fault=Quality.BAD_LINK_DOWN)
    for _ in range(6):
        gateway.health(UP)
        poll(gateway)
    assert told(gateway.events) == [("link_silent", "raised"), ("link_silent", "cleared")]


def test_a_link_with_one_device_is_down_only_when_its_port_says_so() -> None:
    gateway = Gateway(device("a", None))
    for _ in range(4):
        poll(gateway, "a", "a")
    assert told(gateway.events) == [("device_silent", "raised")]
    for _ in range(2):
        poll(gateway, "a", "a", Quality.BAD_LINK_DOWN)
    assert list(gateway.standing().values()) == ["link_silent"]


def test_a_device_that_was_silent_before_is_told_again_when_the_link_comes_back_without_it() -> None:
    gateway = three()
    for _ in range(4):
        poll(gateway, "b")
    for _ in range(4):
        poll(gateway, "abc")
    assert list(gateway.standing().values()) == ["link_silent"]
    assert told(gateway.events)[1:] == [("link_silent", "raised"), ("device_silent", "cleared")]
    assert gateway.events[-1].params["covered_by"] == "link_silent"
    for _ in range(6):
        poll(gateway, "b")
    assert list(gateway.standing().values()) == ["device_silent"]
    assert gateway.events[0].id != gateway.events[-1].id
    assert gateway.events[0].since_ms == gateway.events[-1].since_ms


def test_a_fast_device_is_not_called_silent_before_its_neighbour_was_asked() -> None:
    gateway = Gateway(device("fast", None, period_ms=10_000), device("slow", None))
    gateway.scan("slow", 70.0)
    gateway.scan("fast", 70.0)
    for _ in range(5):
        gateway.wait(10_000)
        gateway.silent("fast")
    assert gateway.events == []
    gateway.wait(10_000)
    gateway.silent("slow")
    gateway.silent("fast")
    gateway.wait(40_000)
    gateway.silent("fast")
    assert told(gateway.events) == [("link_silent", "raised")]


def test_a_device_asked_once_an_hour_does_not_hold_the_others_up() -> None:
    gateway = Gateway(device("a", None), device("rare", None, period_ms=3_600_000))
    poll(gateway, names="a")
    for _ in range(3):
        poll(gateway, "a", "a")
    assert told(gateway.events) == [("device_silent", "raised")]


def test_a_broken_sensor_of_a_device_that_falls_silent_is_told_by_the_device() -> None:
    gateway = three()
    for _ in range(3):
        for name in "abc":
            gateway.scan(name, None, faults={0: Quality.BAD_SENTINEL}) if name == "b" else gateway.scan(
                name, 7
            )
        gateway.wait()
    for _ in range(4):
        poll(gateway, "b")
    assert list(gateway.standing().values()) == ["device_silent"]
    assert told(gateway.events)[-1] == ("sensor_broken", "cleared")


def test_a_line_whose_polls_are_late_is_overloaded_unless_it_is_dead() -> None:
    gateway = three()
    for n in range(50):
        gateway.health(LinkStatus(name="line", up=True, load=0.5, late_polls=n))
        gateway.wait(10_000)
    (event,) = gateway.events
    assert (event.code, event.params) == ("bus_overload", {"load": 0.5, "limit": 0.95, "late": 1.0})
    gateway.health(DOWN)
    gateway.wait(30_000)
    gateway.health(DOWN)
    assert list(gateway.standing().values()) == ["link_silent"]


def test_a_counter_that_began_again_counts_from_nought() -> None:
    gateway = three()
    gateway.health(LinkStatus(name="line", up=True, late_polls=1000))
    for _ in range(50):
        gateway.wait(10_000)
        gateway.health(LinkStatus(name="line", up=True, load=0.99, late_polls=0))
    assert told(gateway.events) == [("bus_overload", "raised")]


@dataclass
class Finding:
    channel: int
    score: float
    detector: str = "innovations"
    expected: float | None = 70.0
    got: float = 40.0
    since_ms: int = START_MS


def test_an_anomaly_is_one_alarm_for_a_device_and_names_the_strongest_channel() -> None:
    gateway = Gateway(device("heat", None, None, None))
    found = (Finding(0, 1.2), Finding(2, 3.4), Finding(1, 1.1))
    assert gateway.conditions.anomaly("heat", gateway.now, SYNCED, anomalous=None) == []
    (event,) = gateway.conditions.anomaly("heat", gateway.now, SYNCED, anomalous=True, findings=found)
    assert (event.code, event.device, event.since_ms) == ("anomaly", "heat", START_MS)
    assert event.params == {
        "channel": "t2",
        "detector": "innovations",
        "score": 3.4,
        "expected": 70.0,
        "value": 40.0,
        "unit": "Cel",
        "others": "t0, t1",
    }
    for score, states in ((4.0, []), (7.0, [AlarmState.UPDATED]), (7.5, [])):
        gateway.wait()
        events = gateway.conditions.anomaly(
            "heat", gateway.now, SYNCED, anomalous=True, findings=(Finding(2, score),)
        )
        assert [event.state for event in events] == states
    for _ in range(5):
        gateway.wait()
        assert gateway.conditions.anomaly("heat", gateway.now, SYNCED, anomalous=False) == []
    gateway.wait()
    (event,) = gateway.conditions.anomaly("heat", gateway.now, SYNCED, anomalous=False)
    assert event.state is AlarmState.CLEARED


def test_an_anomaly_that_a_limit_or_the_rate_of_its_channel_tells_is_not_told_again() -> None:
    for table in (ChannelAlarms(high=95, on_delay_s=0), ChannelAlarms(rate_per_min=5)):
        gateway = Gateway(device("heat", table, None))
        gateway.scan("heat", 70, 70)
        gateway.wait()
        gateway.scan("heat", 96, 70)
        both = (Finding(1, 3.0), Finding(0, 2.0))
        assert gateway.conditions.anomaly("heat", gateway.now, SYNCED, anomalous=True, findings=both) == []
        assert not gateway.conditions.is_pending("heat")
        assert gateway.conditions.anomaly("heat", gateway.now, SYNCED, anomalous=True) == []
        other = (Finding(1, 3.0),)
        (event,) = gateway.conditions.anomaly("heat", gateway.now, SYNCED, anomalous=True, findings=other)
        assert (event.code, event.params["channel"]) == ("anomaly", "t1")


def test_a_broken_relation_is_told_with_both_sides() -> None:
    gateway = Gateway(device("heat", None), relations=("supply-above-return", "other"))
    broken = RelationBroken(
        name="supply-above-return",
        points=("heat.t0", "heat.t1"),
        since_ms=START_MS - 120_000,
        taken=gateway.now,
        left=60.0,
        op=">=",
        right=80.0,
        margin=1.0,
        unit="Cel",
    )
    (event,) = gateway.conditions.relations(gateway.now, SYNCED, broken=[broken], kept=["other"])
    assert (event.code, event.since_ms) == ("relation_broken", START_MS - 120_000)
    assert event.params == {
        "relation": "supply-above-return",
        "points": "heat.t0, heat.t1",
        "left": 60.0,
        "op": ">=",
        "right": 80.0,
        "margin": 1.0,
        "unit": "Cel",
    }
    assert gateway.conditions.relations(gateway.now, SYNCED, broken=[], kept=[]) == []
    for _ in range(5):
        gateway.wait()
        assert gateway.conditions.relations(gateway.now, SYNCED, broken=[], kept=[broken.name]) == []
    gateway.wait()
    (cleared,) = gateway.conditions.relations(gateway.now, SYNCED, broken=[], kept=[broken.name])
    assert (cleared.id, cleared.state) == (event.id, AlarmState.CLEARED)
