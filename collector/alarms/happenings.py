"""Everything that can happen to one alarm at the regional centre; pure.

    AlarmEvent of a gateway ─▶ told ─┐
    a person's action ───────▶ act ──┼─▶ Change: the alarm as it is now, and what the journal says of it
    the clock ───────────────▶ tick ─┘

Events may come twice and in any order: what is older than what is known changes nothing.
"""

from typing import Final

from msgspec.structs import replace

from collector.alarms.alarm import (
    Acknowledged,
    Action,
    Actor,
    Alarm,
    Aside,
    Change,
    Entry,
    FalseMark,
    Happening,
    NotNowError,
    Policy,
    Refusal,
)
from collector.alarms.lifecycle import ASIDE, State, Trigger, step
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

RAISES_KEPT: Final = 16
NAG_MOST_MS: Final = 3_600_000
"""What nobody acknowledges calls at least so often, unless its policy says less often."""
_RANK: Final = {AlarmState.RAISED: 0, AlarmState.UPDATED: 1, AlarmState.CLEARED: 2}


def key_of(gateway: Gateway, event: AlarmEvent) -> str:
    """What an alarm is about: the same for all its occurrences; PostgreSQL has no NUL in text."""
    return f"{gateway}/{event.id.rpartition('/')[0] or event.id}".replace("\0", "\N{REPLACEMENT CHARACTER}")


def told(known: Alarm | None, gateway: Gateway, event: AlarmEvent, now_ms: int, policy: Policy) -> Change:
    """Take in what a gateway says of an alarm.

    Args:
        known: the alarm as it was; None: never heard of.
        gateway: who says so.
        event: what.
        now_ms: when it was received.
        policy: of this alarm.
    """
    alarm = known or Alarm(key=key_of(gateway, event), gateway=gateway, event=event, priority=event.priority)
    if known is None or _stamp(event) > _stamp(alarm.event):
        return _timed(_begun(alarm, event, now_ms, policy), policy)
    if event.id != alarm.event.id or _order(event) <= _order(alarm.event):
        return Change(alarm)
    return _timed(_went_on(alarm, event, now_ms, policy), policy)


def act(alarm: Alarm, action: Action, by: Actor, now_ms: int, policy: Policy) -> Change:
    """Do what a person asks for.

    Raises:
        NotNowError: it cannot be done now, or something that it needs is missing.
    """
    _refuse_incomplete(action, now_ms, policy)
    if action.occurrence and action.occurrence != alarm.event.id:
        raise NotNowError(
            Refusal.RAISED_ANEW,
            f"the alarm was raised anew meanwhile ({alarm.event.id}): look at it again before you decide",
            occurrence=alarm.event.id,
        )
    if alarm.state is State.NORMAL and action.trigger is Trigger.ACKNOWLEDGE:
        return Change(alarm)  # somebody was faster, or it is over
    asked = Happening(
        trigger=action.trigger,
        t_ms=now_ms,
        by=by,
        comment=action.comment,
        until_ms=action.until_ms,
        command=action.command,
    )
    moved = _moved(alarm, asked, policy)
    if moved is None:
        raise _not_in_this_state(alarm, action)
    return _timed(moved, policy)


def _not_in_this_state(alarm: Alarm, action: Action) -> NotNowError:
    """Says also who was faster, if somebody was."""
    sentence = f"an alarm that is {alarm.state.replace('_', ' ')} cannot be told to {action.trigger}"
    params: dict[str, str | float] = {"state": alarm.state.value}
    if known := alarm.acknowledged:
        sentence += f"; {known.by} acknowledged it"
        params |= {"by": known.by, "t_ms": known.t_ms}
    return NotNowError(Refusal.NOT_IN_THIS_STATE, sentence, **params)


