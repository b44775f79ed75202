"""The event stream: every change of an alarm, in the order of the journal."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool

from collector.feed import auth
from collector.feed.context import Here
from collector.feed.hub import Client
from collector.feed.models.people import Language
from collector.feed.problems import described
from collector.feed.stream import EventStream
from collector.users.roles import Action

router = APIRouter(tags=["alarms"], responses=described())
_DIGITS: Final = 16
_EXAMPLE = 'id: 5\nevent: alarm\ndata: {"seq":5,"alarm":{},"change":{}}\n\n'


@router.get(
    "/stream",
    status_code=200,
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"example": _EXAMPLE}}}},
)
async def stream(
    request: Request,
    context: Here,
    lang: Language | None = None,
    after: Annotated[int | None, Query(ge=0, le=2**53, description="A number of the journal.")] = None,
    last_event_id: Annotated[str, Header()] = "",
) -> EventStream:
    """Follow alarms: `alarm`, `incident`, `flags`, `flood`, `beat` and `reload` (fetch /alarms anew)."""
    who = await run_in_threadpool(auth.find, request, context)
    who.see_anywhere(Action.READ)
    client = Client(lang or who.language, who.rights.groups(Action.READ), who.key)
    return EventStream(context.hub, client, _number(last_event_id, after))


def _number(text: str, otherwise: int | None) -> int | None:
    """A number of the journal that a browser sends back; anything else was not from here."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else otherwise
