"""Programs that are told of alarms."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from collector.notify import subscriptions
from collector.notify.delivery import State

_WRITTEN: Final = r"^[^\x00-\x20\x7f]*$"
"""What is written in a line without blanks."""
Word = Annotated[str, Field(min_length=1, max_length=63)]


class WebhookFilter(BaseModel):
    """What a receiver is told of; empty lists: everything."""

    sites: list[Word] = Field(default=[], max_length=100)
    codes: list[Word] = Field(default=[], max_length=100)
    priority: int = Field(default=4, ge=1, le=4, description="The least urgent that is told; 1 is the most.")


class Webhook(BaseModel):
    """A receiver."""

    model_config = ConfigDict(title="Webhook")

    id: int
    url: str
    secret: str | None = Field(description="Where the secret is found; null: it was drawn here.")
    filter: WebhookFilter
    after_seq: int = Field(description="Up to this number of the journal changes were entered for delivery.")
    by: str
    created_ms: int
    disabled: str = Field(description="Why nothing is delivered any more; empty: it is.")
    state: subscriptions.State = Field(
        description="new: nothing was sent yet; failing: the last attempt failed, more are made."
    )
    tried_ms: int | None = Field(description="The last attempt.")
    failing_ms: int | None = Field(description="Since when no attempt has succeeded; null: the last one did.")
    said: str = Field(description="What came of the last attempt.")
    waiting: int = Field(description="Deliveries still to be made.")
    dead: int = Field(description="Deliveries that are not tried any more by themselves.")


class WebhookList(BaseModel):
    """All receivers."""

    webhooks: list[Webhook]


class WebhookWanted(BaseModel):
    """A receiver that is to be told of what happens from now on."""

    url: str = Field(
        min_length=1, max_length=2000, pattern=_WRITTEN, examples=["https://109.example/hooks/alarms"]
    )
    secret: str | None = Field(
        default=None,
        max_length=200,
        pattern=_WRITTEN,
        description="env:NAME or credential:NAME; left out, one is drawn.",
    )
    filter: WebhookFilter = WebhookFilter()


class WebhookMade(Webhook):
    """A new receiver, with the secret that was drawn for it, which is shown this once."""

    model_config = ConfigDict(title="WebhookMade")

    drawn: str | None = Field(description="Null: the secret is found where `secret` says.")


class WebhookEnabled(BaseModel):
    """How a disabled receiver goes on."""

    from_now: bool = Field(default=False, description="What it has missed is not told.")


class WebhookTested(BaseModel):
    """A test that is under way: find it among the deliveries."""

    number: str = Field(description="What the receiver gets as webhook-id.")


class WebhookDelivery(BaseModel):
    """Something that was or is to be delivered."""

    id: int
    webhook: int
    number: str = Field(description="What the receiver gets as webhook-id.")
    subject: str = Field(description="The alarm.")
    state: State
    created_ms: int
    attempts: int = Field(description="Those that have failed.")
    next_ms: int = Field(description="When it is tried next, or was done.")
    said: str = Field(description="What the receiver, or the way to it, said last.")


class DeliveryList(BaseModel):
    """Deliveries, the newest first."""

    deliveries: list[WebhookDelivery]
