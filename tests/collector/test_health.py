"""Chattering, standing, floods and the figures of the alarm system."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collector.alarms.alarm import Alarm
from collector.alarms.health import (
    FLOOD_MS,
    STANDING_MS,
    Promptness,
    Span,
    figures,
    flags_change_ms,
    flood,
    floods,
    is_chattering,
    is_standing,
    promptness,
)
from collector.alarms.lifecycle import State
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
T0 = 1_790_000_400_000
EVENT = AlarmEvent(id="high/d/c/1", code="high", state=AlarmState.RAISED, t_ms=T0, since_ms=T0)
ALARM = Alarm(
    key="s/g/high/d/c",
    gateway=Gateway("s", "g"),
    event=EVENT,
    priority=3,
    state=State.UNACKNOWLEDGED,
    active=True,
)


def chatters(*seconds: int, now: int = 100) -> bool:
    raises = tuple(T0 + SECOND * s for s in seconds)
    return is_chattering(replace(ALARM, raises=raises), T0 + SECOND * now)


@given(
    since_ms=st.integers(0, 3 * STANDING_MS),
    raises=st.lists(st.integers(0, 200_000), max_size=6).map(sorted),
    active=st.booleans(),
    now_ms=st.integers(0, 3 * STANDING_MS),
)
def test_flags_change_when_it_is_said_and_not_before(
    since_ms: int, raises: list[int], active: bool, now_ms: int
) -> None:
    event = replace(EVENT, since_ms=since_ms)
    one = replace(ALARM, event=event, raises=tuple(raises), active=active)

    def flags(t_ms: int) -> tuple[bool, bool]:
        return is_chattering(one, t_ms), is_standing(one, t_ms)

    due_ms = flags_change_ms(one, now_ms)
    later_ms = due_ms or 10 * STANDING_MS
    assert flags(max(later_ms - 1, now_ms)) == flags(now_ms)
    assert not due_ms or flags(due_ms) != flags(now_ms)


def test_three_raises_in_a_minute_chatter_for_ten_more() -> None:
    assert not chatters(0, 60)
    assert not chatters(0, 31, 61)
    assert chatters(0, 30, 60)
    assert chatters(0, 30, 60, 400, now=1000)
    assert not chatters(0, 30, 60, now=661)


def test_what_holds_for_more_than_a_day_is_standing() -> None:
    assert not is_standing(ALARM, T0 + 24 * HOUR)
    assert is_standing(ALARM, T0 + 24 * HOUR + 1)
    assert not is_standing(replace(ALARM, active=False), T0 + 25 * HOUR)


def test_a_flood_begins_with_the_eleventh_in_ten_minutes_and_ends_below_five() -> None:
    ten = [T0 + n * SECOND for n in range(10)]
    assert list(floods(ten, T0 + MINUTE)) == []
    eleven = [*ten, T0 + 10 * SECOND]
    assert list(floods(eleven, T0 + MINUTE)) == [Span(T0 + 10 * SECOND, None)]
    end = T0 + 6 * SECOND + FLOOD_MS + 1
    assert list(floods(eleven, end - 1)) == [Span(T0 + 10 * SECOND, None)]
    assert list(floods(eleven, end)) == [Span(T0 + 10 * SECOND, end)]
    again = [*eleven, *(end + HOUR + n for n in range(11))]
    assert len(list(floods(again, end + HOUR + 20))) == 2


@given(st.lists(st.integers(0, 3600), max_size=80))
def test_floods_are_as_counting_second_by_second_says(seconds: list[int]) -> None:
    raised = sorted(seconds)
    expected, flooded = [], False
    for now in range(3601):
        count = sum(now - 600 <= t <= now for t in raised)
        flooded = count >= 5 if flooded else count > 10
        expected.append(flooded)
    spans = list(floods((t * SECOND for t in raised), 3600 * SECOND))
    found = [
        any(s.since_ms <= t * SECOND and (s.until_ms is None or t * SECOND < s.until_ms) for s in spans)
        for t in range(3601)
    ]
    assert found == expected


def test_in_a_flood_alarms_are_told_by_incident_but_never_those_of_priority_one() -> None:
    raised = [T0 + n for n in range(12)]
    listed = [replace(ALARM, key=str(n), incident=7) for n in range(3)]
    urgent = replace(ALARM, key="u", incident=7, priority=1)
    alone = replace(ALARM, key="a", incident=8)
    found = flood(raised, [*listed, urgent, alone], T0 + MINUTE)
    assert found is not None
    assert (found.since_ms, found.alarms_10min) == (T0 + 10, 12)
    assert (found.incidents, found.hidden) == ((7,), 3)
    assert flood(raised[:10], listed, T0 + MINUTE) is None


def test_the_figures_of_a_day() -> None:
    calls = [(T0 + n * 20 * SECOND, "pump", 2) for n in range(12)] + [(T0 + 2 * HOUR, "fan", 1)]
    found = figures(calls, T0, T0 + 24 * HOUR)
    assert found.per_day == 13
    assert found.top == (("pump", 12), ("fan", 1))
    assert found.priorities == (1, 12, 0, 0)
    assert found.chattering == ("pump",)
    assert sum(n for _, n in found.per_10min) == 13
    ended = T0 + 7 * 20 * SECOND + FLOOD_MS + 1
    assert found.time_in_flood_share == (ended - (T0 + 200 * SECOND)) / (24 * HOUR)


def test_the_time_to_acknowledge_is_told_by_its_median_and_worst_tenth() -> None:
    assert promptness([]) == Promptness(None, None, 0)
    assert promptness(n * SECOND for n in range(1, 11)) == Promptness(5.0, 9.0, 10)
    assert promptness([3000]) == Promptness(3.0, 3.0, 1)
