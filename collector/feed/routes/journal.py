"""The journal of alarms, and one alarm with its own."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from collector import state
from collector.feed import history, listing
from collector.feed.auth import Who
from collector.feed.context import Here
from collector.feed.history import Wanted, Words
from collector.feed.models.alarms import AlarmHistory, JournalLine, SiteName
from collector.feed.models.people import Language
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.users.roles import Action

router = APIRouter(tags=["alarms"], responses=described())
_LINES = 500


class JournalFilter(BaseModel):
    """Which entries."""

    lang: Language | None = None
    before: int | None = Field(default=None, ge=0, le=2**53, description="Older than this number.")
    limit: int = Field(default=100, ge=1, le=_LINES)
    from_ms: int = Field(default=0, ge=0, le=2**53)
    to_ms: int = Field(default=2**53, ge=0, le=2**53)
    site: SiteName | None = None
    code: str | None = Field(default=None, max_length=40)
    by: str | None = Field(default=None, max_length=64)
    q: str = Field(default="", max_length=200, description="Words, all of which must be in the texts.")


class JournalPage(BaseModel):
    """Entries, the newest first; `next_before` says where to go on, also after an empty page."""

    lines: list[JournalLine]
    next_before: int | None


@router.get("/journal")
def journal(who: Who, context: Here, asked: Annotated[JournalFilter, Query()]) -> JournalPage:
    """What happened to alarms and who did it, the newest first."""
    who.see_anywhere(Action.READ)
    with state.reading(context.engine) as connection:
        region = context.atlas.region(connection)
        words = Words(region, asked.lang or who.language, context.zone)
        wanted = Wanted(**asked.model_dump(exclude={"lang"}))
        found = history.search(
            connection, wanted, words, lambda site: who.rights.may(Action.READ, region.group(site))
        )
    return JournalPage(lines=found.lines, next_before=found.next_before)


@router.get("/alarm", responses=described(404))
def one_alarm(
    who: Who, context: Here, key: Annotated[str, Query(max_length=400)], lang: Language | None = None
) -> AlarmHistory:
    """An alarm with the newest of its journal."""
    language = lang or who.language
    with state.reading(context.engine) as connection:
        region = context.atlas.region(connection)
        shown = listing.keyed(connection, [key.replace("\0", "")]).get(key)
        if shown is None or not who.rights.may(Action.READ, region.group(shown.alarm.gateway.site)):
            raise ProblemError(404, ProblemCode.UNKNOWN_ALARM, "there is no such alarm")
        words = Words(region, language, context.zone)
        found = history.search(connection, Wanted(key=key, limit=_LINES), words, lambda _: True)
    return AlarmHistory(alarm=context.texts.view(shown, region, language), journal=found.lines)
