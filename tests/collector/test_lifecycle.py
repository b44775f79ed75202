"""The life of an alarm: its table, people's actions, and events in any order and number."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from collector.alarms.alarm import Action, Actor, Alarm, Change, NotNowError, Policy
from collector.alarms.happenings import act, told
from collector.alarms.happenings import tick as pass_time
from collector.alarms.lifecycle import ASIDE, TABLE, URGENT, State, Trigger, step
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

GATEWAY = Gateway("bh-01", "gw")
ANNA = Actor("anna", "10.0.0.7")
PLAIN = Policy()
HOUR_MS = 3_600_000


def event(state: AlarmState, occurrence: int = 1, t_ms: int = 1000, **more: Any) -> AlarmEvent:
    return AlarmEvent(
        id=f"high/meter/t/{occurrence}", code="high", state=state, t_ms=t_ms, since_ms=t_ms, **more
    )


RAISED, UPDATED, CLEARED = AlarmState.RAISED, AlarmState.UPDATED, AlarmState.CLEARED


def after(*events: AlarmEvent, policy: Policy = PLAIN) -> Alarm:
    alarm: Alarm | None = None
    for n, one in enumerate(events):
        alarm = told(alarm, GATEWAY, one, 10_000 + n, policy).alarm
    assert alarm is not None
    return alarm


def do(alarm: Alarm, trigger: Trigger, comment: str = "seen", **more: Any) -> Alarm:
    action = Action(trigger=trigger, comment=comment, **more)
    return act(alarm, action, ANNA, 20_000, PLAIN).alarm


def test_acknowledged_before_its_end_it_goes_by_itself() -> None:
    alarm = do(after(event(RAISED)), Trigger.ACKNOWLEDGE, "the crew is on its way")
    assert alarm.state is State.ACKNOWLEDGED
    assert alarm.acknowledged is not None
    assert (alarm.acknowledged.by, alarm.acknowledged.comment) == ("anna", "the crew is on its way")
    assert told(alarm, GATEWAY, event(CLEARED, t_ms=5000), 30_000, PLAIN).alarm.state is State.NORMAL


def test_over_before_anybody_saw_it_waits_to_be_acknowledged() -> None:
    alarm = after(event(RAISED), event(CLEARED, t_ms=2000))
    assert (alarm.state, alarm.active) == (State.RETURNED, False)
    assert do(alarm, Trigger.ACKNOWLEDGE).state is State.NORMAL


def test_an_acknowledgement_that_comes_too_late_is_no_error() -> None:
    alarm = do(after(event(RAISED), event(CLEARED, t_ms=2000)), Trigger.ACKNOWLEDGE)
    again = act(alarm, Action(trigger=Trigger.ACKNOWLEDGE), ANNA, 1, PLAIN)
    assert again == Change(alarm)


def test_what_was_raised_anew_is_not_acknowledged_by_who_saw_the_old() -> None:
    alarm = after(event(RAISED), event(CLEARED, t_ms=2000), event(RAISED, 2, 3000))
    with pytest.raises(NotNowError, match="raised anew meanwhile"):
        do(alarm, Trigger.ACKNOWLEDGE, occurrence="high/meter/t/1")
    assert do(alarm, Trigger.ACKNOWLEDGE, occurrence="high/meter/t/2").state is State.ACKNOWLEDGED


def test_a_latching_alarm_stays_until_it_is_reset() -> None:
    policy = Policy(latching=True)
    alarm = after(event(RAISED), event(CLEARED, t_ms=2000), policy=policy)
    assert alarm.state is State.LATCHED_UNACKNOWLEDGED
    alarm = do(alarm, Trigger.ACKNOWLEDGE)
    assert alarm.state is State.LATCHED
    assert do(alarm, Trigger.RESET).state is State.NORMAL


def test_shelved_it_lives_on_unseen_and_comes_back_in_time() -> None:
    alarm = do(after(event(RAISED)), Trigger.SHELVE, "burner is being tuned", until_ms=20_000 + HOUR_MS)
    assert alarm.state is State.SHELVED
    assert pass_time(alarm, 20_000 + HOUR_MS - 1, PLAIN) == Change(alarm)
    assert pass_time(alarm, 20_000 + HOUR_MS, PLAIN).alarm.state is State.UNACKNOWLEDGED
    over = told(alarm, GATEWAY, event(CLEARED, t_ms=5000), 30_000, PLAIN).alarm
    assert (over.state, over.active) == (State.SHELVED, False)
    assert pass_time(over, 20_000 + HOUR_MS, PLAIN).alarm.state is State.NORMAL


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (Action(trigger=Trigger.SHELVE, until_ms=30_000), "needs a reason"),
        (Action(trigger=Trigger.REMOVE, comment=" "), "needs a reason"),
        (Action(trigger=Trigger.FALSE), "marking as false needs a reason"),
        (Action(trigger=Trigger.SHELVE, comment="x", until_ms=1), "an end that is still to come"),
        (Action(trigger=Trigger.SHELVE, comment="x", until_ms=25 * HOUR_MS), "longer than 24 h"),
        (Action(trigger=Trigger.RESET), "unacknowledged cannot be told to reset"),
        (Action(trigger=Trigger.RELEASE), "unacknowledged cannot be told to release"),
    ],
)
def test_what_cannot_be_done_says_why(action: Action, sentence: str) -> None:
    with pytest.raises(NotNowError, match=sentence):
        act(after(event(RAISED)), action, ANNA, 20_000, PLAIN)


def test_what_stands_acknowledged_for_too_long_calls_again() -> None:
    policy = Policy(realarm_ms=HOUR_MS)
    alarm = do(after(event(RAISED)), Trigger.ACKNOWLEDGE)
    assert pass_time(alarm, 20_000 + HOUR_MS - 1, policy).alarm.state is State.ACKNOWLEDGED
    assert pass_time(alarm, 20_000 + HOUR_MS, policy).alarm.state is State.UNACKNOWLEDGED


def test_what_nobody_acknowledges_calls_again_and_again() -> None:
    policy = Policy(nag_ms=60_000)
    alarm = told(None, GATEWAY, event(RAISED), 10_000, policy).alarm
    assert alarm.due_ms == 70_000
    assert pass_time(alarm, 69_999, policy) == Change(alarm)
    called = pass_time(alarm, 71_000, policy)
    assert [(one.trigger, one.after) for one in called.entries] == [(Trigger.NAG, State.UNACKNOWLEDGED)]
    assert (called.alarm.due_ms, called.alarm.changed_ms) == (132_000, 10_000)
    seen = act(called.alarm, Action(trigger=Trigger.ACKNOWLEDGE), ANNA, 80_000, policy).alarm
    assert seen.due_ms == 0


@pytest.mark.parametrize(
    ("nag_min", "waits", "a_day"),
    [(5, [5, 5, 10, 20, 40, 60, 60], 27), (15, [15, 15, 30, 60, 60], 25), (90, [90, 90, 90], 15)],
)
def test_what_nobody_acknowledges_calls_less_and_less_often_and_never_stops(
    nag_min: int, waits: list[int], a_day: int
) -> None:
    policy = Policy(nag_ms=nag_min * 60_000)
    alarm = told(None, GATEWAY, event(RAISED), 0, policy).alarm
    called = [0]
    while alarm.due_ms < 24 * HOUR_MS:
        called.append(alarm.due_ms)
        assert pass_time(alarm, alarm.due_ms - 1, policy) == Change(alarm)
        alarm = pass_time(alarm, alarm.due_ms, policy).alarm
    assert [(b - a) // 60_000 for a, b in pairwise(called)][: len(waits)] == waits
    assert len(called) - 1 == a_day
    over = told(alarm, GATEWAY, event(CLEARED, t_ms=2000), 25 * HOUR_MS, policy).alarm
    again = told(over, GATEWAY, event(RAISED, 2, 3000), 26 * HOUR_MS, policy).alarm
    assert again.due_ms == 26 * HOUR_MS + policy.nag_ms, "another occurrence begins anew"


def test_the_priority_of_the_policy_precedes_the_gateways() -> None:
    change = told(None, GATEWAY, event(RAISED, priority=3), 10_000, Policy(priority=1))
    assert change.alarm.priority == 1
    worse = event(UPDATED, t_ms=2000, priority=2)
    assert told(change.alarm, GATEWAY, worse, 20_000, Policy(priority=1)).alarm.state is State.UNACKNOWLEDGED


def test_a_false_alarm_stays_marked_until_it_is_raised_anew() -> None:
    alarm = do(after(event(RAISED)), Trigger.FALSE, "a new pump", command="0" * 16)
    assert alarm.state is State.UNACKNOWLEDGED
    assert alarm.false is not None
    assert (alarm.false.by, alarm.false.comment, alarm.false.command) == ("anna", "a new pump", "0" * 16)
    over = told(alarm, GATEWAY, event(CLEARED, t_ms=5000), 30_000, PLAIN).alarm
    assert over.false == alarm.false
    assert told(over, GATEWAY, event(RAISED, 2, 6000), 40_000, PLAIN).alarm.false is None


def test_what_gets_worse_calls_again() -> None:
    alarm = do(after(event(RAISED, priority=3)), Trigger.ACKNOWLEDGE)
    worse = told(alarm, GATEWAY, event(UPDATED, t_ms=2000, priority=1), 30_000, PLAIN).alarm
    assert (worse.state, worse.priority, worse.acknowledged) == (State.UNACKNOWLEDGED, 1, None)


def test_what_another_alarm_tells_needs_no_acknowledgement() -> None:
    alarm = after(event(RAISED), event(CLEARED, t_ms=2000, params={"covered_by": "link_silent"}))
    assert alarm.state is State.NORMAL


def test_an_end_whose_beginning_was_lost_is_still_shown() -> None:
    assert after(event(CLEARED)).state is State.RETURNED


def test_a_gateway_that_forgot_an_alarm_raises_it_anew() -> None:
    change = told(after(event(RAISED)), GATEWAY, event(RAISED, 2, 9000), 10_000, PLAIN)
    assert [(one.trigger, one.after) for one in change.entries] == [
        (Trigger.CLEAR, State.RETURNED),
        (Trigger.RAISE, State.UNACKNOWLEDGED),
    ]


@given(st.data())
@settings(max_examples=60)
def test_events_in_any_order_and_number_end_in_the_same_place(data: st.DataObject) -> None:
    events = [
        event(state, occurrence, occurrence * 1000 + n * 10)
        for occurrence in range(1, 4)
        for n, state in enumerate((RAISED, UPDATED, CLEARED))
    ]
    last = data.draw(st.integers(1, len(events)))
    shuffled = data.draw(st.permutations(events[:last] * 2))
    assert after(*shuffled).active == after(*events[:last]).active
    assert after(*shuffled).event == after(*events[:last]).event


def test_every_state_can_be_left_and_none_of_the_table_is_unreachable() -> None:
    assert {state for state, _ in TABLE} == set(State)
    reached = {
        step(s, t, active=a, latching=x) for s, t in TABLE for a in (False, True) for x in (False, True)
    }
    assert reached - {None} == set(State)


class Life(RuleBasedStateMachine):
    """One alarm, its gateway, two dispatchers and the clock, against what must always hold."""

    def __init__(self) -> None:
        super().__init__()
        self.alarm: Alarm | None = None
        self.now_ms = 10_000
        self.occurrence = 0
        self.holds = False
        self.journal: list[Any] = []
        self.policy = Policy(latching=False, realarm_ms=HOUR_MS, nag_ms=HOUR_MS // 4)

    def _take(self, change: Change) -> None:
        self.alarm = change.alarm
        self.journal += change.entries

    @rule(worse=st.booleans())
    def gateway_says(self, worse: bool) -> None:
        if not self.holds:
            self.occurrence += 1
        self.holds = not self.holds
        state = RAISED if self.holds else CLEARED
        said = event(state, self.occurrence, self.now_ms, priority=1 if worse else 3)
        self._take(told(self.alarm, GATEWAY, said, self.now_ms, self.policy))

    @rule(minutes=st.integers(1, 200))
    def time_passes(self, minutes: int) -> None:
        self.now_ms += minutes * 60_000
        if self.alarm is not None:
            self._take(pass_time(self.alarm, self.now_ms, self.policy))

    @precondition(lambda self: self.alarm is not None)
    @rule(trigger=st.sampled_from(sorted(set(Trigger) - {Trigger.RAISE, Trigger.CLEAR, Trigger.COVER})))
    def person_does(self, trigger: Trigger) -> None:
        assert self.alarm is not None
        action = Action(trigger=trigger, comment="why", until_ms=self.now_ms + HOUR_MS)
        before = self.alarm
        try:
            self._take(act(self.alarm, action, ANNA, self.now_ms, self.policy))
        except NotNowError as error:
            assert str(error)
            assert self.alarm == before

    @invariant()
    def what_holds_is_never_normal(self) -> None:
        if self.alarm is not None:
            assert self.alarm.active == self.holds
            assert not (self.holds and self.alarm.state in {State.NORMAL, State.RETURNED})

    @invariant()
    def who_set_it_aside_is_known_as_long_as_it_is(self) -> None:
        if self.alarm is not None:
            assert (self.alarm.aside is not None) == (self.alarm.state in ASIDE)
            assert self.alarm.acknowledged is None or self.alarm.state not in URGENT

    @invariant()
    def the_journal_is_without_a_hole(self) -> None:
        for one, following in zip(self.journal, self.journal[1:], strict=False):
            assert one.after is following.before


Life.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestLife = Life.TestCase
