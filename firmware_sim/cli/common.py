"""What all commands share: finding a scenario, saying what failed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from firmware_sim import scenario
from firmware_sim.library import profiles
from firmware_sim.scenario import Scenario
from wire.config_file import ConfigError

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A name that `list` shows, or a TOML file.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="For a program to read.")]


def fail(sentence: object) -> NoReturn:
    """Say what is wrong on standard error and exit with 1."""
    typer.echo(str(sentence), err=True)
    raise typer.Exit(1)


def scenario_file(name: str) -> Path:
    """The file of a scenario; what looks like a path is one.

    Raises:
        ConfigError: there is none of this name.
    """
    path = Path(name)
    return path if path.suffix == ".toml" or len(path.parts) > 1 else scenario.shipped(name)


def load_scenario(name: str, folders: Sequence[Path] = ()) -> Scenario:
    """A scenario, ready to run; a wrong one ends the command with its sentence."""
    try:
        return scenario.load(scenario_file(name), profiles(tuple(folders)))
    except ConfigError as error:
        fail(error)
