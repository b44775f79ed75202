"""One alarm at the regional centre, what a person may ask of it, and what the journal says.

An alarm is one condition at one place (`key`); each time it is raised is an occurrence of it, with the
gateway's id. What can happen to it stands in `happenings`.
"""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from collector.alarms.lifecycle import State, Trigger
from wire.messages import AlarmEvent
from wire.topics import Gateway

Comment = Annotated[str, Meta(max_length=2000)]


class Actor(Struct, frozen=True):
    """Who does something: the name of a user or program, and from where."""

    name: str
    address: str = ""


NOBODY: Final = Actor("")


class Policy(Struct, frozen=True, kw_only=True):
    """What a kind of alarm is due, milliseconds; 0: never."""

    priority: int = 0
    """0: the one its gateway gives it."""
    latching: bool = False
    realarm_ms: int = 0
    """Acknowledged and still standing after so long, it is unacknowledged again."""
    nag_ms: int = 0
    """Unacknowledged for so long, it calls again, then less and less often; see `happenings.NAG_MOST_MS`."""
    shelve_most_ms: int = 24 * 3_600_000
    """Nothing is shelved for longer."""


class Action(Struct, frozen=True, kw_only=True):
    """What a person asks for."""

    trigger: Trigger
    comment: Comment = ""
    """The reason; shelving and taking out of service need one."""
    until_ms: int = 0
    """When shelving ends by itself."""
    occurrence: str = ""
    """The occurrence the person saw; empty: whatever there is now."""
    command: str = ""
    """Of a false alarm: the id of the command that tells its gateway."""


class Aside(Struct, frozen=True, kw_only=True):
    """Why an alarm is shelved, suppressed or out of service."""

    by: str
    since_ms: int
    until_ms: int = 0
    reason: str = ""


class Acknowledged(Struct, frozen=True):
    """By whom the present occurrence was acknowledged, when, and with what words."""

    by: str
    t_ms: int
    comment: str = ""


class FalseMark(Struct, frozen=True, kw_only=True):
    """A person's word that the present occurrence was none, and the command that told the gateway."""

    by: str
    t_ms: int
    comment: str
    command: str = ""


class Alarm(Struct, frozen=True, kw_only=True):
    """One condition at one place."""

    key: str
    gateway: Gateway
    state: State = State.NORMAL
    active: bool = False
    event: AlarmEvent
    """As it was told last."""
    priority: int
    changed_ms: int = 0
    """When its state changed last."""
    acknowledged: Acknowledged | None = None
    aside: Aside | None = None
    raises: tuple[int, ...] = ()
    """When it was raised, the newest last: for chattering."""
    incident: int = 0
    false: FalseMark | None = None
    called_ms: int = 0
    """When it called for somebody last."""
    due_ms: int = 0
    """When the time brings something to it; 0: nothing."""


class Entry(Struct, frozen=True, kw_only=True):
    """A line of the journal; `before` and `after` are equal where only the numbers changed."""

    t_ms: int
    key: str
    trigger: Trigger | None
    before: State
    after: State
    occurrence: str
    by: str = ""
    address: str = ""
    comment: str = ""
    until_ms: int = 0
    command: str = ""
    event: AlarmEvent | None = None
    """What the gateway said, if it was the gateway."""


class Happening(Struct, frozen=True, kw_only=True):
    """What happens to an alarm, when, and by whom if by a person."""

    trigger: Trigger | None
    t_ms: int
    by: Actor = NOBODY
    comment: str = ""
    until_ms: int = 0
    command: str = ""
    event: AlarmEvent | None = None


class Change(Struct, frozen=True):
    """An alarm after something happened; without entries nothing did."""

    alarm: Alarm
    entries: tuple[Entry, ...] = ()


class Refusal(StrEnum):
    """Why an action cannot be done, for a program to say in the person's language."""

    UNKNOWN_ALARM = "unknown_alarm"
    RAISED_ANEW = "raised_anew"
    """Another occurrence than the one the person saw."""
    NOT_IN_THIS_STATE = "not_in_this_state"
    REASON_MISSING = "reason_missing"
    END_MISSING = "end_missing"
    END_TOO_LATE = "end_too_late"


class NotNowError(Exception):
    """A person's action that cannot be done; one sentence why, in English.

    `params` are what a sentence in another language needs: state, by, t_ms, hours, occurrence.
    """

    def __init__(self, code: Refusal, sentence: str, **params: str | float) -> None:
        super().__init__(sentence)
        self.code, self.params = code, params
