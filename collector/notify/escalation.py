"""Whom to call now, about what: from the incidents, the rota, what was told already, and the time. Pure.

    incident unacknowledged ─▶ round ─▶ step 1 ─▶ (nobody acknowledges) ─▶ step 2 ─▶ … ─▶ called again
                                 │  nobody on duty, or no channel took it: the next step at once
                                 └ all of it acknowledged: the round is over; over by itself: silent

A message is about incidents, never about single alarms. Each person is told of an incident once at each step,
and again each `nag_min`; what gets worse begins a new round. Nobody gets a second message within `gather_s`:
what comes meanwhile is told with it. So a flood is a message a minute at most, and less once it is known to
be one.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from collector.duty import NEVER, NotifyTable, StepTable

MINUTE_MS: Final = 60_000
MOST_URGENT: Final = 1
FLOOD_GATHER_MS: Final = 300_000
"""In a flood only what is most urgent is told sooner."""
OnDuty = Callable[[StepTable, datetime], tuple[str, ...]]


class Topic(Struct, frozen=True, kw_only=True):
    """An incident of which something calls for somebody.

    `priority` is that of the worst that nobody has acknowledged, also where it is over by itself: what comes
    and goes is told once, what was acknowledged and comes again is told anew.
    """

    id: str
    priority: int


class Told(Struct, frozen=True, kw_only=True):
    """That a person was told at a step, by its name; `message` names the last message."""

    step: str
    person: str
    first_ms: int
    last_ms: int
    message: str


class Round(Struct, frozen=True, kw_only=True):
    """What was done about a topic since it needs somebody, as long as it does."""

    topic: str
    priority: int
    since_ms: int
    told: tuple[Told, ...] = ()

    def of(self, step: str) -> tuple[Told, ...]:
        """Who was told at a step."""
        return tuple(one for one in self.told if one.step == step)


class Kind(StrEnum):
    """Why somebody is told."""

    FIRST = "first"
    ESCALATED = "escalated"
    AGAIN = "again"


class Call(Struct, frozen=True, kw_only=True):
    """That a person is to be told of a topic, by a step."""

    person: str
    step: int
    topic: str
    kind: Kind
    priority: int


class Message(Struct, frozen=True, kw_only=True):
    """What one person is told at once."""

    id: str
    person: str
    calls: tuple[Call, ...]


class Region(Struct, frozen=True, kw_only=True):
    """How things stand."""

    topics: tuple[Topic, ...]
    quiet: frozenset[str] = frozenset()
    """Topics that are over and were acknowledged by nobody: nobody is called, nothing is forgotten."""
    is_flood: bool = False
    heard_ms: Mapping[str, int] = {}
    """Person → when the last message to them was made."""
    failed: frozenset[str] = frozenset()
    """Messages that no channel of their person has taken so far."""


class Decision(Struct, frozen=True, kw_only=True):
    """The rounds as they are now, and what is to be sent."""

    rounds: tuple[Round, ...]
    messages: tuple[Message, ...]


def decide(
    region: Region,
    rounds: Collection[Round],
    plan: NotifyTable,
    *,
    now_ms: int,
    local: datetime,
    on_duty: OnDuty,
) -> Decision:
    """What is to be done now.

    Args:
        region: what stands.
        rounds: as the last decision left them.
        plan: people, steps and times.
        now_ms: Unix ms.
        local: the same moment in the zone of the plan.
        on_duty: `rota.on_duty`.
    """
    known = {one.topic: _until(one, now_ms) for one in rounds}
    going = [_round(topic, known.get(topic.id), now_ms) for topic in region.topics]
    duty = [on_duty(step, local) for step in plan.steps]
    calls = [call for one in going for call in _calls(one, plan, duty, region.failed, now_ms)]
    messages = tuple(_messages(calls, region, plan, now_ms))
    told = [_noted(one, messages, plan, now_ms) for one in going]
    kept = [one for one in rounds if one.topic in region.quiet and one.topic not in {t.topic for t in told}]
    return Decision(rounds=(*told, *kept), messages=messages)


def _until(one: Round, now_ms: int) -> Round:
    """As if nothing were still to come: after a clock was set back nobody would be called for as long."""
    told = tuple(replace(entry, last_ms=min(entry.last_ms, now_ms)) for entry in one.told)
    return replace(one, since_ms=min(one.since_ms, now_ms), told=told)


def _round(topic: Topic, known: Round | None, now_ms: int) -> Round:
    if known is None or topic.priority < known.priority:
        return Round(topic=topic.id, priority=topic.priority, since_ms=now_ms)
    return known if topic.priority == known.priority else replace(known, priority=topic.priority)


def _calls(
    one: Round, plan: NotifyTable, duty: Sequence[tuple[str, ...]], failed: frozenset[str], now_ms: int
) -> Iterator[Call]:
    applies = [n for n, step in enumerate(plan.steps) if step.after_min[one.priority - 1] != NEVER]
    due: list[int] = []
    in_vain = False
    for number in applies:
        after_ms = plan.steps[number].after_min[one.priority - 1] * MINUTE_MS
        if not in_vain and now_ms < one.since_ms + after_ms:
            break
        due.append(number)
        in_vain = _is_in_vain(one.of(plan.steps[number].name), duty[number], failed)
    called = {(told.step, told.person) for told in one.told}
    for number in due:
        kind = Kind.FIRST if number == applies[0] else Kind.ESCALATED
        for person in duty[number]:
            if (plan.steps[number].name, person) not in called:
                yield _call(one, number, person, kind)
    yield from _nobody(one, plan, due, duty)
    yield from _again(one, plan, due, duty, now_ms)


def _is_in_vain(told: tuple[Told, ...], on_duty: tuple[str, ...], failed: frozenset[str]) -> bool:
    """Nobody is there, or what was sent has reached nobody."""
    return not on_duty or (bool(told) and all(one.message in failed for one in told))


def _nobody(
    one: Round, plan: NotifyTable, due: Sequence[int], duty: Sequence[tuple[str, ...]]
) -> Iterator[Call]:
    """The most urgent is never kept from everybody: where the rota has nobody at all, all are called."""
    if one.priority != MOST_URGENT or one.told or not due or any(duty[number] for number in due):
        return
    for person in plan.people:
        yield _call(one, due[0], person.name, Kind.FIRST)


def _again(
    one: Round, plan: NotifyTable, due: Sequence[int], duty: Sequence[tuple[str, ...]], now_ms: int
) -> Iterator[Call]:
    """Call those again who were called last, as far as they are still on duty.

    What was told by another plan, before it was replaced, counts as far as this one has its steps and people.
    """
    nag_ms = plan.nag_min[one.priority - 1] * MINUTE_MS
    if nag_ms <= 0 or not one.told or now_ms - max(told.last_ms for told in one.told) < nag_ms:
        return
    called = {told.step for told in one.told}
    last = max((n for n, step in enumerate(plan.steps) if step.name in called), default=None)
    if last is None:
        return
    people = duty[last] if any(duty[number] for number in due) else [person.name for person in plan.people]
    for told in one.of(plan.steps[last].name):
        if told.person in people:
            yield _call(one, last, told.person, Kind.AGAIN)


def _call(one: Round, step: int, person: str, kind: Kind) -> Call:
    return Call(person=person, step=step, topic=one.topic, kind=kind, priority=one.priority)


def _messages(calls: Sequence[Call], region: Region, plan: NotifyTable, now_ms: int) -> Iterator[Message]:
    """One for each person who has waited long enough since the last."""
    for person in sorted({call.person for call in calls}):
        mine = _once(call for call in calls if call.person == person)
        urgent = any(call.priority == MOST_URGENT for call in mine)
        gather_ms = round(plan.gather_s * 1000)
        if region.is_flood and not urgent:
            gather_ms = max(gather_ms, FLOOD_GATHER_MS)
        heard_ms = region.heard_ms.get(person, now_ms - gather_ms)
        if heard_ms > now_ms or now_ms - heard_ms >= gather_ms:
            yield Message(id=f"{now_ms}-{person}", person=person, calls=mine)


def _once(calls: Iterator[Call]) -> tuple[Call, ...]:
    """Of each topic and step one, the most urgent topics first."""
    found = {(call.topic, call.step): call for call in calls}
    return tuple(sorted(found.values(), key=lambda call: (call.priority, call.topic, call.step)))


def _noted(one: Round, messages: Sequence[Message], plan: NotifyTable, now_ms: int) -> Round:
    told = {(entry.step, entry.person): entry for entry in one.told}
    for message in messages:
        for call in message.calls:
            if call.topic == one.topic:
                key = (plan.steps[call.step].name, call.person)
                first_ms = told[key].first_ms if key in told else now_ms
                told[key] = Told(
                    step=key[0],
                    person=call.person,
                    first_ms=first_ms,
                    last_ms=now_ms,
                    message=message.id,
                )
    return replace(one, told=tuple(told.values()))
