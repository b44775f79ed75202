"""What outlives the process: plain numbers with a version."""

from typing import Final

import msgspec
from msgspec import Struct

from edge_agent.conditions.board import Slot
from edge_agent.conditions.timeline import Point

VERSION: Final = 1


class StateMisfitError(ValueError):
    """A saved state is of another version or shape: set it aside, say so and begin without it."""


class ConditionsState(Struct, frozen=True, kw_only=True):
    """Standing and pending alarms; delays go on where they stood."""

    version: int = VERSION
    latest: Point
    slots: dict[str, Slot]


def encode_state(state: ConditionsState) -> bytes:
    """MessagePack; well under 1 kB for each alarm that stands."""
    return msgspec.msgpack.encode(state)


def decode_state(saved: bytes) -> ConditionsState:
    """Read what `encode_state` wrote.

    Raises:
        StateMisfitError: another version, or no such state at all.
    """
    try:
        return msgspec.msgpack.decode(saved, type=ConditionsState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StateMisfitError(f"not a state of version {VERSION}: {error}") from None


def check(state: ConditionsState) -> None:
    """Whether a state can be gone on from.

    Raises:
        StateMisfitError: another version, or an alarm that stands and was never said.
    """
    if state.version != VERSION:
        raise StateMisfitError(f"state of version {state.version}; this program knows {VERSION}")
    for key, slot in state.slots.items():
        if slot.track.raised != (slot.said is not None):
            raise StateMisfitError(f"{key}: raised, yet nothing was said of it, or the other way round")
