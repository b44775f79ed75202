"""The alarm list, one alarm with its journal, and what people do to alarms."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response

from collector import state
from collector.alarms import book, health
from collector.alarms.alarm import Action as AlarmAction
from collector.alarms.alarm import Actor, Alarm, NotNowError
from collector.alarms.incidents import Incident as Group
from collector.alarms.lifecycle import State, Trigger
from collector.feed import listing, views
from collector.feed.auth import Caller, Who
from collector.feed.compressed import json_response
from collector.feed.context import Context, Here
from collector.feed.listing import Wanted
from collector.feed.models.alarms import (
    ActionDone,
    ActionWanted,
    AlarmFilter,
    AlarmList,
    Flood,
    Incident,
    RefusedAlarm,
    Verb,
)
from collector.feed.models.people import Language
from collector.feed.problems import ProblemCode, described
from collector.feed.region import Region
from collector.feed.views import Shown
from collector.users import audit
from collector.users.audit import Deed
from collector.users.roles import Action

router = APIRouter(tags=["alarms"], responses=described())
_ALLOWED_BY: Final = {
    Verb.ACKNOWLEDGE: Action.ACKNOWLEDGE,
    Verb.RESET: Action.RESET,
    Verb.SHELVE: Action.SHELVE,
    Verb.SUPPRESS: Action.SUPPRESS,
    Verb.REMOVE: Action.REMOVE,
}
_RELEASED_BY: Final = {State.SUPPRESSED: Action.SUPPRESS, State.OUT_OF_SERVICE: Action.REMOVE}
"""Whoever may put an alarm aside may release it."""


@router.get("/alarms", response_model=AlarmList)
def list_alarms(
    request: Request, who: Who, context: Here, asked: Annotated[AlarmFilter, Query()]
) -> Response:
    """What a dispatcher's list shows, and the journal number at which the stream goes on."""
    who.see_anywhere(Action.READ)
    wanted = Wanted(site=asked.site, priority=asked.priority, state=asked.state, aside=asked.aside)
    with state.reading(context.engine) as connection:
        seq = book.last_seq(connection)
        region = context.atlas.region(connection)
        shown = [one for one in listing.wanted(connection, wanted) if _may_read(who, region, one)]
        found = listing.incidents(connection, {one.incident for one in shown})
        flood = _flood(connection, [one.alarm for one in shown], context.now_ms())
    language = asked.lang or who.language
    alarms = b",".join(context.texts.encoded(one, region, language) for one in shown)
    struck = _incidents(found, shown, region, language)
    body = b'{"seq":%d,"server_ms":%d,"alarms":[%b],"incidents":[%b],"flood":%b}' % (
        seq,
        context.now_ms(),
        alarms,
        b",".join(one.model_dump_json().encode() for one in struck),
        flood.model_dump_json().encode() if flood else b"null",
    )
    return json_response(request, body)


def _flood(connection: sa.Connection, listed: Sequence[Alarm], now_ms: int) -> Flood | None:
    raised = [t_ms for t_ms, _, _ in book.calls(connection, now_ms - health.FLOOD_LOOK_MS)]
    found = health.flood(raised, listed, now_ms)
    return Flood(**msgspec.structs.asdict(found)) if found else None


def _incidents(
    found: Sequence[Group], shown: Sequence[Shown], region: Region, language: str
) -> list[Incident]:
    ordered = sorted(shown, key=lambda one: one.incident)
    inside = {number: list(ones) for number, ones in groupby(ordered, key=lambda one: one.incident)}
    return [views.incident(one, (s.alarm for s in inside.get(one.id, ())), region, language) for one in found]


def _may_read(who: Caller, region: Region, shown: Shown) -> bool:
    return who.rights.may(Action.READ, region.group(shown.alarm.gateway.site))


@router.post("/alarms/actions")
def act(wanted: ActionWanted, who: Who, context: Here, lang: Language | None = None) -> ActionDone:
    """Do something to alarms, to each for itself: what could not be done to one is told beside it."""
    seen = {one.key: one.occurrence for one in wanted.alarms}
    with state.writing(context.engine) as transaction:
        region = context.atlas.region(transaction)
        book.lock(transaction)
        allowed, refused = _allowed(transaction, who, wanted, region)
        done = context.desk.act(
            transaction,
            allowed,
            _asked(wanted),
            by=Actor(who.actor.name, who.actor.address),
            now_ms=context.now_ms(),
            seen=seen,
        )
        refused += [_refused(key, error) for key, error in done.refused.items()]
        changed = listing.keyed(transaction, [alarm.key for alarm in done.alarms])
        if changed:
            _note(transaction, context, who, wanted, list(changed))
    context.wake()
    language = lang or who.language
    return ActionDone(
        done=[context.texts.view(one, region, language) for one in changed.values()], refused=refused
    )


def _allowed(
    connection: sa.Connection, who: Caller, wanted: ActionWanted, region: Region
) -> tuple[list[str], list[RefusedAlarm]]:
    """The alarms to which this person may do it, and those not; what may not be read is not there."""
    known = listing.keyed(connection, list({one.key for one in wanted.alarms}))
    allowed, refused = [], []
    for key in dict.fromkeys(one.key for one in wanted.alarms):
        found = known.get(key)
        if found is None or not _may_read(who, region, found):
            refused.append(_unknown(key))
            continue
        needed = _needed(wanted.action, found.alarm.state)
        group = region.group(found.alarm.gateway.site)
        if who.rights.may(needed, group):
            allowed.append(key)
        else:
            refused.append(_not_allowed(key, needed, group))
    return allowed, refused


def _needed(verb: Verb, now: State) -> Action:
    return _RELEASED_BY.get(now, Action.SHELVE) if verb is Verb.RELEASE else _ALLOWED_BY[verb]


def _unknown(key: str) -> RefusedAlarm:
    return RefusedAlarm(
        key=key, code=ProblemCode.UNKNOWN_ALARM, params={}, detail=f"there is no alarm `{key}`"
    )


def _not_allowed(key: str, needed: Action, group: str) -> RefusedAlarm:
    params = {"action": needed.value, "group": group}
    return RefusedAlarm(
        key=key, code=ProblemCode.NOT_ALLOWED, params=params, detail=f"you may not {needed} here"
    )


def _refused(key: str, error: NotNowError) -> RefusedAlarm:
    return RefusedAlarm(key=key, code=ProblemCode(error.code), params=error.params, detail=str(error))


def _asked(wanted: ActionWanted) -> AlarmAction:
    """A work permit stands before the comment, where everybody reads it."""
    comment = f"№ {wanted.permit}: {wanted.comment}" if wanted.permit else wanted.comment
    return AlarmAction(trigger=Trigger(wanted.action), comment=comment, until_ms=wanted.until_ms)


def _note(
    transaction: sa.Connection, context: Context, who: Caller, wanted: ActionWanted, keys: Iterable[str]
) -> None:
    said = {"action": wanted.action, "comment": wanted.comment, "alarms": list(keys)}
    audit.note(transaction, Deed.ALARM_ACTION, who.actor, context.now_ms(), after=said)
