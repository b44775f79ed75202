"""What may be entered into the shift log, and what it comes to; pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace


class Kind(StrEnum):
    """What an entry is."""

    START = "start"
    NOTE = "note"
    HANDOVER = "handover"
    ACCEPT = "accept"
    END = "end"
    """By somebody else, of a shift whose dispatcher is gone."""


class Item(StrEnum):
    """What both go through when a shift is handed over."""

    UNACKNOWLEDGED = "unacknowledged"
    SHELVED = "shelved"
    OUT_OF_SERVICE = "out_of_service"
    INCIDENTS = "incidents"
    FLAGGED = "flagged"


ITEMS: Final = frozenset(Item)


class Entry(Struct, frozen=True, kw_only=True):
    """One entry; `t_ms` is the centre's clock, Unix ms."""

    t_ms: int
    by: str
    address: str = ""
    kind: Kind
    text: str = ""
    """Of a note; of a hand-over the notes for the next one; of an end the reason."""
    flagged: bool = False
    """To be shown to every shift until a correction says otherwise."""
    corrects: int = 0
    to: str = ""
    of: str = ""
    """Of an end: whose shift it was."""
    ticked: tuple[Item, ...] = ()


class Line(Struct, frozen=True):
    """An entry and its number."""

    seq: int
    entry: Entry


class Handover(Struct, frozen=True):
    """A shift that was handed over and not yet accepted."""

    to: str
    notes: str
    t_ms: int


class Shift(Struct, frozen=True, kw_only=True):
    """The shift that lasts; `first_seq` is the number of the entry it began with."""

    by: str
    since_ms: int
    first_seq: int
    handover: Handover | None = None


class Refusal(StrEnum):
    """Why an entry is not taken."""

    NO_SHIFT = "no_shift"
    SHIFT_TAKEN = "shift_taken"
    NOT_YOUR_SHIFT = "not_your_shift"
    NOT_FOR_YOU = "not_for_you"
    HANDED_OVER = "handed_over"
    NOTHING_HANDED_OVER = "nothing_handed_over"
    ITEMS_UNTICKED = "items_unticked"
    NO_SUCH_ENTRY = "no_such_entry"
    UNKNOWN_PERSON = "unknown_person"


class RefusedError(Exception):
    """An entry that is not taken: one sentence why, in English, and what a sentence about it needs."""

    def __init__(self, code: Refusal, sentence: str, **params: str | float) -> None:
        super().__init__(sentence)
        self.code, self.params = code, params


def current(lines: Iterable[Line]) -> Shift | None:
    """The shift that lasts after these entries, in order; None: there is none."""
    shift: Shift | None = None
    for line in lines:
        entry = line.entry
        if entry.kind in {Kind.START, Kind.ACCEPT}:
            shift = Shift(by=entry.by, since_ms=entry.t_ms, first_seq=line.seq)
        elif entry.kind is Kind.END:
            shift = None
        elif entry.kind is Kind.HANDOVER and shift is not None:
            shift = replace(shift, handover=Handover(entry.to, entry.text, entry.t_ms))
    return shift


def see(shift: Shift | None, entry: Entry, notes: Sequence[int]) -> None:
    """See whether an entry may follow.

    Args:
        shift: the one that lasts.
        entry: what is to be entered.
        notes: the numbers of the notes there are, if it corrects one.

    Raises:
        RefusedError: it may not.
    """
    if entry.kind is Kind.START:
        if shift is not None:
            raise RefusedError(Refusal.SHIFT_TAKEN, f"{shift.by} has the shift", by=shift.by)
        return
    if shift is None:
        raise RefusedError(Refusal.NO_SHIFT, "nobody has the shift: start it first")
    _SEES[entry.kind](shift, entry, notes)


def _see_note(_: Shift, entry: Entry, notes: Sequence[int]) -> None:
    if entry.corrects and entry.corrects not in notes:
        raise RefusedError(Refusal.NO_SUCH_ENTRY, f"there is no note {entry.corrects}", seq=entry.corrects)


def _see_handover(shift: Shift, entry: Entry, _: Sequence[int]) -> None:
    if shift.by != entry.by:
        raise RefusedError(Refusal.NOT_YOUR_SHIFT, f"{shift.by} has the shift", by=shift.by)
    if shift.handover is not None:
        raise RefusedError(
            Refusal.HANDED_OVER, f"the shift was handed over to {shift.handover.to}", to=shift.handover.to
        )
    _see_ticks(entry)


def _see_accept(shift: Shift, entry: Entry, _: Sequence[int]) -> None:
    if shift.handover is None:
        raise RefusedError(
            Refusal.NOTHING_HANDED_OVER, f"{shift.by} has not handed the shift over", by=shift.by
        )
    if shift.handover.to != entry.by:
        raise RefusedError(
            Refusal.NOT_FOR_YOU, f"the shift was handed over to {shift.handover.to}", to=shift.handover.to
        )
    _see_ticks(entry)


def _see_end(shift: Shift, entry: Entry, _: Sequence[int]) -> None:
    """Meanwhile somebody else may have accepted the shift: theirs is not what was meant."""
    if shift.by != entry.of:
        raise RefusedError(Refusal.SHIFT_TAKEN, f"{shift.by} has the shift", by=shift.by)


def _see_ticks(entry: Entry) -> None:
    if missing := ITEMS - set(entry.ticked):
        names = ", ".join(sorted(missing))
        raise RefusedError(Refusal.ITEMS_UNTICKED, f"go through all items first: {names}", items=names)


_SEES: Final = {
    Kind.NOTE: _see_note,
    Kind.HANDOVER: _see_handover,
    Kind.ACCEPT: _see_accept,
    Kind.END: _see_end,
}


def flagged(lines: Iterable[Line]) -> list[Line]:
    """The notes that every shift is to be shown, the newest wording of each."""
    found: dict[int, Line] = {}
    for line in lines:
        if line.entry.kind is Kind.NOTE:
            found.pop(line.entry.corrects, None)
            if line.entry.flagged:
                found[line.seq] = line
    return list(found.values())
