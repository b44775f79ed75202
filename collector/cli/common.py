"""What all commands share: where the configuration is, how a failure is said, how times are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import sqlalchemy as sa
import typer

from collector import settings, state
from collector.cli.times import iso
from wire.config_file import ConfigError

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The collector's configuration file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For a program to read.")]
DEFAULT_CONFIG = Path("/etc/ulba/collector.toml")


def fail(sentence: object) -> NoReturn:
    """Say what is wrong on standard error and exit with 1."""
    typer.echo(str(sentence), err=True)
    raise typer.Exit(1)


def read_config(path: Path) -> settings.CollectorFile:
    """The configuration; a wrong one ends the command with its sentence."""
    try:
        return settings.load(path)
    except ConfigError as error:
        fail(error)


@contextmanager
def state_of(path: Path) -> Iterator[sa.Connection]:
    """A view of the state database that a configuration names; nothing is made or changed."""
    url = read_config(path).state.url
    try:
        with state.opened(url, create=False) as engine, state.reading(engine) as connection:
            yield connection
    except (state.StateUnavailableError, state.StateUnusableError) as error:
        fail(error)


def when(t_ms: int | None) -> str:
    """A time that may not be known, in ISO 8601."""
    return (iso(t_ms) or f"{t_ms} ms") if t_ms is not None else "?"


def printable(text: str) -> str:
    """Text from outside, without what a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
