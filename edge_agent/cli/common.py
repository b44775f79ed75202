"""What all commands share: where the configuration is, how a failure is said."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The agent's configuration file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For a program to read.")]
DEFAULT_CONFIG = Path("/etc/ulba/agent.toml")


def fail(sentence: object) -> NoReturn:
    """Say what is wrong on standard error and exit with 1."""
    typer.echo(str(sentence), err=True)
    raise typer.Exit(1)
