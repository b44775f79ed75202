"""What people and programs did: for administrators of all groups."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from collector import state
from collector.feed.auth import Who
from collector.feed.context import Here
from collector.feed.models.people import AuditLine, AuditPage
from collector.feed.problems import described
from collector.users import audit
from collector.users.audit import Line
from collector.users.roles import Action

router = APIRouter(tags=["people"], responses=described())


@router.get("/audit")
def list_deeds(
    who: Who,
    context: Here,
    before: Annotated[int | None, Query(ge=0, le=2**53, description="Older than this number.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """Who did what, from where, the newest first."""
    who.see_everywhere(Action.ADMINISTER)
    with state.reading(context.engine) as connection:
        found = audit.lines(connection, before_seq=before, limit=limit)
    next_before = found[-1].seq if len(found) == limit else None
    return AuditPage(lines=[_shown(one) for one in found], next_before=next_before)


def _shown(line: Line) -> AuditLine:
    entry = line.entry
    return AuditLine(
        seq=line.seq,
        t_ms=entry.t_ms,
        by=entry.by,
        address=entry.address,
        deed=entry.deed,
        target=entry.target,
        before=msgspec.json.decode(entry.before),
        after=msgspec.json.decode(entry.after),
    )
