"""The shift log and its hand-over."""

from typing import Final

import sqlalchemy as sa
from fastapi import APIRouter
from msgspec import structs

from collector import state
from collector.alarms.lifecycle import URGENT, State
from collector.feed import listing, views
from collector.feed.auth import Caller, Who
from collector.feed.context import Context, Here
from collector.feed.listing import Wanted
from collector.feed.models.alarms import Incident
from collector.feed.models.people import Language
from collector.feed.models.shifts import (
    AcceptWanted,
    EndWanted,
    EntryWanted,
    Handover,
    HandoverWanted,
    Open,
    Shift,
    ShiftEntry,
    ShiftState,
)
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.feed.region import Region
from collector.feed.views import Shown
from collector.shifts import book, log
from collector.shifts.log import Entry, Kind, Line, RefusedError
from collector.users import audit, people
from collector.users.audit import Deed
from collector.users.roles import Action, rights

router = APIRouter(tags=["shift"], responses=described(409))
_ENTRIES: Final = 200


@router.get("/shift")
def shift(who: Who, context: Here, lang: Language | None = None) -> ShiftState:
    """Who has the shift, what was written down, what is open."""
    who.see_anywhere(Action.READ)
    return _state(context, who, lang)


@router.post("/shift/start", status_code=201)
def start(who: Who, context: Here, lang: Language | None = None) -> ShiftState:
    """Take the shift where nobody has it."""
    return _enter(context, who, Entry(t_ms=context.now_ms(), by=who.actor.name, kind=Kind.START), lang)


@router.post("/shift/entries", status_code=201)
def write(wanted: EntryWanted, who: Who, context: Here, lang: Language | None = None) -> ShiftState:
    """Write something down; nothing is erased, a correction is an entry of its own."""
    entry = Entry(
        t_ms=context.now_ms(),
        by=who.actor.name,
        kind=Kind.NOTE,
        text=wanted.text,
        flagged=wanted.flagged,
        corrects=wanted.corrects or 0,
    )
    return _enter(context, who, entry, lang)


@router.post("/shift/handover", status_code=201)
def hand_over(wanted: HandoverWanted, who: Who, context: Here, lang: Language | None = None) -> ShiftState:
    """Sign and hand the shift over to somebody; it lasts until that person accepts it."""
    with state.reading(context.engine) as connection:
        to = people.named(connection, wanted.to)
    if to is None or to.disabled or Action.SHIFT not in rights(to.grants).anywhere():
        raise ProblemError(
            409, ProblemCode.UNKNOWN_PERSON, "there is no dispatcher of this name", name=wanted.to
        )
    entry = Entry(
        t_ms=context.now_ms(),
        by=who.actor.name,
        kind=Kind.HANDOVER,
        text=wanted.notes,
        to=to.name,
        ticked=tuple(wanted.ticked),
    )
    return _enter(context, who, entry, lang)


@router.post("/shift/accept", status_code=201)
def accept(wanted: AcceptWanted, who: Who, context: Here, lang: Language | None = None) -> ShiftState:
    """Sign and take the shift that was handed over."""
    entry = Entry(t_ms=context.now_ms(), by=who.actor.name, kind=Kind.ACCEPT, ticked=tuple(wanted.ticked))
    return _enter(context, who, entry, lang)


@router.post("/shift/end", status_code=201)
def end(wanted: EndWanted, who: Who, context: Here, lang: Language | None = None) -> ShiftState:
    """End the shift of somebody who has gone without handing it over; then anybody may start the next one.

    For engineers of all groups: the log is one for the region, and it happens at night, when there is no
    administrator.
    """
    who.see_everywhere(Action.END_SHIFT)
    entry = Entry(t_ms=context.now_ms(), by=who.actor.name, kind=Kind.END, text=wanted.reason, of=wanted.of)
    return _write(context, who, entry, lang)


def _enter(context: Context, who: Caller, entry: Entry, lang: Language | None) -> ShiftState:
    who.see_anywhere(Action.SHIFT)
    return _write(context, who, entry, lang)


def _write(context: Context, who: Caller, entry: Entry, lang: Language | None) -> ShiftState:
    try:
        with state.writing(context.engine) as transaction:
            seq = book.enter(transaction, structs.replace(entry, address=who.actor.address))
            audit.note(transaction, Deed.SHIFT, who.actor, entry.t_ms, target=f"{entry.kind} {seq}")
    except RefusedError as error:
        raise ProblemError(409, ProblemCode(error.code), str(error), **error.params) from None
    return _state(context, who, lang)


def _state(context: Context, who: Caller, lang: Language | None) -> ShiftState:
    with state.reading(context.engine) as connection:
        lines = book.lines(connection)
        region = context.atlas.region(connection)
        shown = [
            one
            for one in listing.wanted(connection, Wanted(aside=True))
            if who.rights.may(Action.READ, region.group(one.alarm.gateway.site))
        ]
        struck = _incidents(connection, shown, region, lang or who.language)
    now = log.current(lines)
    return ShiftState(
        current=_shift(now) if now else None, entries=_entries(lines), open=_open(shown, struck)
    )


def _open(shown: list[Shown], struck: list[Incident]) -> Open:
    states = [one.alarm.state for one in shown]
    return Open(
        unacknowledged=sum(one in URGENT for one in states),
        shelved=states.count(State.SHELVED),
        out_of_service=states.count(State.OUT_OF_SERVICE),
        incidents=struck,
    )


def _incidents(
    connection: sa.Connection, shown: list[Shown], region: Region, language: str
) -> list[Incident]:
    open_ = [one for one in shown if one.alarm.active or one.alarm.state in URGENT]
    found = listing.incidents(connection, {one.incident for one in open_})
    return [
        views.incident(one, (s.alarm for s in open_ if s.incident == one.id), region, language)
        for one in found
    ]


def _shift(now: log.Shift) -> Shift:
    handed = now.handover
    return Shift(
        by=now.by,
        since_ms=now.since_ms,
        handover=Handover(to=handed.to, notes=handed.notes, t_ms=handed.t_ms) if handed else None,
    )


def _entries(lines: list[Line]) -> list[ShiftEntry]:
    flagged = {line.seq for line in log.flagged(lines)}
    recent = {line.seq for line in lines[-_ENTRIES:]}
    return [
        ShiftEntry(
            seq=line.seq,
            t_ms=line.entry.t_ms,
            by=line.entry.by,
            kind=line.entry.kind,
            text=line.entry.text,
            flagged=line.seq in flagged,
            corrects=line.entry.corrects or None,
            to=line.entry.to,
            of=line.entry.of,
            ticked=list(line.entry.ticked),
        )
        for line in reversed(lines)
        if line.seq in flagged | recent
    ]
