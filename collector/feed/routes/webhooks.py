"""Programs that are told of alarms, and what became of it: for administrators of all groups."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query

from collector import state
from collector.feed.auth import Who
from collector.feed.context import Here
from collector.feed.models.webhooks import (
    DeliveryList,
    Webhook,
    WebhookDelivery,
    WebhookEnabled,
    WebhookFilter,
    WebhookList,
    WebhookMade,
    WebhookTested,
    WebhookWanted,
)
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.notify import delivery, subscriptions
from collector.notify.delivery import Delivery, State
from collector.notify.post import BadUrlError, receiver, see_reference
from collector.notify.signature import PREFIX, BadSecretError
from collector.notify.subscriptions import Filter, Subscription, TooManyError
from collector.users import audit
from collector.users.audit import Deed
from collector.users.roles import Action

router = APIRouter(tags=["webhooks"], responses=described(404, 409))
Number = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("/webhooks")
def list_webhooks(who: Who, context: Here) -> WebhookList:
    """All receivers."""
    who.see_everywhere(Action.ADMINISTER)
    with state.reading(context.engine) as connection:
        waiting, dead = (delivery.counts(connection, of) for of in (State.WAITING, State.DEAD))
        found = subscriptions.every(connection)
    return WebhookList(
        webhooks=[_shown(one, waiting=waiting.get(one.lane, 0), dead=dead.get(one.lane, 0)) for one in found]
    )


@router.post("/webhooks", status_code=201)
def add_webhook(wanted: WebhookWanted, who: Who, context: Here) -> WebhookMade:
    """Tell a receiver of what happens from now on; a secret that was drawn is in this answer only."""
    who.see_everywhere(Action.ADMINISTER)
    _see_fit(wanted)
    asked, now_ms = wanted.filter, context.now_ms()
    drawn = None if wanted.secret else subscriptions.drawn_secret()
    kept = Filter(sites=tuple(asked.sites), codes=tuple(asked.codes), priority=asked.priority)
    with state.writing(context.engine) as transaction:
        try:
            number = subscriptions.add(
                transaction, wanted.url, wanted.secret or drawn or "", kept, by=who.actor.name, now_ms=now_ms
            )
        except TooManyError as error:
            raise ProblemError(409, ProblemCode.TOO_MANY_WEBHOOKS, str(error)) from None
        shown = _shown(_known(transaction, number))
        audit.note(
            transaction,
            Deed.WEBHOOK_ADDED,
            who.actor,
            now_ms,
            target=f"{number} {wanted.url}",
            after=shown.model_dump(),
        )
    return WebhookMade(drawn=drawn, **shown.model_dump())


@router.delete("/webhooks/{number}", status_code=204)
def remove_webhook(number: Number, who: Who, context: Here) -> None:
    """Tell a receiver nothing more; what waits for it is dropped."""
    who.see_everywhere(Action.ADMINISTER)
    with state.writing(context.engine) as transaction:
        known = _known(transaction, number)
        subscriptions.remove(transaction, number)
        audit.note(
            transaction,
            Deed.WEBHOOK_REMOVED,
            who.actor,
            context.now_ms(),
            target=f"{number} {known.url}",
            before=_shown(known).model_dump(),
        )


@router.post("/webhooks/{number}/enable", status_code=204)
def enable_webhook(number: Number, wanted: WebhookEnabled, who: Who, context: Here) -> None:
    """Tell a receiver again that said it wanted nothing more: what it has missed, or only what comes."""
    who.see_everywhere(Action.ADMINISTER)
    now_ms = context.now_ms()
    with state.writing(context.engine) as transaction:
        known = _known(transaction, number)
        if not known.disabled:
            raise ProblemError(409, ProblemCode.WEBHOOK_CHANGED, "the webhook is not disabled")
        subscriptions.enable(transaction, known, now_ms, from_now=wanted.from_now)
        audit.note(
            transaction,
            Deed.WEBHOOK_ENABLED,
            who.actor,
            now_ms,
            target=f"{number} {known.url}",
            before=known.disabled,
            after=wanted.model_dump(),
        )


@router.post("/webhooks/{number}/test", status_code=201)
def send_test(number: Number, who: Who, context: Here) -> WebhookTested:
    """Send a receiver an event that nothing has happened; what comes of it stands among the deliveries."""
    who.see_everywhere(Action.ADMINISTER)
    now_ms = context.now_ms()
    with state.writing(context.engine) as transaction:
        known = _known(transaction, number)
        if known.disabled:
            raise ProblemError(409, ProblemCode.WEBHOOK_CHANGED, "the webhook is disabled: enable it first")
        sent = subscriptions.test(transaction, known, context.webhooks().source, now_ms)
        audit.note(
            transaction, Deed.WEBHOOK_TESTED, who.actor, now_ms, target=f"{number} {known.url}", after=sent
        )
    return WebhookTested(number=sent)


@router.post("/webhooks/{number}/retry", status_code=204)
def retry_webhook(number: Number, who: Who, context: Here) -> None:
    """Try everything once more that a receiver did not take in the end."""
    who.see_everywhere(Action.ADMINISTER)
    now_ms = context.now_ms()
    with state.writing(context.engine) as transaction:
        known = _known(transaction, number)
        count = delivery.retry(transaction, now_ms, lanes=[known.lane])
        audit.note(
            transaction, Deed.WEBHOOK_RETRIED, who.actor, now_ms, target=f"{number} {known.url}", after=count
        )


@router.get("/webhooks/deliveries")
def list_deliveries(
    who: Who,
    context: Here,
    only: Annotated[State | None, Query(alias="state")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DeliveryList:
    """What was or is to be delivered, and what nobody took in the end."""
    who.see_everywhere(Action.ADMINISTER)
    with state.reading(context.engine) as connection:
        lanes = [one.lane for one in subscriptions.every(connection)]
        found = delivery.listed(connection, lanes=lanes, only=only, limit=limit)
    return DeliveryList(deliveries=[_told(one) for one in found])


@router.post("/webhooks/deliveries/{number}/retry", status_code=204)
def retry_delivery(number: Number, who: Who, context: Here) -> None:
    """Try what is dead once more, from its first attempt."""
    who.see_everywhere(Action.ADMINISTER)
    now_ms = context.now_ms()
    with state.writing(context.engine) as transaction:
        lanes = [one.lane for one in subscriptions.every(transaction)]
        if not delivery.retry(transaction, now_ms, ids=[number], lanes=lanes):
            raise ProblemError(404, ProblemCode.NOT_FOUND, "there is no dead delivery of this number")
        audit.note(transaction, Deed.WEBHOOK_RETRIED, who.actor, now_ms, target=str(number))


def _see_fit(wanted: WebhookWanted) -> None:
    try:
        receiver(wanted.url)
        if wanted.secret is not None:
            see_reference(wanted.secret)
    except BadUrlError as error:
        raise ProblemError(422, ProblemCode.URL_UNFIT, str(error)) from None
    except BadSecretError as error:
        raise ProblemError(422, ProblemCode.SECRET_UNFIT, str(error)) from None


def _known(connection: sa.Connection, number: int) -> Subscription:
    known = subscriptions.find(connection, number)
    if known is None:
        raise ProblemError(404, ProblemCode.NOT_FOUND, "there is no such webhook")
    return known


def _shown(one: Subscription, *, waiting: int = 0, dead: int = 0) -> Webhook:
    """Everything but a secret that was drawn here."""
    wanted = one.filter
    return Webhook(
        id=one.id,
        url=one.url,
        secret=None if one.secret.startswith(PREFIX) else one.secret,
        filter=WebhookFilter(sites=list(wanted.sites), codes=list(wanted.codes), priority=wanted.priority),
        after_seq=one.after_seq,
        by=one.by,
        created_ms=one.created_ms,
        disabled=one.disabled,
        state=one.state,
        tried_ms=one.tried_ms or None,
        failing_ms=one.failing_ms or None,
        said=one.said,
        waiting=waiting,
        dead=dead,
    )


def _told(one: Delivery) -> WebhookDelivery:
    return WebhookDelivery(
        id=one.id,
        webhook=int(one.lane.partition(":")[2]),
        number=one.number,
        subject=one.order_key,
        state=one.state,
        created_ms=one.created_ms,
        attempts=one.attempts,
        next_ms=one.next_ms,
        said=one.said,
    )
