"""`… service install|status|uninstall`: the same three commands in every program that is a service."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, NoReturn

import msgspec
import typer

from wire.config_file import ConfigError
from wire.systemd import machine
from wire.systemd.machine import ServiceError, ServiceState
from wire.systemd.unit import Service

RootOption = Annotated[
    Path,
    typer.Option("--root", help="The folder of a machine that is being prepared; nothing is started there."),
]
_ROOT = Path("/")


def commands(service: Service, written: Callable[[Path], Sequence[PurePosixPath]]) -> typer.Typer:
    """The commands of one service.

    Args:
        service: what is installed.
        written: checks a configuration and names the files that it lets the program write; may raise
            `ConfigError`.
    """
    app = typer.Typer(
        help="Runs it under systemd: started at boot, watched, denied what it does not need.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )

    @app.command()
    def install(
        root: RootOption = _ROOT,
        config: Annotated[
            Path, typer.Option("--config", "-c", help="Its configuration, as seen on the machine.")
        ] = Path(service.config),
    ) -> None:
        """Check the configuration, write the unit, make the user, enable and start the service."""
        try:
            _refuse_outside(service, written(root / config.relative_to(config.anchor)))
            programs = PurePosixPath(sys.executable).parent
            unit = machine.install(service, root, programs, PurePosixPath(config))
        except (ConfigError, ServiceError) as error:
            _fail(error)
        started = "started" if machine.is_live(root) else "it starts with the machine"
        typer.echo(f"{unit}: installed and enabled; {started}. Its log: journalctl -u {service.name}")

    @app.command()
    def status(
        root: RootOption = _ROOT,
        *,
        json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    ) -> None:
        """Show whether it is installed, enabled and running; exit code 1 when it is not installed."""
        try:
            found = machine.state(service, root)
        except ServiceError as error:
            _fail(error)
        typer.echo(msgspec.json.encode(found).decode() if json else _line(found))
        if not found.unit:
            raise typer.Exit(1)

    @app.command()
    def uninstall(root: RootOption = _ROOT) -> None:
        """Stop it and remove the unit; the configuration and what it has stored stay."""
        try:
            unit = machine.uninstall(service, root)
        except ServiceError as error:
            _fail(error)
        typer.echo(f"{unit}: removed; {service.config} and /var/lib/{service.state} stay")

    return app


def _refuse_outside(service: Service, files: Sequence[PurePosixPath]) -> None:
    """A file that the unit forbids to write would fail at the first start, or worse, at the first write."""
    home = PurePosixPath("/var/lib", service.state)
    for file in files:
        if not file.is_relative_to(home):
            raise ServiceError(f"{file}: the service may write only below {home}; move it there")


def _line(found: ServiceState) -> str:
    if not found.unit:
        return f"{found.name}: not installed"
    if not found.active:
        return f"{found.name}: {found.unit}, {found.enabled}; systemd does not run here"
    return (
        f"{found.name}: {found.unit}, {found.enabled}; {found.active} ({found.sub}), pid {found.pid}, "
        f"since {found.since or '–'}, restarts {found.restarts}, result {found.result}"
    )


def _fail(sentence: object) -> NoReturn:
    typer.echo(str(sentence), err=True)
    raise typer.Exit(1)
