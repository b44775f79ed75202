"""The degree of adverse weather conditions: what is in force, and entering one."""

from fastapi import APIRouter
from msgspec import structs

from collector import announced, nmu, state
from collector.feed.auth import Who
from collector.feed.context import Here
from collector.feed.models.shifts import Nmu, NmuState, NmuWanted
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.nmu import Entry
from collector.users.roles import Action

router = APIRouter(tags=["sites"], responses=described())


@router.get("/nmu")
def degrees(who: Who, context: Here) -> NmuState:
    """The degree that is in force, and what was entered."""
    who.see_anywhere(Action.READ)
    with state.reading(context.engine) as connection:
        return _state(nmu.entries(connection), context.now_ms())


@router.put("/nmu")
def enter(wanted: NmuWanted, who: Who, context: Here) -> NmuState:
    """Enter a degree for a time."""
    who.see_anywhere(Action.NMU)
    if wanted.to_ms <= wanted.from_ms:
        raise ProblemError(422, ProblemCode.INVALID_REQUEST, "to_ms must be after from_ms", where="to_ms")
    now_ms = context.now_ms()
    entry = Entry(by=who.actor.name, t_ms=now_ms, **wanted.model_dump())
    with state.writing(context.engine) as transaction:
        announced.enter(transaction, entry, who.actor)
        return _state(nmu.entries(transaction), now_ms)


def _state(known: list[Entry], now_ms: int) -> NmuState:
    current = nmu.in_force(known, now_ms)
    return NmuState(current=_shown(current) if current else None, entries=[_shown(one) for one in known])


def _shown(entry: Entry) -> Nmu:
    return Nmu(**structs.asdict(entry))
