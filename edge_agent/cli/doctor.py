"""`edge-agent doctor`: what is wrong with this gateway, and what to do?"""

from collections import Counter
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge_agent.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from edge_agent.cli.service import SERVICE
from edge_agent.doctor import gathering, judging
from edge_agent.doctor.finding import Finding, Verdict

_COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "red"}
ProbeOption = Annotated[
    bool,
    typer.Option("--probe", help="Read each device once; a running agent lends its lines, for seconds each."),
]


def doctor(
    config: ConfigOption = DEFAULT_CONFIG, *, probe: ProbeOption = False, json: JsonOption = False
) -> None:
    """Say what is wrong and what to do; exit code 1 if anything is. Changes nothing; the agent may run."""
    found = judging.findings(gathering.gather(config, SERVICE, probe=probe))
    if json:
        typer.echo(msgspec.json.encode({"well": judging.is_well(found), "findings": found}))
    else:
        Console(highlight=False).print(_table(found))
        typer.echo(_sum(found))
    if not judging.is_well(found):
        raise typer.Exit(1)


def _table(found: tuple[Finding, ...]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in found:
        table.add_row(
            Text(finding.verdict, _COLOURS[finding.verdict]), Text(finding.area), Text(finding.what)
        )
        if finding.do:
            table.add_row("", "", Text(f"→ {finding.do}"))
    return table


def _sum(found: tuple[Finding, ...]) -> str:
    counts = Counter(finding.verdict for finding in found)
    return f"{counts[Verdict.WRONG]} wrong, {counts[Verdict.WARNING]} warnings, {counts[Verdict.OK]} ok"
