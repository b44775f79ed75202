"""What was sent to people: who, by which channel, about which alarms, when, and what came of it.

What was delivered is listed for a week, what was not for a month: as long as deliveries are kept.
"""

from typing import Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from collector.notify import channels, delivery
from collector.notify.channels import Paper
from collector.notify.delivery import Delivery, State

_paper: Final = msgspec.json.Decoder(Paper)


class Sent(Struct, frozen=True, kw_only=True):
    """One message to one channel of a person."""

    id: int
    person: str
    channel: str
    """The reference that stands in the configuration."""
    title: str
    body: str
    alarms: tuple[str, ...]
    """Keys, the worst first; none: a test."""
    state: State
    decided_ms: int
    attempts: int
    """Those that have failed."""
    done_ms: int | None
    """When the channel took it."""
    next_ms: int | None
    """When it is tried next."""
    said: str
    """What came of the last attempt, or why none is made."""


def listed(
    connection: sa.Connection,
    *,
    person: str | None = None,
    only: State | None = None,
    before: int | None = None,
    limit: int,
) -> list[Sent]:
    """The newest messages, the newest first.

    Args:
        connection: to the state database.
        person: only to this one.
        only: only what stands so.
        before: only what is older than the one of this number.
        limit: at most so many.
    """
    prefix = f"{channels.KIND}:" if person is None else channels.lane(person)
    found = delivery.listed(connection, prefix=prefix, only=only, before=before, limit=limit)
    return [_sent(one) for one in found]


def _sent(one: Delivery) -> Sent:
    paper = _paper.decode(one.body)
    return Sent(
        id=one.id,
        person=channels.person_of(one.lane),
        channel=paper.channel,
        title=paper.title,
        body=paper.body,
        alarms=paper.alarms,
        state=one.state,
        decided_ms=one.created_ms,
        attempts=one.attempts,
        done_ms=one.next_ms if one.state is State.DONE else None,
        next_ms=one.next_ms if one.state is State.WAITING else None,
        said=one.said,
    )