def tick(alarm: Alarm, now_ms: int, policy: Policy) -> Change:
    """What the time brings: the end of shelving, and a new call for what stands for too long."""
    if not 0 < _due_ms(alarm, policy) <= now_ms:
        return Change(alarm)
    moved = _moved(alarm, Happening(trigger=_BY_TIME[alarm.state], t_ms=now_ms), policy)
    return _timed(moved or Change(alarm), policy)


_BY_TIME: Final = {
    State.SHELVED: Trigger.RELEASE,
    State.ACKNOWLEDGED: Trigger.REALARM,
    State.UNACKNOWLEDGED: Trigger.NAG,
}
TIMED: Final = frozenset(_BY_TIME)
"""The states to which time brings something."""


def _due_ms(alarm: Alarm, policy: Policy) -> int:
    """When the time brings something to an alarm, Unix ms; 0: never."""
    if alarm.state is State.SHELVED and alarm.aside:
        return alarm.aside.until_ms
    if alarm.state is State.ACKNOWLEDGED and alarm.acknowledged and policy.realarm_ms:
        return alarm.acknowledged.t_ms + policy.realarm_ms
    if alarm.state is State.UNACKNOWLEDGED and policy.nag_ms:
        return alarm.called_ms + _nag_ms(alarm, policy)
    return 0


def _nag_ms(alarm: Alarm, policy: Policy) -> int:
    """How long after its last call it calls again: as long as it had waited then, so that the waits double.

    From 5 min: 5, 5, 10, 20, 40, then each hour. A fixed 5 min would be 288 calls a day of one alarm, where a
    dispatcher manages about 150 of all of them (EEMUA 191 as quoted in public).
    """
    most_ms = max(NAG_MOST_MS, policy.nag_ms)
    return min(max(alarm.called_ms - alarm.changed_ms, policy.nag_ms), most_ms)


def retimed(alarm: Alarm, policy: Policy) -> Alarm:
    """The alarm, due as a policy says."""
    return replace(alarm, due_ms=_due_ms(alarm, policy))


def _timed(change: Change, policy: Policy) -> Change:
    return replace(change, alarm=retimed(change.alarm, policy)) if change.entries else change


def _order(event: AlarmEvent) -> tuple[bool, int, int]:
    """A cleared occurrence stays so: a clock set back may give its end an earlier time than its beginning."""
    return event.state is AlarmState.CLEARED, event.t_ms, _RANK[event.state]


def _stamp(event: AlarmEvent) -> tuple[int, str]:
    """The number at the end of the id grows with each occurrence, also when the gateway's clock goes back."""
    stamp = event.id.rpartition("/")[2]
    return (int(stamp) if stamp.isdecimal() else event.since_ms), event.id


def _begun(alarm: Alarm, event: AlarmEvent, now_ms: int, policy: Policy) -> Change:
    """Another occurrence; one whose end is all that was heard of is raised and cleared at once."""
    entries: tuple[Entry, ...] = ()
    if alarm.active:
        forgotten = Happening(trigger=Trigger.CLEAR, t_ms=now_ms)
        ended = _moved(alarm, forgotten, policy) or Change(alarm)
        alarm, entries = ended.alarm, ended.entries
    raises = (*alarm.raises, event.t_ms)[-RAISES_KEPT:]
    priority = policy.priority or event.priority
    alarm = replace(alarm, event=event, priority=priority, acknowledged=None, raises=raises, false=None)
    raised = Happening(trigger=Trigger.RAISE, t_ms=now_ms, event=event)
    begun = _moved(alarm, raised, policy) or Change(alarm)
    entries += begun.entries
    if event.state is not AlarmState.CLEARED:
        return Change(begun.alarm, entries)
    over = _went_on(begun.alarm, event, now_ms, policy)
    return Change(over.alarm, entries + over.entries)


