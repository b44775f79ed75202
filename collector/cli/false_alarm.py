"""`collector alarms false`: an anomaly was none; the gateway learns from it and the journal says so."""

from typing import Annotated

import sqlalchemy as sa
import typer

from collector.alarms import book
from collector.alarms.alarm import Action, Actor, Alarm
from collector.alarms.desk import Desk, Policies
from collector.alarms.lifecycle import Trigger
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail, printable, read_config
from collector.cli.giving import (
    EXPIRES,
    WAIT_S,
    ByOption,
    ExpiresOption,
    WaitOption,
    drawn,
    duration,
    gateway_named,
    give,
    see_device,
)
from wire.messages import AlarmCode, Command, Rebaseline
from wire.topics import Gateway


def false(
    alarm: Annotated[str, typer.Argument(metavar="ID", help="As `collector alarms list` shows it.")],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    by: ByOption,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why it was none.")],
    gateway: Annotated[
        str | None,
        typer.Option(
            "--gateway", metavar="SITE/GATEWAY", help="Where two gateways have an alarm of this ID."
        ),
    ] = None,
    wait: WaitOption = WAIT_S,
    expires: ExpiresOption = EXPIRES,
    json: JsonOption = False,
) -> None:
    """Confirm that an anomaly was none: its gateway takes what it saw for normal, the alarm is marked false.

    The mark stays whatever comes of the command; a limit that is too narrow is changed in the configuration.
    """
    lasts_ms = duration(expires)
    desk = Desk(Policies(read_config(config).alarms))

    def prepare(transaction: sa.Connection, now_ms: int) -> tuple[Gateway, Command]:
        found = _found(transaction, alarm, gateway)
        device = found.event.device or ""
        see_device(gateway_named(transaction, str(found.gateway)), device)
        command = drawn(Rebaseline(device=device), by, now_ms + lasts_ms, now_ms)
        word = Action(trigger=Trigger.FALSE, comment=comment, occurrence=found.event.id, command=command.id)
        done = desk.act(transaction, [found.key], word, by=Actor(by), now_ms=now_ms)
        for error in done.refused.values():
            fail(error)
        return found.gateway, command

    give(config, prepare, wait_s=wait, json=json)


def _found(connection: sa.Connection, alarm: str, gateway: str | None) -> Alarm:
    """The one alarm that is meant, if it is an anomaly; else the command ends."""
    found = [one for one in book.of_occurrence(connection, alarm) if gateway in {None, str(one.gateway)}]
    if not found:
        fail(
            f"no alarm was raised last as {printable(alarm)}; "
            "`collector alarms list` shows them with their IDs"
        )
    if len(found) > 1:
        names = ", ".join(str(one.gateway) for one in found)
        fail(f"more than one gateway has an alarm {printable(alarm)}: add --gateway, one of {names}")
    if found[0].event.code != AlarmCode.ANOMALY:
        fail(f"{printable(alarm)} is no anomaly: no detector can learn from it; see the configuration")
    return found[0]
