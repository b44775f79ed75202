"""Whom to call: examples, and what must hold in every story of incidents, people, channels and hours."""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from collector.duty import ExceptionTable, NotifyTable, PersonTable, ShiftTable, StepTable
from collector.notify import rota
from collector.notify.escalation import Decision, Kind, Message, Region, Round, Topic, decide

ALMATY = ZoneInfo("Asia/Almaty")
MIN = 60_000
MONDAY = datetime(2026, 11, 30, tzinfo=ALMATY)
NOON = datetime(2026, 12, 1, 12, tzinfo=ALMATY)
PEOPLE = tuple(PersonTable(name=name, channels=("env:X",)) for name in ("aigul", "bolat", "chief"))
STEPS = (
    StepTable(name="duty", after_min=(0, 0, 15, -1), people=("aigul",)),
    StepTable(name="second", after_min=(5, 20, -1, -1), people=("bolat",)),
    StepTable(name="chief", after_min=(15, 60, -1, -1), people=("chief",)),
)
PLAN = NotifyTable(people=PEOPLE, steps=STEPS)
LATE = 6


class Story:
    """Time goes on in steps; what was decided is kept, and messages are delivered or not."""

    def __init__(self, plan: NotifyTable = PLAN, began: datetime = NOON) -> None:
        self.plan, self.began = plan, began
        self.now_ms = round(began.timestamp() * 1000)
        self.rounds: tuple[Round, ...] = ()
        self.sent: list[tuple[int, Message]] = []
        self.heard: dict[str, int] = {}
        self.failed: set[str] = set()

    def look(self, *topics: Topic, quiet: frozenset[str] = frozenset(), flood: bool = False) -> list[Message]:
        region = Region(
            topics=topics,
            quiet=quiet,
            is_flood=flood,
            heard_ms=dict(self.heard),
            failed=frozenset(self.failed),
        )
        local = datetime.fromtimestamp(self.now_ms / 1000, ALMATY)
        found: Decision = decide(
            region, self.rounds, self.plan, now_ms=self.now_ms, local=local, on_duty=rota.on_duty
        )
        self.rounds = found.rounds
        for message in found.messages:
            self.heard[message.person] = self.now_ms
            self.sent.append((self.now_ms, message))
        return list(found.messages)

    def later(self, minutes: float, *topics: Topic, **how: Any) -> list[Message]:
        self.now_ms += round(minutes * MIN)
        return self.look(*topics, **how)


def topic(number: int = 1, priority: int = 1) -> Topic:
    return Topic(id=f"incident {number}", priority=priority)


def called(messages: list[Message]) -> list[tuple[str, int, Kind]]:
    return [(call.person, call.step, call.kind) for message in messages for call in message.calls]


def test_the_person_on_duty_then_the_second_then_the_chief_then_again() -> None:
    story = Story()
    assert called(story.look(topic())) == [("aigul", 0, Kind.FIRST)]
    assert not story.later(4, topic())
    assert called(story.later(1, topic())) == [("bolat", 1, Kind.ESCALATED)]
    assert called(story.later(10, topic())) == [("chief", 2, Kind.ESCALATED)]
    assert not story.later(14, topic())
    assert called(story.later(1, topic())) == [("chief", 2, Kind.AGAIN)]


def test_acknowledged_it_is_over_and_what_comes_later_begins_anew() -> None:
    story = Story()
    story.look(topic())
    assert not story.later(6)
    assert story.rounds == ()
    assert called(story.later(1, topic())) == [("aigul", 0, Kind.FIRST)]


def test_what_comes_and_goes_unacknowledged_does_not_begin_anew() -> None:
    story = Story()
    story.look(topic())
    assert not story.later(2, quiet=frozenset({"incident 1"}))
    assert not story.later(2, topic())
    assert called(story.later(2, topic())) == [("bolat", 1, Kind.ESCALATED)]


def test_what_gets_worse_is_told_again_and_what_gets_better_is_not() -> None:
    story = Story()
    assert not story.look(topic(priority=3))
    assert called(story.later(15, topic(priority=3))) == [("aigul", 0, Kind.FIRST)]
    assert called(story.later(5, topic(priority=1))) == [("aigul", 0, Kind.FIRST)]
    assert not story.later(3, topic(priority=2))
    assert called(story.later(1, topic(priority=1))) == [("aigul", 0, Kind.FIRST)]


def test_a_message_that_no_channel_took_calls_the_next_at_once() -> None:
    story = Story()
    (message,) = story.look(topic())
    story.failed.add(message.id)
    assert called(story.later(0.1, topic())) == [("bolat", 1, Kind.ESCALATED)]


def test_where_nobody_is_on_duty_the_next_step_is_called_at_once() -> None:
    nights = ShiftTable(person="aigul", begin="20:00", end="08:00")
    steps = (StepTable(name="duty", rota=(nights,)), *STEPS[1:])
    story = Story(NotifyTable(people=PEOPLE, steps=steps))
    assert called(story.look(topic())) == [("bolat", 1, Kind.ESCALATED)]


