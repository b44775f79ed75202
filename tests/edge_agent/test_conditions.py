"""Limits, rate, stuck, broken: what one channel can be the subject of."""

import math

import pytest

from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms, DelayTable
from tests.edge_agent.watched import MINUTE_MS, START_MS, Gateway, device, told
from wire.messages import AlarmState, Clock, Quality

HIGH = ChannelAlarms(high=95, deadband=2)
BOTH = ChannelAlarms(high=95, high_high=105, deadband=2, on_delay_s=0, off_delay_s=0)
QUICK = ChannelAlarms(high=95, deadband=2, on_delay_s=0, off_delay_s=0)


def test_a_limit_is_raised_after_its_delay_and_cleared_below_its_deadband_after_another() -> None:
    gateway = Gateway(device("heat", HIGH))
    assert gateway.minutes("heat", 95, 95.1) == []  # at the limit is not beyond it
    (raised,) = gateway.minutes("heat", 96)
    assert (raised.code, raised.state, raised.device, raised.channel) == ("high", "raised", "heat", "t0")
    assert raised.since_ms == START_MS + MINUTE_MS
    assert raised.t_ms == START_MS + 2 * MINUTE_MS
    assert raised.params == {"value": 96, "limit": 95, "clear_at": 93, "unit": "Cel"}
    assert gateway.minutes("heat", 94, 93.5, 93) == []
    (cleared,) = gateway.minutes("heat", 92)
    assert (cleared.id, cleared.state, cleared.since_ms) == (raised.id, "cleared", raised.since_ms)


def test_a_lower_limit_is_the_upper_one_upside_down() -> None:
    gateway = Gateway(device("heat", ChannelAlarms(low=40, deadband=2, on_delay_s=0, off_delay_s=0)))
    assert told(gateway.minutes("heat", 40, 39.9, 41.9, 42, 39)) == [
        ("low", "raised"),
        ("low", "cleared"),
        ("low", "raised"),
    ]
    assert len({event.id for event in gateway.events}) == 2


def test_an_excursion_shorter_than_the_delay_is_no_alarm() -> None:
    gateway = Gateway(device("heat", HIGH))
    assert gateway.minutes("heat", *[96, 90] * 10) == []


def test_three_of_five_need_not_follow_one_another() -> None:
    table = ChannelAlarms(high=95, deadband=0, on_delay_s=0, off_delay_s=0, count=3, of=5)
    gateway = Gateway(device("heat", table))
    assert gateway.minutes("heat", 96, 90, 96, 90, 90, 96, 90) == []
    (raised,) = gateway.minutes("heat", 96, 96, 96)
    assert raised.state is AlarmState.RAISED
    assert raised.t_ms == START_MS + 8 * MINUTE_MS


def test_the_outer_limit_takes_the_inner_ones_place_and_gives_it_back() -> None:
    gateway = Gateway(device("heat", BOTH))
    assert told(gateway.minutes("heat", 96, 106)) == [
        ("high", "raised"),
        ("high_high", "raised"),
        ("high", "cleared"),
    ]
    assert gateway.events[-1].params["covered_by"] == "high_high"
    assert told(gateway.minutes("heat", 107, 104)) == []
    assert told(gateway.minutes("heat", 102)) == [("high_high", "cleared"), ("high", "raised")]
    assert told(gateway.minutes("heat", 80)) == [("high", "cleared")]
    assert gateway.standing() == {}


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -math.inf, "E-04"])
def test_what_is_no_number_neither_raises_nor_clears(nothing: float | str | None) -> None:
    gateway = Gateway(device("heat", QUICK))
    gateway.minutes("heat", 96)
    for _ in range(5):
        gateway.scan("heat", nothing, faults={0: Quality.BAD_REFUSED})
        gateway.wait()
    assert list(gateway.standing().values()) == ["high"]


@pytest.mark.parametrize(
    "quality", [Quality.BAD_RATE, Quality.UNCERTAIN_AFTER_FAULT, Quality.UNCERTAIN_SPIKE]
)
def test_a_value_that_is_not_believed_decides_nothing(quality: Quality) -> None:
    gateway = Gateway(device("heat", QUICK))
    assert gateway.scan("heat", 149.0, faults={0: quality}) == []
    gateway.wait()
    gateway.minutes("heat", 96)
    assert gateway.scan("heat", 20.0, faults={0: quality}) == []
    assert len(gateway.standing()) == 1


