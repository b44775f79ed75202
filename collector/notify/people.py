"""One look at the alarms, and what people are told because of it: all of it one transaction."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from msgspec import structs

from collector import gateways, state
from collector.alarms import book, health
from collector.alarms.alarm import Alarm
from collector.alarms.kinds import Kinds
from collector.alarms.lifecycle import State
from collector.duty import NotifyTable, PersonTable
from collector.notify import channels, delivery, escalation, rota, wording
from collector.notify.channels import Paper
from collector.notify.delivery import Parcel
from collector.notify.escalation import Decision, Message, Region, Round, Topic
from collector.notify.wording import Affair, Reader
from collector.settings import SiteTable
from wire.messages import About
from wire.titles import by_language, in_language, plain
from wire.topics import Gateway

CALLING: Final = (State.UNACKNOWLEDGED, State.LATCHED_UNACKNOWLEDGED)
FLOOD_SEEN_MS: Final = 7_200_000
"""A flood that began earlier is seen by what came since."""
WORTH_MS: Final = 7_200_000
"""A message that has not left for so long is worth nothing any more."""
ALARMS_NAMED: Final = 100
"""Of one message, to whoever looks what it was about."""
_round = msgspec.json.Decoder(Round)


class Duty:
    """The people of a plan; `look` is called again and again, each time in a transaction of its own."""

    def __init__(self, plan: NotifyTable, sites: Iterable[SiteTable], kinds: Kinds) -> None:
        self._kinds = kinds
        self._plan, self._zone = plan, ZoneInfo(plan.zone)
        self._people = {person.name: person for person in plan.people}
        self._sites = {site.site: site.title for site in sites}

    def is_idle(self, connection: sa.Connection) -> bool:
        """Whether `look` would find nothing at all."""
        return not book.in_states(connection, (*CALLING, State.RETURNED)) and not _rounds(connection)

    def look(self, transaction: sa.Connection, now_ms: int) -> None:
        """Decide whom to tell, and enter it for delivery."""
        alarms = book.in_states(transaction, (*CALLING, State.RETURNED))
        rounds = _rounds(transaction)
        affairs = _affairs(alarms)
        region = _region(transaction, alarms, affairs, rounds, now_ms)
        local = datetime.fromtimestamp(now_ms / 1000, self._zone)
        decision = escalation.decide(
            region, rounds, self._plan, now_ms=now_ms, local=local, on_duty=rota.on_duty
        )
        _save(transaction, rounds, decision)
        _drop(transaction, {topic.id for topic in region.topics})
        if decision.messages:
            self._enter(transaction, decision, affairs, is_flood=region.is_flood, now_ms=now_ms)

    def test(self, transaction: sa.Connection, name: str, now_ms: int) -> str:
        """Send somebody a message that nothing has happened; its number."""
        person = self._people[name]
        number = f"test-{time.monotonic_ns()}"
        paper = Paper(**structs.asdict(wording.test_letter(person)))
        delivery.enter(transaction, _parcels(person, number, paper, now_ms, asked=True), now_ms)
        return number

    def _enter(
        self,
        transaction: sa.Connection,
        decision: Decision,
        affairs: Mapping[str, tuple[Alarm, ...]],
        *,
        is_flood: bool,
        now_ms: int,
    ) -> None:
        abouts = dict(gateways.newest(transaction, About))
        since = {one.topic: one.since_ms for one in decision.rounds}
        told = {
            topic: Affair(alarms=alarms, since_ms=since.get(topic, now_ms))
            for topic, alarms in affairs.items()
        }
        for message in decision.messages:
            person = self._people[message.person]
            reader = Reader(
                person=person,
                abouts=abouts,
                kinds=self._kinds,
                sites=self._titles(abouts, person.language),
                zone=self._zone,
                console=self._plan.console,
                is_flood=is_flood,
                now_ms=now_ms,
            )
            letter, topics = wording.letter(message.calls, told, reader), _topics(message)
            about = tuple(alarm.key for topic in topics for alarm in affairs.get(topic, ()))[:ALARMS_NAMED]
            paper = Paper(title=letter.title, body=letter.body, topics=topics, alarms=about)
            delivery.enter(transaction, _parcels(person, message.id, paper, now_ms), now_ms)

    def _titles(self, abouts: Mapping[Gateway, About], language: str) -> dict[str, str]:
        """What people call the sites: the centre, else their gateways."""
        told = {
            gateway.site: in_language(about.site_title, about.site_titles, language)
            for gateway, about in abouts.items()
        }
        listed = {
            site: in_language(plain(title), by_language(title), language)
            for site, title in self._sites.items()
        }
        return {site: title for site, title in (*told.items(), *listed.items()) if title}


def _topics(message: Message) -> tuple[str, ...]:
    return tuple(dict.fromkeys(call.topic for call in message.calls))


def _parcels(
    person: PersonTable, number: str, paper: Paper, now_ms: int, *, asked: bool = False
) -> list[Parcel]:
    return [
        Parcel(
            lane=channels.lane(person.name, place),
            order_key=number,
            number=number,
            body=msgspec.json.encode(structs.replace(paper, channel=channel)),
            expires_ms=now_ms + WORTH_MS,
            asked=asked,
        )
        for place, channel in enumerate(person.channels)
    ]


def _affairs(alarms: Iterable[Alarm]) -> dict[str, tuple[Alarm, ...]]:
    """Topic → its alarms that call, the worst first; a topic of which nothing calls has none."""
    found: dict[str, list[Alarm]] = {}
    for alarm in sorted(alarms, key=lambda one: (one.priority, one.changed_ms, one.key)):
        found.setdefault(_topic(alarm), []).extend([alarm] if alarm.state in CALLING else [])
    return {topic: tuple(members) for topic, members in found.items()}


def _topic(alarm: Alarm) -> str:
    return f"incident {alarm.incident}" if alarm.incident else alarm.key


def _region(
    connection: sa.Connection,
    alarms: Iterable[Alarm],
    affairs: Mapping[str, tuple[Alarm, ...]],
    rounds: Iterable[Round],
    now_ms: int,
) -> Region:
    worst = {_topic(one): one.priority for one in sorted(alarms, key=lambda one: -one.priority)}
    raised = [t_ms for t_ms, _, _ in book.calls(connection, now_ms - FLOOD_SEEN_MS)]
    heard = {
        channels.person_of(lane): t_ms for lane, t_ms in delivery.newest(connection, f"{channels.KIND}:")
    }
    return Region(
        topics=tuple(Topic(id=topic, priority=worst[topic]) for topic, of in affairs.items() if of),
        quiet=frozenset(topic for topic, of in affairs.items() if not of),
        is_flood=any(span.until_ms is None for span in health.floods(raised, now_ms)),
        heard_ms=heard,
        failed=delivery.failed(connection, {told.message for one in rounds for told in one.told}),
    )


def _rounds(connection: sa.Connection) -> list[Round]:
    return [_round.decode(message) for (message,) in connection.execute(sa.select(state.rounds.c.message))]


def _save(transaction: sa.Connection, before: Iterable[Round], decision: Decision) -> None:
    table = state.rounds
    old = {one.topic: one for one in before}
    new = {one.topic: one for one in decision.rounds}
    if gone := sorted(set(old) - set(new)):
        transaction.execute(table.delete().where(table.c.topic.in_(gone)))
    rows = [
        {"topic": topic, "message": msgspec.json.encode(one)}
        for topic, one in new.items()
        if old.get(topic) != one
    ]
    if rows:
        entry = state.insert(transaction, table)
        renewed = {"message": entry.excluded.message}
        transaction.execute(entry.on_conflict_do_update(index_elements=[table.c.topic], set_=renewed), rows)


def _drop(transaction: sa.Connection, calling: set[str]) -> None:
    """Messages that have not left and whose topics are all over or acknowledged are not sent any more."""
    for one in delivery.waiting(transaction, f"{channels.KIND}:"):
        topics = msgspec.json.decode(one.body, type=Paper).topics
        if topics and not calling & set(topics):
            delivery.note_failed(transaction, one.id, "acknowledged or over before it was sent", None)
