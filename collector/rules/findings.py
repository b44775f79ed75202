"""From findings to events of alarms; pure."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from collector.alarms.alarm import Alarm
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

Params = dict[str, float | str | None]


class Subject(Struct, frozen=True, order=True):
    """What a rule watches: a code at a channel."""

    gateway: Gateway
    code: str
    device: str
    channel: str

    @property
    def key(self) -> str:
        """Of its alarm."""
        return f"{self.gateway}/{self.code}/{self.device}/{self.channel}"


class Finding(Struct, frozen=True, kw_only=True):
    """Whether a condition holds at a time, how badly, and the numbers of its sentence."""

    subject: Subject
    t_ms: int
    holds: bool
    priority: int = 3
    params: Params = {}


LEVEL: Final = "level"
"""The parameter whose change is told while the alarm stands."""


def level(alarm: Alarm | None) -> float:
    """How bad the alarm that stands is; 0: none does."""
    if alarm is None or not alarm.active:
        return 0.0
    found = alarm.event.params.get(LEVEL)
    return float(found) if isinstance(found, int | float) else 1.0


def event(alarm: Alarm | None, finding: Finding) -> AlarmEvent | None:
    """What a finding changes about an alarm; None: nothing, or it is older than what was told last."""
    stands = alarm is not None and alarm.active
    if alarm is not None and finding.t_ms <= alarm.event.t_ms:
        return None
    if not stands:
        return _told(finding, AlarmState.RAISED, finding.t_ms) if finding.holds else None
    assert alarm is not None
    since_ms = alarm.event.since_ms
    if not finding.holds:
        return _told(finding, AlarmState.CLEARED, since_ms)
    is_same = finding.params.get(LEVEL) == alarm.event.params.get(LEVEL)
    return None if is_same else _told(finding, AlarmState.UPDATED, since_ms)


def _told(finding: Finding, status: AlarmState, since_ms: int) -> AlarmEvent:
    subject = finding.subject
    return AlarmEvent(
        id=f"{subject.code}/{subject.device}/{subject.channel}/{since_ms}",
        code=subject.code,
        state=status,
        t_ms=finding.t_ms,
        since_ms=since_ms,
        device=subject.device,
        channel=subject.channel,
        priority=finding.priority,
        params=finding.params,
    )


def limit_level(value: float, limits: Mapping[float, float], standing: float, keep: float) -> float:
    """The highest level whose limit is exceeded; the one that stands is kept until a share of its limit.

    Args:
        value: what was found.
        limits: level → its limit.
        standing: the level now; 0: none.
        keep: below this share of its limit a level is left, 0…1.
    """
    reached = [one for one, limit in limits.items() if value > (limit * keep if one <= standing else limit)]
    return max(reached, default=0.0)


def after(alarm: Alarm | None, subject: Subject, told: AlarmEvent) -> Alarm:
    """The alarm as far as rules are concerned, once an event has been taken in."""
    is_active = told.state is not AlarmState.CLEARED
    if alarm is None:
        return Alarm(
            key=subject.key, gateway=subject.gateway, event=told, priority=told.priority, active=is_active
        )
    return replace(alarm, event=told, active=is_active)