def test_a_clock_that_was_never_set_delays_no_alarm_and_is_told() -> None:
    gateway = Gateway(device("heat", QUICK))
    (event,) = gateway.scan("heat", 96.0, faults={0: Quality.UNCERTAIN_CLOCK}, clock=Clock.UNSYNCED)
    assert event.clock is Clock.UNSYNCED


@pytest.mark.parametrize(("table", "value"), [(QUICK, 90.0), (HIGH, 96.0)])
def test_what_began_before_the_clock_was_set_gets_its_true_beginning(
    table: ChannelAlarms, value: float
) -> None:
    """Raised before and cleared after, or seen before and raised after."""
    gateway = Gateway(device("heat", table))
    gateway.scan("heat", 96.0, clock=Clock.UNSYNCED)
    year_ms = 365 * 24 * 60 * MINUTE_MS
    gateway.wait(year_ms)
    gateway.boot_ms += year_ms  # the wall clock is set, the monotonic one goes on
    gateway.wait()
    (event,) = gateway.scan("heat", value)
    assert (event.since_ms, event.t_ms) == (START_MS + year_ms, START_MS + year_ms + MINUTE_MS)


def test_a_person_is_told_again_when_the_value_has_moved_far_and_not_more_than_once_a_minute() -> None:
    table = ChannelAlarms(high=95, high_high=145, deadband=1, on_delay_s=0, off_delay_s=0)
    gateway = Gateway(device("heat", table, period_ms=10_000))
    for value in (96, 102, 103, 104, 105, 106, 107):
        gateway.scan("heat", value)
        gateway.wait(10_000)
    assert told(gateway.events) == [("high", "raised"), ("high", "updated")]
    assert gateway.events[-1].params["value"] == 107
    assert gateway.minutes("heat", 108, 109, 110, 111, 112) == []


def test_duplicate_and_backward_scans_change_nothing() -> None:
    gateway = Gateway(device("heat", QUICK))
    gateway.minutes("heat", 90, 96)
    gateway.wait(-3 * MINUTE_MS)
    assert gateway.minutes("heat", 80, 80, 80) == []
    assert told(gateway.minutes("heat", 80)) == [("high", "cleared")]


def test_setting_the_clock_neither_raises_nor_uses_an_id_twice() -> None:
    gateway = Gateway(device("heat", HIGH))
    gateway.minutes("heat", 96, 96, 90, 90)
    gateway.boot_ms -= 10 * MINUTE_MS  # the wall clock goes back, the monotonic one does not
    gateway.wait(-10 * MINUTE_MS)
    assert gateway.minutes("heat", 96) == []
    assert told(gateway.minutes("heat", 96)) == [("high", "raised")]
    gateway.standing()


def test_a_delay_goes_on_over_a_restart() -> None:
    table = ChannelAlarms(high=95, on_delay_s=600)
    gateway = Gateway(device("heat", table))
    assert gateway.minutes("heat", *[96] * 6) == []
    gateway.restart()
    events = gateway.minutes("heat", *[96] * 6)
    assert told(events) == [("high", "raised")]
    assert events[0].since_ms == START_MS
    assert events[0].t_ms - events[0].since_ms <= 11 * MINUTE_MS


def test_a_standing_alarm_outlives_a_restart_and_ends_under_its_own_id() -> None:
    gateway = Gateway(device("heat", HIGH))
    (raised,) = gateway.minutes("heat", 96, 96)
    gateway.restart()
    assert gateway.minutes("heat", 96, 96) == []
    (cleared,) = gateway.minutes("heat", 90, 90)
    assert (cleared.id, cleared.state) == (raised.id, AlarmState.CLEARED)


def test_what_is_pending_begins_anew_after_a_long_absence() -> None:
    gateway = Gateway(device("heat", HIGH))
    assert gateway.minutes("heat", 96) == []
    gateway.restart(away_ms=3_600_000)
    assert gateway.minutes("heat", 96) == []
    assert gateway.minutes("heat", 96)[0].since_ms == START_MS + 3_660_000


def test_an_alarm_that_is_no_longer_watched_ends_with_the_next_scan() -> None:
    gateway = Gateway(device("heat", QUICK))
    gateway.minutes("heat", 96)
    gateway.restart(device("heat", None))
    (event,) = gateway.minutes("heat", 96)
    assert (event.state, event.params["covered_by"]) == (AlarmState.CLEARED, "configuration")
    assert gateway.minutes("heat", 96) == []
    gateway.restart(device("heat", None))
    assert gateway.minutes("heat", 96) == []


