"""Who is called when, as it is configured: people, their channels, steps of escalation, the weekly rota."""

import datetime as dt
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from wire.messages import Name

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Minutes = Annotated[float, Meta(ge=-1)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
WEEK: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEVER: Final = -1


class PersonTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is called."""

    name: Name
    title: str = ""
    language: Literal["ru", "kk", "en"] = "ru"
    channels: Annotated[tuple[Annotated[str, Meta(pattern=r"^(env|credential):.+")], ...], Meta(min_length=1)]
    """References to apprise URLs (env:NAME, credential:NAME); all of them are used."""


class ShiftTable(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"begin": "from", "end": "to"}
):
    """A part of the week, local time; one that ends before it begins ends the next day."""

    person: Name
    days: Annotated[tuple[Day, ...], Meta(min_length=1)] = WEEK
    begin: TimeOfDay = "00:00"
    end: TimeOfDay = "24:00"


class ExceptionTable(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"begin": "from", "end": "to"}
):
    """A day on which it is somebody else."""

    date: dt.date
    person: Name
    begin: TimeOfDay = "00:00"
    end: TimeOfDay = "24:00"


class StepTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of escalation."""

    name: Annotated[str, Meta(min_length=1)]
    after_min: tuple[Minutes, Minutes, Minutes, Minutes] = (0, 0, NEVER, NEVER)
    """Minutes, by priority, that an incident has waited for somebody to acknowledge it; -1: never."""
    people: tuple[Name, ...] = ()
    """Who is called whatever the time."""
    rota: tuple[ShiftTable, ...] = ()
    exceptions: tuple[ExceptionTable, ...] = ()

    def names(self) -> set[str]:
        """Everybody it may call."""
        return {*self.people, *(one.person for one in self.rota), *(one.person for one in self.exceptions)}


class NotifyTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[notify]` table."""

    zone: str = "Asia/Almaty"
    nag_min: tuple[Minutes, Minutes, Minutes, Minutes] = (15, 60, 0, 0)
    """Minutes, by priority, after which whoever was called last is called again; 0: never."""
    gather_s: Annotated[float, Meta(ge=0, le=600)] = 60
    """Nobody gets a second message sooner: what comes meanwhile is told with it."""
    console: str = ""
    """Where alarms are acknowledged, for the text."""
    people: tuple[PersonTable, ...] = ()
    steps: tuple[StepTable, ...] = ()

    def __post_init__(self) -> None:
        known = [person.name for person in self.people]
        if len(set(known)) < len(known):
            raise ValueError("two people have the same name; choose another")
        steps = [step.name for step in self.steps]
        if len(set(steps)) < len(steps):
            raise ValueError("two steps have the same name; choose another")
        for step in self.steps:
            if wrong := step.names() - set(known):
                raise ValueError(f"step `{step.name}` calls `{min(wrong)}`, who is not among the people")
        if bool(self.people) != bool(self.steps):
            raise ValueError("people are called by steps: write both, or none")
        see_zone(self.zone)


def see_zone(name: str) -> None:
    """See that this machine knows a time zone.

    Raises:
        ValueError: it does not.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"zone `{name}` is not known; write one like Asia/Almaty") from None