def test_where_the_rota_has_nobody_at_all_everybody_is_called_for_the_most_urgent() -> None:
    nights = ShiftTable(person="aigul", begin="20:00", end="08:00")
    story = Story(NotifyTable(people=PEOPLE, steps=(StepTable(name="duty", rota=(nights,)),)))
    assert {call[0] for call in called(story.look(topic()))} == {"aigul", "bolat", "chief"}
    assert not story.look(topic(2, priority=2))


def test_what_comes_within_the_gathering_time_is_told_in_one_message() -> None:
    story = Story()
    story.look(topic(1))
    assert not story.later(0.2, topic(1), topic(2))
    assert not story.later(0.2, topic(1), topic(2), topic(3))
    (message,) = story.later(0.6, topic(1), topic(2), topic(3))
    assert [call.topic for call in message.calls] == ["incident 2", "incident 3"]


def test_a_flood_is_told_rarely_unless_it_is_most_urgent() -> None:
    story = Story()
    story.look(topic(1, 2))
    assert not story.later(2, topic(1, 2), topic(2, 2), flood=True)
    assert story.later(0.1, topic(1, 2), topic(2, 2), topic(3, 1), flood=True)
    assert not story.later(4, topic(4, 2), flood=True)
    assert story.later(1, topic(4, 2), flood=True)


def test_a_person_who_left_the_plan_is_not_called_again_and_steps_are_known_by_their_names() -> None:
    story = Story()
    story.look(topic())
    assert called(story.later(5, topic())) == [("bolat", 1, Kind.ESCALATED)]
    first = StepTable(name="new", after_min=(0, 0, 0, 0), people=("chief",))
    story.plan = NotifyTable(people=(PEOPLE[0], PEOPLE[2]), steps=(first, STEPS[0]))
    assert called(story.later(1, topic())) == [("chief", 0, Kind.FIRST)]
    assert called(story.later(15, topic())) == [("aigul", 1, Kind.AGAIN)]


def test_a_new_shift_is_told_what_still_stands() -> None:
    shifts = (
        ShiftTable(person="aigul", begin="08:00", end="12:30"),
        ShiftTable(person="bolat", begin="12:30", end="20:00"),
    )
    story = Story(NotifyTable(people=PEOPLE, steps=(StepTable(name="duty", rota=shifts),)))
    assert called(story.look(topic(priority=2))) == [("aigul", 0, Kind.FIRST)]
    assert called(story.later(30, topic(priority=2))) == [("bolat", 0, Kind.FIRST)]


AT = [
    ("mon", "08:00", "20:00", "2026-11-30T08:00", True),
    ("mon", "08:00", "20:00", "2026-11-30T20:00", False),
    ("mon", "08:00", "20:00", "2026-12-01T09:00", False),
    ("mon", "20:00", "08:00", "2026-11-30T23:00", True),
    ("mon", "20:00", "08:00", "2026-12-01T07:59", True),
    ("mon", "20:00", "08:00", "2026-12-01T08:00", False),
    ("mon", "20:00", "08:00", "2026-11-30T07:00", False),
    ("sun", "20:00", "08:00", "2026-11-30T07:00", True),
    ("mon", "00:00", "24:00", "2026-11-30T23:59", True),
]


@pytest.mark.parametrize(("day", "begin", "end", "moment", "holds"), AT)
def test_shifts(day: Any, begin: str, end: str, moment: str, holds: bool) -> None:
    step = StepTable(name="s", rota=(ShiftTable(person="aigul", days=(day,), begin=begin, end=end),))
    assert bool(rota.on_duty(step, datetime.fromisoformat(moment).replace(tzinfo=ALMATY))) is holds


def test_an_exception_takes_the_place_of_everybody_else_for_its_time() -> None:
    holiday = ExceptionTable(date=NOON.date(), person="bolat", begin="10:00", end="14:00")
    step = StepTable(name="s", people=("aigul",), exceptions=(holiday,))
    assert rota.on_duty(step, NOON) == ("bolat",)
    assert rota.on_duty(step, NOON.replace(hour=15)) == ("aigul",)


def test_holes_in_the_week_are_found() -> None:
    days = ShiftTable(person="aigul", days=("mon", "tue", "wed", "thu", "fri"), begin="08:00", end="20:00")
    holes = rota.gaps(StepTable(name="s", rota=(days,)), MONDAY)
    assert len(holes) == 5 * 48 + 2 * 96
    assert not rota.gaps(StepTable(name="s", people=("aigul",)), MONDAY)


