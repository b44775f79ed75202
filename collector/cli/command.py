"""`collector command rebaseline|mode|configure|list`: what gateways are told, and what came of it."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import sqlalchemy as sa
import typer

from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail, printable, state_of, when
from collector.cli.giving import (
    EXPIRES,
    WAIT_S,
    ByOption,
    ExpiresOption,
    WaitOption,
    described,
    drawn,
    duration,
    gateway_named,
    give,
    line,
    see_device,
    wrong,
)
from collector.commands import book
from wire.config_file import ConfigError, read
from wire.messages import Command, Configure, OperatingMode, Rebaseline, SetMode
from wire.topics import Gateway

app = typer.Typer(help="Tell a gateway something; none of it writes to a device.", no_args_is_help=True)
GatewayArgument = Annotated[
    str, typer.Argument(metavar="SITE/GATEWAY", help="As `collector gateways` names it.")
]


@app.command()
def rebaseline(
    gateway: GatewayArgument,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="One of its devices.")],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    by: ByOption,
    wait: WaitOption = WAIT_S,
    expires: ExpiresOption = EXPIRES,
    json: JsonOption = False,
) -> None:
    """Say that what is seen at a device now is normal: its detectors learn from it.

    After work on the plant, say, or when an anomaly was none (`collector alarms false` does it for an alarm).
    """
    lasts_ms = duration(expires)

    def prepare(connection: sa.Connection, now_ms: int) -> tuple[Gateway, Command]:
        known = gateway_named(connection, gateway)
        see_device(known, device)
        return known.gateway, drawn(Rebaseline(device=device), by, now_ms + lasts_ms, now_ms)

    give(config, prepare, wait_s=wait, json=json)


@app.command()
def mode(
    gateway: GatewayArgument,
    mode: Annotated[
        OperatingMode, typer.Argument(metavar="MODE", help="heating, summer, off or maintenance.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    by: ByOption,
    lasts: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="TIME", help="Then it returns to what was before; maintenance needs it."
        ),
    ] = None,
    wait: WaitOption = WAIT_S,
    expires: ExpiresOption = EXPIRES,
    json: JsonOption = False,
) -> None:
    """Say what a site is doing: heating and summer are each judged by what was learnt in them.

    While it is off or in maintenance, detectors neither judge nor learn; limits, sensors and links are
    watched in every mode. Maintenance ends by itself, so that nobody forgets it.
    """
    if mode is OperatingMode.MAINTENANCE and lasts is None:
        wrong("maintenance must end by itself: add --for, such as --for 4h")
    lasts_ms = duration(lasts) if lasts else 0
    waits_ms = min(
        duration(expires), lasts_ms or duration(expires)
    )  # a mode that is over is not set any more

    def prepare(connection: sa.Connection, now_ms: int) -> tuple[Gateway, Command]:
        known = gateway_named(connection, gateway)
        order = SetMode(mode=mode, until_ms=now_ms + lasts_ms if lasts_ms else 0)
        return known.gateway, drawn(order, by, now_ms + waits_ms, now_ms)

    give(config, prepare, wait_s=wait, json=json)


@app.command()
def configure(
    gateway: GatewayArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The whole configuration of an agent (TOML).")],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    by: ByOption,
    confirm: Annotated[
        float,
        typer.Option("--confirm", min=10, max=3600, metavar="SECONDS", help="How long its trial lasts."),
    ] = 300.0,
    wait: WaitOption = 120.0,
    expires: ExpiresOption = EXPIRES,
    json: JsonOption = False,
) -> None:
    """Send a gateway another configuration; it checks it, tries it, and takes it back if the line is lost.

    Confirmed by the first receipt under it. Refused are changes of site, gateway, outbox, clock and secrets.
    """
    try:
        toml = read(file)
    except ConfigError as error:
        fail(error)
    lasts_ms = duration(expires)

    def prepare(connection: sa.Connection, now_ms: int) -> tuple[Gateway, Command]:
        known = gateway_named(connection, gateway)
        told = known.status.config_version if known.status else 0
        version = 1 + max(told, book.newest_version(connection, known.gateway))
        order = Configure(version=version, toml=toml, confirm_s=confirm)
        return known.gateway, drawn(order, by, now_ms + lasts_ms, now_ms)

    give(config, prepare, wait_s=wait, json=json)


@app.command("list")
def list_commands(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many of the newest.")] = 50,
    json: JsonOption = False,
) -> None:
    """List commands, the newest first: done, refused, expired (came too late), waiting, unanswered."""
    now_ms = time.time_ns() // 1_000_000
    with state_of(config) as connection:
        lines = [line(entry, now_ms) for entry in book.entries(connection, limit)]
    if json:
        typer.echo(msgspec.json.encode(lines))
        return
    for one in lines:
        head = f"{one.id}  {when(one.t_ms)}  {one.site}/{one.gateway}  {one.state:10}"
        typer.echo(printable(f"{head}  {described(one.order)}  by {one.by}"))
        if one.says:
            typer.echo(printable(f"   {one.says}"))
    typer.echo(f"{len(lines)} commands", err=True)
