"""Programs that are told of alarms, and what became of it: for administrators of all groups."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from collector import state
from collector.feed.auth import Who
from collector.feed.context import Here
from collector.feed.models.webhooks import (
    DeliveryList,
    Webhook,
    WebhookDelivery,
    WebhookFilter,
    WebhookList,
    WebhookMade,
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
        return WebhookList(webhooks=[_shown(one) for one in subscriptions.every(connection)])


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
            raise ProblemError(409, ProblemCode.INVALID_REQUEST, str(error)) from None
        made = subscriptions.find(transaction, number)
        assert made is not None
        shown = _shown(made)
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
        known = subscriptions.find(transaction, number)
        if known is None:
            raise ProblemError(404, ProblemCode.NOT_FOUND, "there is no such webhook")
        subscriptions.remove(transaction, number)
        audit.note(
            transaction,
            Deed.WEBHOOK_REMOVED,
            who.actor,
            context.now_ms(),
            target=f"{number} {known.url}",
            before=_shown(known).model_dump(),
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
    except (BadUrlError, BadSecretError) as error:
        raise ProblemError(422, ProblemCode.INVALID_REQUEST, str(error)) from None


def _shown(one: Subscription) -> Webhook:
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
