"""How the alarm system itself does: load, floods, bad actors, standing and chattering alarms, promptness."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Query
from msgspec import structs
from pydantic import BaseModel, Field

from collector import state
from collector.alarms import book, health
from collector.alarms.health import Figures
from collector.feed import history, listing, promptness
from collector.feed.auth import Caller, Who
from collector.feed.context import Context, Here
from collector.feed.listing import Wanted
from collector.feed.models.kpi import BadActor, Kpi, PersonsPromptness, Promptness, Slot
from collector.feed.models.people import Language
from collector.feed.problems import described
from collector.feed.region import Region
from collector.feed.views import Shown
from collector.users.roles import Action

router = APIRouter(tags=["alarms"], responses=described())
_DAY_MS: Final = 86_400_000
_USUAL_DAYS: Final = 7
_MOST_DAYS: Final = 400


class Span(BaseModel):
    """A span of time; without one the last seven days."""

    lang: Language | None = None
    from_ms: int | None = Field(default=None, ge=0, le=2**53)
    to_ms: int | None = Field(default=None, ge=0, le=2**53)


@router.get("/kpi")
def kpi(who: Who, context: Here, asked: Annotated[Span, Query()]) -> Kpi:
    """Figures of a span of time, of the sites that may be read."""
    who.see_anywhere(Action.READ)
    now_ms, language = context.now_ms(), asked.lang or who.language
    to_ms = min(now_ms if asked.to_ms is None else asked.to_ms, now_ms)
    wanted_ms = to_ms - _USUAL_DAYS * _DAY_MS if asked.from_ms is None else asked.from_ms
    from_ms = max(wanted_ms, to_ms - _MOST_DAYS * _DAY_MS)
    with state.reading(context.engine) as connection:
        region = context.atlas.region(connection)
        calls = [
            call
            for call in book.calls(connection, from_ms)
            if call[0] < to_ms and _may_read(who, region, call[1])
        ]
        found = health.figures(calls, from_ms, to_ms)
        known = listing.keyed(connection, [*(key for key, _ in found.top), *found.chattering])
        listed = [
            one for one in listing.wanted(connection, Wanted()) if _may_read(who, region, one.alarm.key)
        ]
        waited = _waited(connection, from_ms, to_ms, who, region)
    standing = [one for one in listed if health.is_standing(one.alarm, now_ms)]
    chattering = [known[key] for key in found.chattering if key in known]
    return Kpi(
        per_10min=[Slot(t_ms=t_ms, n=n) for t_ms, n in found.per_10min],
        per_day=found.per_day,
        time_in_flood_share=found.time_in_flood_share,
        top=_top(found, known, context, region, language),
        standing=[context.texts.view(one, region, language) for one in standing],
        chattering=[context.texts.view(one, region, language) for one in chattering],
        time_to_ack=Promptness(**structs.asdict(health.promptness(wait for _, wait in waited))),
        priorities=list(found.priorities),
        by_person=_by_person(waited),
    )


def _may_read(who: Caller, region: Region, key: str) -> bool:
    return who.rights.may(Action.READ, region.group(history.site_of(key)))


def _waited(
    connection: sa.Connection, from_ms: int, to_ms: int, who: Caller, region: Region
) -> Sequence[tuple[str, int]]:
    entries = history.entries(connection, from_ms, to_ms)
    return promptness.waits(entry for entry in entries if _may_read(who, region, entry.key))


def _top(
    found: Figures, known: dict[str, Shown], context: Context, region: Region, language: str
) -> list[BadActor]:
    return [
        BadActor(key=key, title=context.texts.view(known[key], region, language).title, n=n)
        for key, n in found.top
        if key in known
    ]


def _by_person(waited: Iterable[tuple[str, int]]) -> list[PersonsPromptness]:
    each: dict[str, list[int]] = {}
    for by, wait_ms in waited:
        each.setdefault(by, []).append(wait_ms)
    return [
        PersonsPromptness(by=by, **structs.asdict(health.promptness(waits)))
        for by, waits in sorted(each.items(), key=lambda one: -len(one[1]))
    ]