def test_another_priority_in_the_configuration_is_told() -> None:
    gateway = Gateway(device("heat", QUICK))
    gateway.minutes("heat", 96)
    gateway.restart(device("heat", QUICK), alarms=AlarmsTable(high=DelayTable(priority=1)), away_ms=120_000)
    (event,) = gateway.minutes("heat", 96)
    assert (event.state, event.priority) == (AlarmState.UPDATED, 1)


def test_a_fast_change_is_told_with_its_rate() -> None:
    gateway = Gateway(device("boiler", ChannelAlarms(rate_per_min=5)))
    assert gateway.minutes("boiler", 70, 74, 79, 75) == []
    (event,) = gateway.minutes("boiler", 81)
    assert (event.code, event.params["rate"], event.params["limit"]) == ("rate", 6.0, 5)
    assert gateway.minutes("boiler", 82, 82, 90, 90, 90) == []  # a second step is no second alarm
    assert gateway.minutes("boiler", 90, 94, 94, 94, 94, 94, 94) == []  # 4 a minute is less, and not rest
    assert told(gateway.minutes("boiler", 94)) == [("rate", "cleared")]


def test_a_fast_change_in_fast_polls_is_taken_over_a_minute() -> None:
    gateway = Gateway(device("boiler", ChannelAlarms(rate_per_min=5), period_ms=1000))
    for second in range(60):
        assert gateway.scan("boiler", 70 + 4 * (second % 2)) == []  # noise of 4 °C is no rate
        gateway.wait(1000)
    for second in range(60):
        gateway.scan("boiler", 74 + second / 6)
        gateway.wait(1000)
    assert told(gateway.events) == [("rate", "raised")]


def test_a_store_may_be_filled_faster_than_it_may_empty() -> None:
    gateway = Gateway(device("tank", ChannelAlarms(fall_per_min=0.1, rate_over_s=600)))
    assert gateway.minutes("tank", 50, *(50 + 2 * minute for minute in range(1, 15))) == []
    events = gateway.minutes("tank", *(78 - 0.2 * minute for minute in range(15)))
    assert [(event.code, event.params["limit"]) for event in events] == [("rate", 0.1)]


def test_after_a_long_hole_nothing_is_said_about_the_rate() -> None:
    gateway = Gateway(device("boiler", ChannelAlarms(rate_per_min=5)))
    gateway.minutes("boiler", 20, 20)
    gateway.wait(86_400_000)
    assert gateway.minutes("boiler", 90, 91) == []


def test_a_value_that_never_changes_is_stuck_and_a_change_frees_it() -> None:
    gateway = Gateway(device("boiler", ChannelAlarms(stuck_min=10)))
    assert gateway.minutes("boiler", 70, *[71] * 11) == []
    (event,) = gateway.minutes("boiler", 71)
    assert (event.code, event.params["value"], event.params["minutes"]) == ("stuck", 71, 10)
    assert told(gateway.minutes("boiler", 71.1)) == [("stuck", "cleared")]


@pytest.mark.parametrize("quality", [Quality.BAD_SENTINEL, Quality.BAD_NOT_FINITE, Quality.BAD_DEVICE_STATUS])
def test_a_sensor_its_instrument_calls_broken_twice_in_three_polls_is_told(quality: Quality) -> None:
    gateway = Gateway(device("heat", None, None))
    assert gateway.scan("heat", 70, None, faults={1: quality}) == []
    gateway.wait()
    assert gateway.scan("heat", 70, 70) == []
    gateway.wait()
    (event,) = gateway.scan("heat", 70, None, faults={1: quality})
    assert (event.code, event.channel, event.params["reason"]) == ("sensor_broken", "t1", quality)
    for _ in range(6):
        assert list(gateway.standing().values()) == ["sensor_broken"]
        gateway.wait()
        gateway.scan("heat", 70, 70)
    assert gateway.standing() == {}


def outside(gateway: Gateway, value: float) -> list[tuple[str, str]]:
    """A value that the validator finds beyond 0…150; a sensor can show −3.7…159."""
    events = gateway.scan("heat", value, faults={0: Quality.BAD_OUT_OF_RANGE})
    gateway.wait()
    return told(events)


def test_a_value_that_jumps_out_of_its_range_is_a_broken_sensor_and_no_limit() -> None:
    gateway = Gateway(device("heat", BOTH))
    gateway.minutes("heat", 70, 70)
    assert outside(gateway, 160) == []
    assert outside(gateway, 160) == [("sensor_broken", "raised")]
    assert gateway.events[-1].params == {"reason": "bad.out_of_range", "value": 160, "unit": "Cel"}
    for _ in range(60):
        assert outside(gateway, 160) == []


