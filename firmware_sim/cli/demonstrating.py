"""`firmware-sim demo`: everything on one machine, and the verdict."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from firmware_sim.cli.common import JsonOption, fail, load_scenario
from firmware_sim.cli.comparing import print_verdict
from firmware_sim.demo.children import ChildDiedError
from firmware_sim.demo.show import Plan, play
from firmware_sim.devices.bus import UnservableError


def demo(
    *,
    duration: Annotated[
        float | None, typer.Option("--duration", metavar="S", min=1, help="Seconds. [default: until Ctrl-C]")
    ] = None,
    json: JsonOption = False,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", metavar="DIR", help="Keep logs, databases and truth here. [default: nowhere]"
        ),
    ] = None,
    scenario: Annotated[str, typer.Option(metavar="SCENARIO", help="What is simulated.")] = "region",
    period: Annotated[float, typer.Option(min=1, metavar="S", help="Poll period.")] = 2.0,
    mosquitto: Annotated[bool, typer.Option(help="Use mosquitto where it is installed.")] = True,
) -> None:
    """Run simulator, broker, agents and collector here; show them; check that no reading is lost or doubled.

    With --json nothing is drawn and the last line is the verdict; exit 1 when it is not good.
    """
    story = load_scenario(scenario)
    console = Console()
    drawn = console if console.is_terminal and not json else None
    with contextlib.ExitStack() as stack:
        folder = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ulba-demo-")))
        plan = Plan(
            folder=folder.resolve(),
            duration_s=duration,
            period_s=period,
            console=drawn,
            mosquitto=mosquitto,
        )
        try:
            verdict = asyncio.run(play(story, plan))
        except (ChildDiedError, UnservableError, OSError) as error:
            fail(error)
    print_verdict(verdict, json=json)
    raise typer.Exit(0 if verdict.good else 1)