TIMES = st.sampled_from(["00:00", "07:30", "08:00", "20:00", "24:00"])
NAMES = st.sampled_from([person.name for person in PEOPLE])
SHIFTS = st.builds(
    ShiftTable,
    person=NAMES,
    days=st.lists(st.sampled_from(["mon", "tue", "wed", "sat", "sun"]), min_size=1, unique=True).map(tuple),
    begin=st.sampled_from(["00:00", "07:30", "20:00"]),
    end=TIMES,
)
STEP = st.builds(
    StepTable,
    name=st.just("s"),
    after_min=st.tuples(*[st.sampled_from([0, 1, 5, -1])] * 4),
    people=st.lists(NAMES, max_size=2, unique=True).map(tuple),
    rota=st.lists(SHIFTS, max_size=3).map(tuple),
)
FIRST = STEP.map(lambda step: StepTable(name="s", people=step.people, rota=step.rota, after_min=(0, 0, 0, 0)))
PLANS = st.builds(
    lambda first, more, names, gather, nag: NotifyTable(
        people=PEOPLE,
        steps=tuple(replace(step, name=name) for step, name in zip((first, *more), names, strict=False)),
        gather_s=gather,
        nag_min=(nag, nag, 0, 0),
    ),
    FIRST,
    st.lists(STEP, max_size=3),
    st.permutations("stuv"),
    st.sampled_from([0, 60, 300]),
    st.sampled_from([0, 5, 15]),
)
MOMENT = st.tuples(
    st.sampled_from([0.1, 0.5, 1, 7]),
    st.lists(
        st.builds(topic, st.integers(1, 3), st.integers(1, 4)), max_size=3, unique_by=lambda one: one.id
    ),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(PLANS, PLANS, st.integers(0, 25), st.lists(MOMENT, max_size=25), st.integers(0, 7 * 24))
def test_in_every_story_also_where_another_plan_takes_the_place_of_the_first(
    plan: NotifyTable, other: NotifyTable, replaced: int, moments: list[Any], hour: int
) -> None:
    story = Story(plan, datetime.fromtimestamp(MONDAY.timestamp() + 3600 * hour, ALMATY))
    standing_ms: dict[str, int] = {}
    told: set[str] = set()
    gather_s = max(plan.gather_s, other.gather_s)
    for number, (minutes, topics, flood, fails) in enumerate(moments):
        if number == replaced:
            story.plan = other
        before = {one.topic: one for one in story.rounds}
        messages = story.later(minutes, *topics, flood=flood)
        if fails:
            story.failed |= {message.id for message in messages}
        for message in messages:
            told |= {call.topic for call in message.calls if call.priority == 1}
            assert len({(call.topic, call.step) for call in message.calls}) == len(message.calls)
        never_twice(before, story, messages)
        urgent = {one.id for one in topics if one.priority == 1}
        for one in {*standing_ms} - urgent:
            del standing_ms[one]
        told &= urgent
        for one in urgent:
            standing_ms.setdefault(one, story.now_ms)
            silent_ms = story.now_ms - standing_ms[one]
            assert one in told or silent_ms <= gather_s * 1000, "silent about what is most urgent"


def never_twice(before: dict[str, Round], story: Story, messages: list[Message]) -> None:
    """Once a step; more only in a round of a worse priority, or when it is called again."""
    for message in messages:
        for call in message.calls:
            known = before.get(call.topic)
            same_round = known is not None and known.priority <= call.priority
            already = same_round and any(
                (one.step, one.person) == (story.plan.steps[call.step].name, call.person)
                for one in (known.told if known else ())
            )
            assert not already or call.kind is Kind.AGAIN
            if call.kind is Kind.AGAIN:
                assert known is not None
                waited = story.now_ms - max(one.last_ms for one in known.told)
                assert waited >= story.plan.nag_min[call.priority - 1] * MIN > 0


@settings(max_examples=100, deadline=None)
@given(PLANS, st.integers(1, 60))
def test_of_a_flood_of_incidents_nobody_gets_more_than_a_message_each_gathering_time(
    plan: NotifyTable, count: int
) -> None:
    story = Story(plan)
    for number in range(count):
        story.later(0.1, *(topic(n) for n in range(number + 1)))
    for person, many in Counter(message.person for _, message in story.sent).items():
        times = [t_ms for t_ms, message in story.sent if message.person == person]
        assert many == len(times)
        assert all(b - a >= plan.gather_s * 1000 for a, b in pairwise(times))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"people": (*PEOPLE, PEOPLE[0])}, "two people have the same name"),
        ({"people": PEOPLE[:1]}, "calls `bolat`, who is not among the people"),
        ({"steps": ()}, "people are called by steps"),
        ({"zone": "Asia/Nowhere"}, "zone `Asia/Nowhere` is not known"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        NotifyTable(**({"people": PEOPLE, "steps": STEPS} | change))


def test_after_the_clock_was_set_back_people_are_called_as_if_it_had_been_right() -> None:
    story = Story()
    assert story.look(topic())
    story.now_ms -= 30 * 24 * 60 * MIN
    assert not story.look(topic())
    assert called(story.later(5, topic())) == [("bolat", 1, Kind.ESCALATED)]
    assert called(story.later(1, topic(), topic(2))) == [("aigul", 0, Kind.FIRST)]
    assert called(story.later(9, topic()))[0] == ("chief", 2, Kind.ESCALATED)
    assert called(story.later(15, topic())) == [("chief", 2, Kind.AGAIN)]
