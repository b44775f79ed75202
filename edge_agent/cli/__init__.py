"""The command `edge-agent`: one file a command, imported when that command is called.

`run` lives for years on a small machine and must not carry what only the other commands need.
Exit codes: 0 ok, 1 failed, 2 wrong usage.
"""

from importlib import import_module
from types import ModuleType
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

_COMMANDS: Final = (
    *("run", "check", "doctor", "backtest", "outbox", "profiles", "service"),
    *("scan", "identify", "read", "add", "calibrate", "report"),
)


class _OnDemand(TyperGroup):
    """A group whose commands are the modules of this package: a function of the same name, or an `app`."""

    def list_commands(self, _ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        command = get_command(_app_of(import_module(f"{__name__}.{cmd_name}"), cmd_name))
        command.name = cmd_name
        return command


def _app_of(module: ModuleType, name: str) -> typer.Typer:
    if hasattr(module, "app"):
        return cast("typer.Typer", module.app)
    single = typer.Typer(pretty_exceptions_enable=False)
    single.command()(getattr(module, name))
    return single


app = typer.Typer(
    cls=_OnDemand,
    help="Polls the instruments of a site and forwards what they measure.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """Make it a group although no command is known yet."""


def main() -> None:
    """Run the command line."""
    app()