def test_one_value_beyond_the_range_in_three_is_nothing() -> None:
    gateway = Gateway(device("heat", BOTH))
    for _ in range(10):
        assert outside(gateway, 160) == []
        assert gateway.minutes("heat", 70, 70) == []


def test_an_overheating_that_goes_on_beyond_the_range_keeps_its_limit() -> None:
    gateway = Gateway(device("heat", BOTH))
    gateway.minutes("heat", 96, 120)
    for _ in range(60):
        outside(gateway, 165)
    assert list(gateway.standing().values()) == ["high_high", "sensor_broken"]
    assert outside(gateway, -10) == []  # the other end says nothing of an upper limit
    assert gateway.minutes("heat", 70)[0].params["value"] == 70
    assert list(gateway.standing().values()) == ["sensor_broken"]


def test_an_overheating_that_leaves_the_range_before_its_delay_is_over_is_raised() -> None:
    gateway = Gateway(device("heat", ChannelAlarms(high=95, high_high=105, on_delay_s=90)))
    assert gateway.minutes("heat", 90, 140) == []
    assert outside(gateway, 165) == []
    assert outside(gateway, 170) == [("sensor_broken", "raised"), ("high_high", "raised")]
    assert gateway.events[-1].params["value"] == 170


def test_a_value_just_beyond_its_range_is_measured_and_no_broken_sensor() -> None:
    gateway = Gateway(device("heat", BOTH))
    assert outside(gateway, -3.7) == []
    assert outside(gateway, 159) == [("high_high", "raised")]
    for _ in range(60):
        assert outside(gateway, 159) == []
    assert outside(gateway, -3.7) == [("high_high", "cleared")]
    assert gateway.standing() == {}


@pytest.mark.parametrize("table", [BOTH, ChannelAlarms(rate_per_min=5)])
def test_while_a_channel_is_noisy_nothing_is_over(table: ChannelAlarms) -> None:
    gateway = Gateway(device("heat", table))
    gateway.minutes("heat", 70)
    for value in (96.0, 60.0) * 30:
        for quiet in (value, value, value):
            gateway.scan("heat", quiet, faults={0: Quality.UNCERTAIN_NOISE})
            gateway.wait()
    code = gateway.events[0].code
    assert {event.state for event in gateway.events} <= {AlarmState.RAISED, AlarmState.UPDATED}
    assert list(gateway.standing().values()) == [code]
    assert told(gateway.minutes("heat", *[60] * 7)) == [(code, "cleared")]


def test_a_channel_without_a_good_value_for_long_is_broken_whatever_the_reason() -> None:
    gateway = Gateway(device("heat", None, HIGH))
    gateway.scan("heat", 70, 70)
    for _ in range(16):
        gateway.wait()
        gateway.scan("heat", 70, 149, faults={1: Quality.BAD_RATE})
    (event,) = gateway.events
    assert (event.code, event.channel, event.t_ms) == ("sensor_broken", "t1", START_MS + 16 * MINUTE_MS)
    gateway.wait()
    gateway.scan("heat", 70, None, faults={1: Quality.BAD_SENTINEL})
    gateway.wait()
    gateway.scan("heat", 70, None, faults={1: Quality.BAD_SENTINEL})
    assert list(gateway.standing().values()) == ["sensor_broken"]


def test_a_fast_or_contradictory_value_still_raises_a_limit() -> None:
    for quality in (Quality.UNCERTAIN_RATE, Quality.UNCERTAIN_INCONSISTENT, Quality.UNCERTAIN_NOISE):
        gateway = Gateway(device("heat", QUICK))
        assert told(gateway.scan("heat", 96.0, faults={0: quality})) == [("high", "raised")]


def test_what_the_validator_calls_stuck_is_told_once_and_without_a_table() -> None:
    for table in (None, ChannelAlarms(stuck_min=5)):
        gateway = Gateway(device("boiler", table))
        for minute in range(20):
            gateway.scan("boiler", 71.0, faults={0: Quality.UNCERTAIN_STUCK} if minute >= 10 else {})
            gateway.wait()
        assert told(gateway.events) == [("stuck", "raised")]
        assert (
            gateway.minutes("boiler", 71.0, 71.0) == []
        )  # its neighbours have come to rest, it has not moved
        assert told(gateway.minutes("boiler", 71.2)) == [("stuck", "cleared")]


def test_a_channel_that_repeats_old_values_for_long_is_broken() -> None:
    gateway = Gateway(device("boiler", None))
    for _ in range(16):
        gateway.scan("boiler", 71.0, faults={0: Quality.UNCERTAIN_STALE})
        gateway.wait()
    assert told(gateway.events) == [("sensor_broken", "raised")]
