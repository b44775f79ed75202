"""The life of an alarm as a table: in which state, by what, to which state; pure.

    normal ──raise──▶ unacknowledged ──acknowledge──▶ acknowledged ──clear──▶ normal
                            └──clear──▶ returned ──acknowledge──▶ normal

    A latching alarm stays, acknowledged or not, until it is reset. Whatever its state, an alarm may be
    shelved by a person, suppressed by design, or taken out of service: it then goes on living unseen, and
    comes back as unacknowledged if its condition still holds.

States after OPC UA Part 9 (Alarms and Conditions, 5.8) and ISA-18.2; acknowledging is about the present
occurrence, shelving and service about whatever comes.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an alarm stands."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    """Over before anybody had acknowledged it."""
    LATCHED_UNACKNOWLEDGED = "latched_unacknowledged"
    LATCHED = "latched"
    """Over and acknowledged, but to be reset by hand."""
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


class Trigger(StrEnum):
    """What happens to an alarm: the first five by the plant or the clock, the others by people or design."""

    RAISE = "raise"
    CLEAR = "clear"
    COVER = "cover"
    """It ends because another alarm tells it too."""
    REALARM = "realarm"
    """It stands acknowledged for too long, or got worse."""
    NAG = "nag"
    """Nobody has acknowledged it for too long."""
    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"
    SHELVE = "shelve"
    SUPPRESS = "suppress"
    REMOVE = "remove"
    """Out of service."""
    RELEASE = "release"
    """Unshelve, end the suppression, return to service."""
    FALSE = "false"
    """A person found that there was no such condition."""


S, T = State, Trigger
ASIDE: Final = frozenset({S.SHELVED, S.SUPPRESSED, S.OUT_OF_SERVICE})
"""Alarms that nobody is to be bothered with; they live on unseen."""
URGENT: Final = frozenset({S.UNACKNOWLEDGED, S.RETURNED, S.LATCHED_UNACKNOWLEDGED})
"""Somebody has to acknowledge."""
SEEN: Final = frozenset(State) - ASIDE - {S.NORMAL}
"""What a dispatcher's list shows."""

TABLE: Final[dict[tuple[State, Trigger], State]] = {
    (S.NORMAL, T.RAISE): S.UNACKNOWLEDGED,
    (S.UNACKNOWLEDGED, T.ACKNOWLEDGE): S.ACKNOWLEDGED,
    (S.UNACKNOWLEDGED, T.CLEAR): S.RETURNED,
    (S.ACKNOWLEDGED, T.CLEAR): S.NORMAL,
    (S.ACKNOWLEDGED, T.REALARM): S.UNACKNOWLEDGED,
    (S.UNACKNOWLEDGED, T.NAG): S.UNACKNOWLEDGED,
    (S.RETURNED, T.ACKNOWLEDGE): S.NORMAL,
    (S.RETURNED, T.RAISE): S.UNACKNOWLEDGED,
    (S.LATCHED_UNACKNOWLEDGED, T.ACKNOWLEDGE): S.LATCHED,
    (S.LATCHED_UNACKNOWLEDGED, T.RAISE): S.UNACKNOWLEDGED,
    (S.LATCHED, T.RAISE): S.UNACKNOWLEDGED,
    (S.LATCHED, T.RESET): S.NORMAL,
    # Another alarm tells it: nobody has to acknowledge it for itself.
    **{(state, T.COVER): S.NORMAL for state in (S.UNACKNOWLEDGED, S.ACKNOWLEDGED)},
    # Aside, it only remembers whether its condition holds.
    **{(state, trigger): state for state in ASIDE for trigger in (T.RAISE, T.CLEAR, T.COVER)},
    **{(state, T.SHELVE): S.SHELVED for state in State if state not in ASIDE},
    **{(state, T.SUPPRESS): S.SUPPRESSED for state in State if state not in ASIDE},
    **{(state, T.REMOVE): S.OUT_OF_SERVICE for state in State if state is not S.OUT_OF_SERVICE},
    # A word about the occurrence, which changes nothing else.
    **{(state, T.FALSE): state for state in State},
    # Where it comes back to if its condition does not hold; else see `step`.
    **{(state, T.RELEASE): S.NORMAL for state in ASIDE},
}
"""What is not here cannot happen, or means nothing, in that state."""


def step(state: State, trigger: Trigger, *, active: bool, latching: bool = False) -> State | None:
    """The next state; None where the trigger means nothing.

    Args:
        state: the present one.
        trigger: what happens.
        active: whether the condition holds after it.
        latching: whether the alarm stays after its end until it is reset.
    """
    if (state, trigger) not in TABLE:
        return None
    found = TABLE[state, trigger]
    if trigger is Trigger.RELEASE and active:
        return State.UNACKNOWLEDGED
    if latching and trigger is Trigger.CLEAR and state not in ASIDE:
        return State.LATCHED if state is State.ACKNOWLEDGED else State.LATCHED_UNACKNOWLEDGED
    return found
