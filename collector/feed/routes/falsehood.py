"""A person's word that an anomaly was none: the alarm is marked, its gateway learns from it."""

import secrets
from typing import Final

import sqlalchemy as sa
from fastapi import APIRouter

from collector import state
from collector.alarms.alarm import Action as AlarmAction
from collector.alarms.alarm import Actor
from collector.alarms.lifecycle import Trigger
from collector.commands import book
from collector.feed import listing
from collector.feed.auth import Caller, Who
from collector.feed.context import Here
from collector.feed.models.alarms import Alarm, FalseWanted
from collector.feed.models.people import Language
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.feed.region import Region
from collector.feed.views import Shown
from collector.users import audit
from collector.users.audit import Deed
from collector.users.roles import Action
from wire.messages import AlarmCode, Command, Rebaseline

router = APIRouter(tags=["alarms"], responses=described(404, 409))
_WAITS_MS: Final = 24 * 3_600_000
"""So long the command waits for a gateway that is away."""


@router.post("/alarms/false")
def confirm_false(wanted: FalseWanted, who: Who, context: Here, lang: Language | None = None) -> Alarm:
    """Confirm that an anomaly was none: a command tells its gateway that what was seen is normal."""
    now_ms = context.now_ms()
    with state.writing(context.engine) as transaction:
        region = context.atlas.region(transaction)
        shown = _found(transaction, wanted, who, region)
        gateway, device = shown.alarm.gateway, _device(shown, region)
        order = Rebaseline(device=device)
        command = Command(
            id=secrets.token_hex(8),
            t_ms=now_ms,
            expires_ms=now_ms + _WAITS_MS,
            by=who.actor.name,
            order=order,
        )
        book.enter(transaction, gateway, command)
        word = AlarmAction(
            trigger=Trigger.FALSE,
            comment=wanted.comment,
            occurrence=wanted.occurrence,
            command=command.id,
        )
        by = Actor(who.actor.name, who.actor.address)
        done = context.desk.act(transaction, [wanted.key], word, by=by, now_ms=now_ms)
        for key, error in done.refused.items():
            raise ProblemError(409, ProblemCode(error.code), str(error), key=key)
        said = {"comment": wanted.comment, "command": command.id}
        audit.note(transaction, Deed.ALARM_FALSE, who.actor, now_ms, target=wanted.key, after=said)
        marked = listing.keyed(transaction, [wanted.key])[wanted.key]
    context.wake()
    return context.texts.view(marked, region, lang or who.language)


def _found(connection: sa.Connection, wanted: FalseWanted, who: Caller, region: Region) -> Shown:
    shown = listing.keyed(connection, [wanted.key]).get(wanted.key)
    group = region.group(shown.alarm.gateway.site) if shown else ""
    if shown is None or not who.rights.may(Action.READ, group):
        raise ProblemError(404, ProblemCode.UNKNOWN_ALARM, "there is no such alarm")
    who.see(Action.FALSE, group)
    event = shown.alarm.event
    if event.code != AlarmCode.ANOMALY:
        raise ProblemError(
            409,
            ProblemCode.NOT_AN_ANOMALY,
            "only an anomaly can be confirmed false; change a limit that is too narrow instead",
            is_code=event.code,
        )
    if event.id != wanted.occurrence:
        raise ProblemError(
            409, ProblemCode.RAISED_ANEW, "the alarm was raised anew meanwhile", occurrence=event.id
        )
    return shown


def _device(shown: Shown, region: Region) -> str:
    """The device the gateway is to learn anew; one it does not have any more cannot."""
    name = shown.alarm.event.device or ""
    known = region.gateways.get(shown.alarm.gateway)
    if name not in {one.name for one in (known.about.devices if known and known.about else ())}:
        raise ProblemError(
            409, ProblemCode.UNKNOWN_DEVICE, f"the gateway has no device `{name}` any more", device=name
        )
    return name
