"""`collector alarms list`, `journal` and `verify`: what the book of alarms says."""

import time
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
import typer
from msgspec import Struct

from collector.alarms import book
from collector.alarms.alarm import Alarm
from collector.alarms.lifecycle import ASIDE, SEEN
from collector.cli.alarm_lines import Teller, paragraph, teller
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail, printable, state_of
from collector.cli.times import BadUsageError, local, parse_zone

app = typer.Typer(help="Alarms: what stands, what people do to it, the journal.", no_args_is_help=True)


class Language(StrEnum):
    """Of the sentences."""

    RU = "ru"
    KK = "kk"
    EN = "en"


LanguageOption = Annotated[Language, typer.Option("--language", help="Of the sentences.")]
ZoneOption = Annotated[str, typer.Option("--tz", metavar="ZONE", help="For local times.")]
SiteOption = Annotated[str | None, typer.Option("--site", help="Only of this site.")]


@app.callback()
def _group() -> None:
    """Alarms: what stands, what people do to it, the journal."""


@app.command("list")
def list_alarms(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    language: LanguageOption = Language.RU,
    site: SiteOption = None,
    active: Annotated[
        bool, typer.Option("--active", help="Only what stands now or waits for somebody.")
    ] = False,
    aside: Annotated[
        bool, typer.Option("--aside", help="With --active: also shelved, suppressed, out of service.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 200,
    tz: ZoneOption = "Asia/Almaty",
    json: JsonOption = False,
) -> None:
    """List alarms: with --active by urgency, else all of them, what changed last first."""
    zone = zone_of(tz)
    with state_of(config) as connection:
        found = _listed(connection, site, aside=aside) if active else None
        shown = book.newest(connection, limit=limit, site=site) if found is None else found[:limit]
        told = teller(connection, language, zone, time.time_ns() // 1_000_000)
    lines = [told.line(one) for one in shown]
    if json:
        typer.echo(msgspec.json.encode(lines))
        return
    for line in lines:
        typer.echo(paragraph(line, zone))
    typer.echo(f"{len(lines)} alarms", err=True)


def by_urgency(alarm: Alarm) -> tuple[int, int, str]:
    """To sort by: the most urgent first, the newest of them first."""
    return alarm.priority, -alarm.event.since_ms, alarm.key


def _listed(connection: sa.Connection, site: str | None, *, aside: bool) -> list[Alarm]:
    return sorted(book.in_states(connection, SEEN | ASIDE if aside else SEEN, site=site), key=by_urgency)


class JournalLine(Struct, frozen=True):
    """One entry for a program."""

    seq: int
    t_ms: int
    key: str
    trigger: str | None
    before: str
    after: str
    occurrence: str
    by: str
    address: str
    comment: str
    until_ms: int
    title: str | None


@app.command()
def journal(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    after: Annotated[int, typer.Option("--after", min=0, help="Entries after this number.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 200,
    key: Annotated[str | None, typer.Option("--key", help="Only of this alarm.")] = None,
    language: LanguageOption = Language.RU,
    tz: ZoneOption = "Asia/Almaty",
    json: JsonOption = False,
) -> None:
    """Show the journal: every change of every alarm, in order, and who did it."""
    zone = zone_of(tz)
    with state_of(config) as connection:
        found = book.lines(connection, after_seq=after, limit=limit, key=key)
        told = teller(connection, language, zone, time.time_ns() // 1_000_000)
        alarms = book.known(connection, sorted({line.entry.key for line in found}))
    lines = [_journal_line(line, alarms.get(line.entry.key), told) for line in found]
    for line in lines:
        typer.echo(msgspec.json.encode(line) if json else _row(line, zone))


def _journal_line(line: book.Line, alarm: Alarm | None, told: Teller) -> JournalLine:
    entry = line.entry
    event = entry.event or (alarm.event if alarm else None)
    title = told.text(alarm.gateway, event).title if alarm and event else None
    return JournalLine(
        line.seq,
        entry.t_ms,
        entry.key,
        entry.trigger,
        entry.before,
        entry.after,
        entry.occurrence,
        entry.by,
        entry.address,
        entry.comment,
        entry.until_ms,
        title,
    )


def _row(line: JournalLine, zone: ZoneInfo) -> str:
    by = f"  {line.by}: {line.comment or '-'}" if line.by else ""
    moved = f"{line.trigger or 'update'}: {line.before} -> {line.after}".replace("_", " ")
    return printable(f"{line.seq}  {local(line.t_ms, zone)}  {line.key}  {moved}  {line.title or ''}{by}")


@app.command()
def verify(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """See whether the journal is what was written: each entry's hash covers all before it."""
    with state_of(config) as connection:
        count, broken = book.last_seq(connection), book.broken_at(connection)
    if json:
        typer.echo(msgspec.json.encode({"entries": count, "broken_at": broken}))
        if broken is not None:
            raise typer.Exit(1)
    elif broken is not None:
        fail(f"entry {broken} of {count} is not what was written: it or one before it was changed or removed")
    else:
        typer.echo(f"{count} entries, whole")


def zone_of(name: str) -> ZoneInfo:
    """A time zone; a wrong one ends the command with exit code 2."""
    try:
        return parse_zone(name)
    except BadUsageError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
