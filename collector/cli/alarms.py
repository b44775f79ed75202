"""`collector alarms list`: what the gateways report, and which of them are silent, in words."""

import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
import typer
from msgspec import Struct

from collector import gateways, ledger
from collector.alarms import journal, silence
from collector.alarms.occurrences import events, fold, standing
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, printable, state_of
from collector.cli.times import BadUsageError, local, parse_zone
from wire.messages import About, AlarmEvent, Status
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
            *_silent(connection, abouts, site),
            *events(standing(found) if active else found),
        ]
    _show(told, abouts, language, zone, json=json)


def _silent(connection: sa.Connection, abouts: Mapping[Gateway, About], site: str | None) -> list[Told]:
    statuses = dict(gateways.newest(connection, Status))
    newest = ledger.newest_readings(connection)
    known = sorted(gateway for gateway in {*abouts, *statuses, *newest} if site in {None, gateway.site})
    facts = (
        silence.Facts(
            gateway=gateway,
            about=abouts.get(gateway),
            status=statuses.get(gateway),
            newest_ms=newest.get(gateway),
        )
        for gateway in known
    )
    return list(silence.silent(facts, time.time_ns() // 1_000_000))


def _show(
    told: Iterable[Told], abouts: Mapping[Gateway, About], language: str, zone: ZoneInfo, *, json: bool
) -> None:
    lines = [
        Line(gateway.site, gateway.gateway, event, render(event, language, _names(gateway, abouts), zone))
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
    )
    return "\n".join(printable(part) for part in parts)
