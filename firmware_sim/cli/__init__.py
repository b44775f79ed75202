"""The command `firmware-sim`; exit codes: 0 ok, 1 failed, 2 wrong usage."""

import typer

from firmware_sim.cli import comparing, demonstrating, faulting, recording, replaying, running, showing

app = typer.Typer(
    help="A region's boiler houses and air posts without the hardware: instruments on real lines.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(running.run)
app.command("list")(showing.list_scenarios)
app.command()(showing.show)
app.command()(recording.record)
app.command()(replaying.replay)
app.command()(comparing.compare)
app.command()(demonstrating.demo)
app.add_typer(faulting.app, name="fault")


def main() -> None:
    """Run the command line."""
    app()
