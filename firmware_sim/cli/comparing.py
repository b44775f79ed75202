"""`firmware-sim compare`: what was stored against what the instruments said."""

import re
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from firmware_sim import compare as judge
from firmware_sim.cli.common import JsonOption, fail
from firmware_sim.compare import Finding, Verdict, Window
from firmware_sim.truth import RecordError, StoredValue, TrueValue, read_lines

_WINDOW = re.compile(r"([a-z0-9][a-z0-9_-]{0,62}):(\d{1,16}):(\d{1,16})")
PeriodOption = Annotated[float, typer.Option("--period", min=0.1, help="The poll period, seconds.")]


def compare(
    truth: Annotated[Path, typer.Argument(metavar="TRUTH", help="What `run --truth` wrote.")],
    stored: Annotated[Path, typer.Argument(metavar="STORED", help="`collector export --format jsonl`.")],
    *,
    period: PeriodOption = 60.0,
    tolerate: Annotated[
        list[str] | None,
        typer.Option(metavar="SITE:FROM_MS:TO_MS", help="When an agent was killed there; may be repeated."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say whether every value that was read is stored once; exit 1 when one is lost, doubled or invented."""
    period_ms = round(1000 * period)
    try:
        verdict = judge.compare(
            read_lines(truth, TrueValue),
            read_lines(stored, StoredValue),
            period_ms,
            retry_ms=period_ms // 2,
            tolerated=[_window(text) for text in tolerate or ()],
        )
    except RecordError as error:
        fail(error)
    except OSError as error:
        fail(f"{error.filename}: cannot be read: {error.strerror}")
    print_verdict(verdict, json=json)
    raise typer.Exit(0 if verdict.good else 1)


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no window; such as bh-01:1768527000000:1768527002500")
    return match[1], int(match[2]), int(match[3])


def print_verdict(verdict: Verdict, *, json: bool) -> None:
    """One JSON line, or sentences for a person."""
    if json:
        typer.echo(msgspec.json.encode(verdict))
        return
    typer.echo(
        f"{verdict.expected} readings should be there, {verdict.stored} are: "
        f"{verdict.lost} lost, {verdict.duplicated} duplicated, {verdict.wrong} wrong"
    )
    for count, what in (
        (verdict.missed, "answered by the instrument, stored as not measured"),
        (verdict.unwritten, "read when an agent was killed before it could write"),
        (verdict.unmeasured, "stored as not measured"),
        (verdict.repeated, "answers to a poll that was asked again"),
    ):
        if count:
            typer.echo(f"  {count} {what}")
    for example in verdict.examples:
        typer.echo(_line(example))


def _line(finding: Finding) -> str:
    point = f"{finding.site}/{finding.device}/{finding.channel}"
    return f"  {finding.kind}: {point} at {finding.t_ms}: {finding.value}"
