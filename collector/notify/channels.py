"""Messages to people, through apprise: e-mail, Telegram, gateways to SMS, whatever else has a URL there."""

import logging
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from collector.duty import NotifyTable
from collector.notify import attempts
from collector.notify.attempts import Outcome
from collector.notify.delivery import Delivery
from wire.broker import SecretError, secret

KIND: Final = "person"


class ChannelsUnusableError(Exception):
    """People cannot be told as it is configured: one sentence what is missing."""


class Paper(Struct, frozen=True, kw_only=True):
    """The body of a delivery to a person."""

    title: str
    body: str
    channel: str = ""
    """The reference of the channel that it is for."""
    topics: tuple[str, ...] = ()
    """What it is about; when all of them are over before it was sent, it is not."""
    alarms: tuple[str, ...] = ()
    """The keys of the alarms that it tells of, the worst first."""


def lane(person: str, channel: int | None = None) -> str:
    """The lane of a person's channel, counted from 0; None: what all of them begin with."""
    return f"{KIND}:{person}/{'' if channel is None else channel}"


def person_of(lane: str) -> str:
    """Whose lane it is."""
    return lane.partition(":")[2].rpartition("/")[0]


def check() -> None:
    """See that people can be told at all.

    Raises:
        ChannelsUnusableError: apprise is not installed.
    """
    _apprise()


class PersonCarrier:
    """Carries messages to the channels of people."""

    schedule: tuple[int, ...] = attempts.PERSON_S

    def __init__(self, plan: NotifyTable) -> None:
        """Import apprise.

        Raises:
            ChannelsUnusableError: it is not installed.
        """
        self._people = {person.name: person for person in plan.people}
        self._apprise = _apprise()

    def carry(self, one: Delivery) -> Outcome:
        """Try once."""
        person, paper = self._people.get(person_of(one.lane)), msgspec.json.decode(one.body, type=Paper)
        if person is None or paper.channel not in person.channels:
            return Outcome(said="the channel is no longer in the configuration", is_gone=True)
        try:
            return self._sent(secret(paper.channel), paper.channel, paper)
        except SecretError as error:
            return Outcome(said=str(error), is_lane_down=True)

    def note(self, transaction: sa.Connection, lane: str, outcome: Outcome, now_ms: int) -> None:
        """Nothing is kept of a channel."""

    def _sent(self, url: str, reference: str, paper: Paper) -> Outcome:
        to = self._apprise.Apprise()
        if not to.add(url):
            return Outcome(said=f"{reference} holds no URL that apprise knows", is_lane_down=True)
        with self._apprise.LogCapture(level=logging.WARNING) as heard:
            is_done = to.notify(body=paper.body, title=paper.title, body_format="text")
            last = heard.getvalue().strip().splitlines()[-1:]
        if is_done:
            return Outcome(is_done=True, said="sent")
        return Outcome(
            said=f"{reference} did not take it: {' '.join(last) or 'no reason given'}", is_lane_down=True
        )


def _apprise() -> Any:
    try:
        import apprise  # noqa: PLC0415 - only where [notify] is configured
    except ModuleNotFoundError as error:
        raise ChannelsUnusableError(
            f"[notify] needs {error.name}, which is not installed: pip install 'ulba[notify]'"
        ) from None
    return apprise
