"""Alarms and journal entries as the commands show them: a line for a program, a paragraph for a person."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from msgspec import Struct

from collector import gateways
from collector.alarms import health
from collector.alarms.alarm import Acknowledged, Alarm, Aside, FalseMark
from collector.alarms.lifecycle import State
from collector.cli.common import printable
from collector.cli.times import local
from wire.messages import About, AlarmCode, AlarmEvent
from wire.texts import Names, Text, names_of, render
from wire.topics import Gateway

_FALSIFIABLE = frozenset({AlarmCode.ANOMALY})
"""Whose occurrences a person may have to name by their id."""


class Line(Struct, frozen=True, kw_only=True):
    """One alarm for a program: where, how it stands, the event as it was told last, and its text."""

    site: str
    gateway: str
    key: str
    state: State
    active: bool
    priority: int
    changed_ms: int
    incident: int
    chattering: bool
    standing: bool
    acknowledged: Acknowledged | None
    aside: Aside | None
    false: FalseMark | None
    alarm: AlarmEvent
    text: Text


class Teller(Struct, frozen=True):
    """Says alarms in one language, with what gateways call their things."""

    language: str
    zone: ZoneInfo
    abouts: Mapping[Gateway, About]
    now_ms: int

    def line(self, alarm: Alarm) -> Line:
        """An alarm for a program."""
        return Line(
            site=alarm.gateway.site,
            gateway=alarm.gateway.gateway,
            key=alarm.key,
            state=alarm.state,
            active=alarm.active,
            priority=alarm.priority,
            changed_ms=alarm.changed_ms,
            incident=alarm.incident,
            chattering=health.is_chattering(alarm, self.now_ms),
            standing=health.is_standing(alarm, self.now_ms),
            acknowledged=alarm.acknowledged,
            aside=alarm.aside,
            false=alarm.false,
            alarm=alarm.event,
            text=self.text(alarm.gateway, alarm.event),
        )

    def text(self, gateway: Gateway, event: AlarmEvent) -> Text:
        """An event in words."""
        return render(event, self.language, names(gateway, self.abouts), self.zone)


def teller(connection: sa.Connection, language: str, zone: ZoneInfo, now_ms: int) -> Teller:
    """With the names that the gateways gave by now."""
    return Teller(language, zone, dict(gateways.newest(connection, About)), now_ms)


def names(gateway: Gateway, abouts: Mapping[Gateway, About]) -> Names:
    """What the things of a gateway are called."""
    about = abouts.get(gateway)
    return names_of(about, str(gateway)) if about else Names(gateway=str(gateway))


def paragraph(line: Line, zone: ZoneInfo) -> str:
    """An alarm for a person: a line, and its sentences indented under it."""
    event, text = line.alarm, line.text
    place = f"{line.site}/{line.gateway}"
    head = f"{line.priority}  {local(event.t_ms, zone)}  {place}  {line.state.replace('_', ' '):14}"
    parts = (
        f"{head}  {text.title}",
        *(f"   {part}" for part in (text.happened, text.evidence, text.check) if part),
        *(f"   {note}" for note in _notes(line, zone)),
        f"   KEY {line.key}",
        *([f"   ID {event.id}"] if event.code in _FALSIFIABLE else []),
    )
    return "\n".join(printable(part) for part in parts)


def _notes(line: Line, zone: ZoneInfo) -> list[str]:
    """What people did to it, and what is wrong with the alarm itself."""
    notes = []
    if known := line.acknowledged:
        notes.append(f"acknowledged by {known.by} {local(known.t_ms, zone)}: {known.comment or '-'}")
    if aside := line.aside:
        until = f" until {local(aside.until_ms, zone)}" if aside.until_ms else ""
        notes.append(f"{line.state.replace('_', ' ')} by {aside.by}{until}: {aside.reason}")
    if line.false:
        notes.append(f"confirmed false by {line.false.by}: {line.false.comment}")
    if line.chattering:
        notes.append("chattering: raised again and again")
    if line.standing:
        notes.append("standing: for more than a day")
    return notes
