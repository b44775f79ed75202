"""The command `collector`; exit codes: 0 ok, 1 failed, 2 wrong usage."""

import typer

from collector.cli import (
    alarm_actions,
    alarm_watch,
    alarms,
    command,
    false_alarm,
    gaps,
    gateways,
    notify,
    quarantine,
    readings,
    reports,
    running,
    service,
    users,
    webhooks,
)

app = typer.Typer(
    help="Stores what the gateways measure and names what is missing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(running.run)
app.command()(running.check)
app.command()(gaps.gaps)
app.command()(gateways.gateways)
readings.register(app)
alarms.app.command()(alarm_watch.watch)
alarm_actions.register(alarms.app)
alarms.app.command()(false_alarm.false)
app.add_typer(alarms.app, name="alarms")
app.add_typer(command.app, name="command")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(reports.app, name="reports")
app.add_typer(service.app, name="service")
app.add_typer(notify.app, name="notify")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(users.app, name="users")
app.add_typer(users.token_app, name="tokens")


def main() -> None:
    """Run the command line."""
    app()