def _went_on(alarm: Alarm, event: AlarmEvent, now_ms: int, policy: Policy) -> Change:
    priority = policy.priority or event.priority
    is_worse = priority < alarm.priority
    alarm = replace(alarm, event=event, priority=priority)
    said = Happening(trigger=_trigger(event, is_worse=is_worse), t_ms=now_ms, event=event)
    moved = _moved(alarm, said, policy)
    return moved or Change(alarm, (_entry(alarm, replace(said, trigger=None), alarm.state),))


def _trigger(event: AlarmEvent, *, is_worse: bool) -> Trigger | None:
    if event.state is AlarmState.CLEARED:
        return Trigger.COVER if "covered_by" in event.params else Trigger.CLEAR
    return Trigger.REALARM if is_worse else None


def _moved(alarm: Alarm, what: Happening, policy: Policy) -> Change | None:
    """The alarm in its next state; None where this means nothing in its state."""
    if what.trigger is None:
        return None
    active = alarm.active
    if what.trigger in _BY_PLANT:
        active = what.trigger is Trigger.RAISE
    state = step(alarm.state, what.trigger, active=active, latching=policy.latching)
    if state is None:
        return None
    moved = replace(
        alarm,
        state=state,
        active=active,
        changed_ms=alarm.changed_ms if state is alarm.state else what.t_ms,
        acknowledged=_acknowledged(alarm, what, state),
        aside=_aside(alarm, what, state),
        false=_false(alarm, what),
        called_ms=what.t_ms if state is State.UNACKNOWLEDGED else alarm.called_ms,
    )
    return Change(moved, (_entry(alarm, what, state),))


_BY_PLANT: Final = frozenset({Trigger.RAISE, Trigger.CLEAR, Trigger.COVER})


def _acknowledged(alarm: Alarm, what: Happening, state: State) -> Acknowledged | None:
    if what.trigger is Trigger.ACKNOWLEDGE:
        return Acknowledged(what.by.name, what.t_ms, what.comment)
    return None if state is State.UNACKNOWLEDGED else alarm.acknowledged


def _aside(alarm: Alarm, what: Happening, state: State) -> Aside | None:
    if state not in ASIDE or state is alarm.state:
        return alarm.aside if state in ASIDE else None
    return Aside(by=what.by.name, since_ms=what.t_ms, until_ms=what.until_ms, reason=what.comment)


def _false(alarm: Alarm, what: Happening) -> FalseMark | None:
    if what.trigger is not Trigger.FALSE:
        return alarm.false
    return FalseMark(by=what.by.name, t_ms=what.t_ms, comment=what.comment, command=what.command)


def _entry(alarm: Alarm, what: Happening, after: State) -> Entry:
    return Entry(
        t_ms=what.t_ms,
        key=alarm.key,
        trigger=what.trigger,
        before=alarm.state,
        after=after,
        occurrence=alarm.event.id,
        by=what.by.name,
        address=what.by.address,
        comment=what.comment,
        until_ms=what.until_ms,
        command=what.command,
        event=what.event,
    )


_NEEDS_REASON: Final = {
    Trigger.SHELVE: "shelving",
    Trigger.REMOVE: "taking out of service",
    Trigger.SUPPRESS: "suppressing",
    Trigger.FALSE: "marking as false",
}


def _refuse_incomplete(action: Action, now_ms: int, policy: Policy) -> None:
    if action.trigger in _NEEDS_REASON and not action.comment.strip():
        raise NotNowError(Refusal.REASON_MISSING, f"{_NEEDS_REASON[action.trigger]} needs a reason: say why")
    if action.trigger is not Trigger.SHELVE:
        return
    if action.until_ms <= now_ms:
        raise NotNowError(Refusal.END_MISSING, "shelving needs an end that is still to come")
    if action.until_ms - now_ms > policy.shelve_most_ms:
        hours = policy.shelve_most_ms / 3_600_000
        raise NotNowError(
            Refusal.END_TOO_LATE,
            f"nothing is shelved for longer than {hours:g} h; take it out of service instead",
            hours=hours,
        )
