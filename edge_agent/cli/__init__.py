"""The command `edge-agent`; one file a command, one line here for each.

Exit codes: 0 ok, 1 failed, 2 wrong usage. What `run` does not need is not imported here.
"""

import typer

from edge_agent.cli import backtest, check, outbox, profiles, run

app = typer.Typer(
    help="Polls the instruments of a site and forwards what they measure.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(run.run)
app.command()(check.check)
app.command()(backtest.backtest)
app.add_typer(outbox.app, name="outbox")
app.add_typer(profiles.app, name="profiles")


def main() -> None:
    """Run the command line."""
    app()
