"""What was sent to people, and what came of it: for administrators of all groups."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from collector import state
from collector.feed.auth import Who
from collector.feed.context import Here
from collector.feed.models.notify import SentMessage, SentPage
from collector.feed.models.people import PLAIN
from collector.feed.problems import described
from collector.notify import sent
from collector.notify.delivery import State
from collector.users.roles import Action

router = APIRouter(tags=["notify"], responses=described())


@router.get("/notify/sent")
def list_sent(
    who: Who,
    context: Here,
    *,
    person: Annotated[str | None, Query(max_length=63, pattern=PLAIN)] = None,
    only: Annotated[State | None, Query(alias="state")] = None,
    before: Annotated[int | None, Query(ge=0, le=2**53, description="Older than this number.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> SentPage:
    """Who was told what by which channel, and whether it took it; kept for a week, failures for a month."""
    who.see_everywhere(Action.ADMINISTER)
    with state.reading(context.engine) as connection:
        found = sent.listed(connection, person=person, only=only, before=before, limit=limit)
    shown = [SentMessage.model_validate(msgspec.to_builtins(one)) for one in found]
    return SentPage(sent=shown, next_before=found[-1].id if len(found) == limit else None)
