"""`collector alarms list`: what the gateways report, and which of them are silent, in words."""

import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from msgspec import Struct

from collector import gateways
from collector.alarms import falsehoods, journal, silence
from collector.alarms.falsehoods import FalseAlarm
from collector.alarms.occurrences import events, fold, standing
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, printable, state_of
from collector.cli.times import BadUsageError, local, parse_zone
from collector.facts import facts
from wire.messages import About, AlarmCode, AlarmEvent
from wire.texts import Names, Text, names_of, render
from wire.topics import Gateway

Told = tuple[Gateway, AlarmEvent]

app = typer.Typer(help="What the gateways report by themselves.", no_args_is_help=True)


class Language(StrEnum):
    """Of the sentences."""

    RU = "ru"
    KK = "kk"
    EN = "en"


class Line(Struct, frozen=True):
    """One alarm for a program: where, the event as it was told last, and its text."""

    site: str
    gateway: str
    alarm: AlarmEvent
    text: Text
    false: FalseAlarm | None = None
    """A person found that it was none."""


@app.callback()
def _group() -> None:
    """What the gateways report by themselves."""


@app.command("list")
def list_alarms(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    language: Annotated[Language, typer.Option("--language", help="Of the sentences.")] = Language.RU,
    site: Annotated[str | None, typer.Option("--site", help="Only of this site.")] = None,
    active: Annotated[bool, typer.Option("--active", help="Only what stands now.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many of the newest.")] = 200,
    tz: Annotated[str, typer.Option("--tz", metavar="ZONE", help="For local times.")] = "Asia/Almaty",
    json: JsonOption = False,
) -> None:
    """List silent gateways, then alarms: standing ones by urgency, or all of them, the newest first."""
    try:
        zone = parse_zone(tz)
    except BadUsageError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    with state_of(config) as connection:
        abouts = dict(gateways.newest(connection, About))
        found = fold(journal.entries(connection, limit=limit, site=site, active=active))
        told = [
            *silence.silent(facts(connection, site), time.time_ns() // 1_000_000),
            *events(standing(found) if active else found),
        ]
        false = falsehoods.marked(connection)
    _show(told, abouts, false, language, zone, json=json)


def _show(
    told: Iterable[Told],
    abouts: Mapping[Gateway, About],
    false: Mapping[tuple[Gateway, str], FalseAlarm],
    language: str,
    zone: ZoneInfo,
    *,
    json: bool,
) -> None:
    lines = [
        Line(
            gateway.site,
            gateway.gateway,
            event,
            render(event, language, _names(gateway, abouts), zone),
            false.get((gateway, event.id)),
        )
        for gateway, event in told
    ]
    if json:
        typer.echo(msgspec.json.encode(lines))
        return
    for line in lines:
        typer.echo(_paragraph(line, zone))
    typer.echo(f"{len(lines)} alarms", err=True)


def _names(gateway: Gateway, abouts: Mapping[Gateway, About]) -> Names:
    about = abouts.get(gateway)
    return names_of(about, str(gateway)) if about else Names(gateway=str(gateway))


def _paragraph(line: Line, zone: ZoneInfo) -> str:
    event, text = line.alarm, line.text
    head = f"{event.priority}  {local(event.t_ms, zone)}  {line.site}/{line.gateway}  {event.state:7}"
    parts = (
        f"{head}  {text.title}",
        *(f"   {part}" for part in (text.happened, text.evidence, text.check) if part),
        *([f"   ID {event.id}"] if event.code == AlarmCode.ANOMALY else []),
        *([f"   confirmed false by {line.false.by}: {line.false.comment}"] if line.false else []),
    )
    return "\n".join(printable(part) for part in parts)
