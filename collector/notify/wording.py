"""A message in its reader's language. Pure; the texts of alarms come from `wire.texts`."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Final

from msgspec import Struct

from collector.alarms.alarm import Alarm
from collector.alarms.kinds import Kinds
from collector.duty import PersonTable
from collector.notify.escalation import Call, Kind
from wire.messages import About
from wire.texts import LANGUAGES, Names, names_of, render
from wire.texts.notices import NOTICES, Notices
from wire.texts.showing import duration, moment
from wire.topics import Gateway

INCIDENTS_TOLD: Final = 3
ALARMS_TOLD: Final = 3
"""A message is read on a telephone at night."""
PLACES_TOLD: Final = 4


class Letter(Struct, frozen=True):
    """A message for apprise."""

    title: str
    body: str


class Affair(Struct, frozen=True, kw_only=True):
    """An incident as it is told: what of it stands unacknowledged, the worst first; since when it is told."""

    alarms: tuple[Alarm, ...]
    since_ms: int


class Reader(Struct, frozen=True, kw_only=True):
    """For whom, and how things are called."""

    person: PersonTable
    abouts: Mapping[Gateway, About]
    kinds: Kinds
    sites: Mapping[str, str]
    """Site → what people call it in the reader's language."""
    zone: tzinfo | None
    console: str
    is_flood: bool
    now_ms: int


def letter(calls: Sequence[Call], affairs: Mapping[str, Affair], reader: Reader) -> Letter:
    """What a person is told.

    Args:
        calls: of one message, the most urgent first.
        affairs: by topic.
        reader: who.
    """
    notices = NOTICES[reader.person.language]
    by_topic = {call.topic: call for call in reversed(calls) if call.topic in affairs}
    told = [
        (by_topic[topic], affairs[topic])
        for topic in dict.fromkeys(c.topic for c in calls)
        if topic in by_topic
    ]
    alarms = [alarm for _, affair in told for alarm in affair.alarms]
    title = notices.places.format(
        urgency=notices.urgency[calls[0].priority - 1], places=_places(alarms, reader), count=len(alarms)
    )
    parts = [_incident(call, affair, reader, notices) for call, affair in told[:INCIDENTS_TOLD]]
    if len(told) > INCIDENTS_TOLD:
        parts.append(notices.more_incidents.format(count=len(told) - INCIDENTS_TOLD))
    if reader.is_flood:
        parts.append(notices.flood)
    parts.append(notices.acknowledge)
    if reader.console:
        parts.append(notices.console.format(console=reader.console))
    return Letter(title, "\n\n".join(parts))


def test_letter(person: PersonTable) -> Letter:
    """That nothing has happened."""
    notices = NOTICES[person.language]
    return Letter(notices.test_title, notices.test.format(person=person.title or person.name))


def _incident(call: Call, affair: Affair, reader: Reader, notices: Notices) -> str:
    said = LANGUAGES[reader.person.language]
    lasted = duration((reader.now_ms - affair.since_ms) / 1000, said)
    why = {Kind.FIRST: notices.first, Kind.ESCALATED: notices.escalated, Kind.AGAIN: notices.again}[call.kind]
    first_ms = min(alarm.event.since_ms for alarm in affair.alarms)
    lines = [
        notices.incident.format(
            places=_places(affair.alarms, reader),
            count=len(affair.alarms),
            since=moment(first_ms, said, reader.zone),
        ),
        why.format(lasted=lasted),
        *(_alarm(alarm, reader) for alarm in affair.alarms[:ALARMS_TOLD]),
    ]
    if len(affair.alarms) > ALARMS_TOLD:
        lines.append(notices.more_alarms.format(count=len(affair.alarms) - ALARMS_TOLD))
    return "\n".join(lines)


def _alarm(alarm: Alarm, reader: Reader) -> str:
    gateway, language = str(alarm.gateway), reader.person.language
    about = reader.abouts.get(alarm.gateway)
    names = names_of(about, gateway) if about else Names(gateway=gateway)
    text = render(alarm.event, language, names, reader.zone)
    action = reader.kinds.guidance(alarm.event, about, language).action or text.check
    return f"• {text.title}\n  {text.happened}\n  {action}"


def _places(alarms: Sequence[Alarm], reader: Reader) -> str:
    sites = list(dict.fromkeys(alarm.gateway.site for alarm in alarms))
    named = [reader.sites.get(site) or site for site in sites[:PLACES_TOLD]]
    return ", ".join(named) + (f" +{len(sites) - PLACES_TOLD}" if len(sites) > PLACES_TOLD else "")
