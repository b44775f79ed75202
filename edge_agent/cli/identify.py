"""`edge-agent identify`: what is this device? Its own names, the profiles that fit, and why."""

import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.prompt import Confirm
from rich.table import Table

from edge_agent.cli import _where
from edge_agent.cli.common import JsonOption, fail
from edge_agent.commissioning.inspector import Inspection, inspect
from edge_agent.commissioning.line import opened
from edge_agent.commissioning.matching import Match
from edge_agent.commissioning.outcomes import PRESENT, Heard, Outcome
from edge_agent.commissioning.plan import Endpoint, LineSetting
from edge_agent.commissioning.scanner import PATIENT_S, Sweep
from edge_agent.commissioning.verdicts import line_notes
from sensor_profiles.model import Profile

Seen = tuple[Inspection | None, tuple[str, ...], Outcome]


def identify(
    *,
    unit: _where.UnitOption,
    port: _where.PortOption = None,
    host: _where.HostOption = None,
    tcp_port: _where.TcpPortOption = 502,
    rtu_over_tcp: _where.RtuOption = False,
    baud: _where.BaudOption = 9600,
    parity: _where.ParityOption = "N",
    stopbits: _where.StopbitsOption = 1,
    folder: _where.FoldersOption = None,
    ask: Annotated[
        bool | None,
        typer.Option("--ask/--no-ask", help="Ask what the profile leaves open; left out: only at a terminal"),
    ] = None,
    take_over: _where.TakeOverOption = False,
    json: JsonOption = False,
) -> None:
    """Say what one Modbus device is, with the evidence; where sources about it disagree, ask. Reads only."""
    where = _where.endpoint(port, host, tcp_port, rtu_over_tcp=rtu_over_tcp)
    setting = _where.setting(where, baud, parity, stopbits)
    profiles = _where.modbus(_where.library(folder))
    work = _identify(where, setting, unit, profiles)
    inspection, notes, last = _where.on_line(where, work, take_over=take_over)
    if inspection is None:
        fail(_absent(where, unit, notes, last))
    best = inspection.matches[0] if inspection.matches else None
    asks = not json and (sys.stdin.isatty() if ask is None else ask)
    if json:
        typer.echo(msgspec.json.encode(_object(inspection, notes)))
    else:
        _print(inspection, notes)
    if best is not None and not json:
        _questions(best, where, unit, asks=asks)


async def _identify(
    where: Endpoint, setting: LineSetting | None, unit: int, profiles: tuple[Profile, ...]
) -> Seen:
    async with opened(where, setting, PATIENT_S) as line:
        sweep = Sweep(line, (unit,), lambda _: None)
        await sweep.run()
        tried = sweep.tried[unit]
        notes = line_notes(sweep.tried, sweep.unasked)
        found = await inspect(line, unit, profiles) if tried.present else None
        return found, notes, tried.outcomes[-1]


def _absent(where: Endpoint, unit: int, notes: tuple[str, ...], last: Outcome) -> str:
    if last.heard not in PRESENT | {Heard.SILENT, Heard.ECHO} and notes:
        return f"{where}: {notes[0]}"
    return (
        f"{where}: unit {unit} does not answer within {PATIENT_S:g} s: check the address and the line's "
        "settings, or let `edge-agent scan` look for it"
    )


def _object(inspection: Inspection, notes: tuple[str, ...]) -> dict[str, Any]:
    seen = inspection.seen
    return {
        "unit": seen.unit,
        "line": str(seen.setting) if seen.setting else None,
        "identity": seen.identity,
        "matches": inspection.matches,
        "notes": notes,
    }


def _print(inspection: Inspection, notes: tuple[str, ...]) -> None:
    screen = Console(highlight=False)
    screen.print(f"unit {inspection.seen.unit} calls itself: {inspection.seen.identity.text or 'nothing'}")
    for note in notes:
        screen.print(f"! {note}")
    if not inspection.matches:
        screen.print(
            "no profile fits: read its registers with `edge-agent read --register … --count …` and its "
            "manual, and write one"
        )
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("profile", "sure", "bits", "evidence"):
        table.add_column(heading)
    for match in inspection.matches[:4]:
        first = (match.profile, f"{match.confidence:.0%}")
        for number, evidence in enumerate(match.evidence):
            head = first if number == 0 else ("", "")
            table.add_row(*head, f"{evidence.bits:+.1f}", evidence.text)
    screen.print(table)


def _questions(best: Match, where: Endpoint, unit: int, *, asks: bool) -> None:
    """What the sources leave open about the surest profile; each answered, or only shown."""
    screen = Console(highlight=False)
    opened = []
    for question in best.questions:
        if not asks:
            screen.print(f"? {question}")
        elif not Confirm.ask(f"? {question}\n  checked?", console=screen, default=False):
            opened.append(question)
    if opened:
        screen.print(
            f"{best.profile}: {len(opened)} questions are open; check them before you trust its values"
        )
    at = f"--port {where.port}" if where.port else f"--host {where.host} --tcp-port {where.tcp_port}"
    screen.print(f"next: edge-agent read {at} --unit {unit} --profile {best.profile}", soft_wrap=True)
