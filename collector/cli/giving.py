"""How a command line gives a command to a gateway: into the book, then it waits for the answer.

The running collector sends what is in the book; this process only writes and looks.
"""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import sqlalchemy as sa
import typer
from msgspec import Struct

from collector import gateways, state
from collector.alarms.silence import Facts
from collector.cli.common import fail, printable, read_config, when
from collector.cli.times import BadUsageError, parse_duration
from collector.commands import book
from collector.commands.entry import Entry
from collector.facts import facts
from wire.messages import Command, CommandOutcome, Configure, Order, Presence, Rebaseline, SetMode, Status
from wire.topics import Gateway

ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who wants it; the gateway logs it.")]
WaitOption = Annotated[
    float,
    typer.Option("--wait", min=0, metavar="SECONDS", help="For the answer; without one in time exit code 1."),
]
ExpiresOption = Annotated[
    str, typer.Option("--expires", metavar="TIME", help="How long a gateway that is away may be waited for.")
]
WAIT_S = 15.0
EXPIRES = "1d"
_LOOK_EVERY_S = 0.2


class Line(Struct, frozen=True, kw_only=True):
    """A command for a program: its order, and what came of it; times are Unix ms."""

    id: str
    site: str
    gateway: str
    order: Order
    by: str
    t_ms: int
    expires_ms: int
    state: str
    """done, refused, expired (came too late), waiting, or unanswered (too late now; never answered)."""
    answered_ms: int | None
    says: str


def line(entry: Entry, now_ms: int) -> Line:
    """One command as a program reads it."""
    command = entry.command
    pending = "waiting" if now_ms < command.expires_ms else "unanswered"
    return Line(
        id=command.id,
        site=entry.gateway.site,
        gateway=entry.gateway.gateway,
        order=command.order,
        by=command.by,
        t_ms=command.t_ms,
        expires_ms=command.expires_ms,
        state=str(entry.outcome or pending),
        answered_ms=entry.answered_ms,
        says=entry.says,
    )


def described(order: Order) -> str:
    """An order in a few words."""
    if isinstance(order, Rebaseline):
        return f"rebaseline {order.device}"
    if isinstance(order, SetMode):
        return f"mode {order.mode}" + (f" until {when(order.until_ms)}" if order.until_ms else "")
    assert isinstance(order, Configure)
    return f"configuration {order.version}"


def duration(text: str) -> int:
    """Milliseconds; what is none ends the command with exit code 2."""
    try:
        return parse_duration(text)
    except BadUsageError as error:
        wrong(str(error))


def wrong(sentence: str) -> NoReturn:
    """Say how the command is to be used; exit code 2."""
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def gateway_named(connection: sa.Connection, text: str) -> Facts:
    """What is known of a gateway that a person named SITE/GATEWAY; one nobody knows ends the command."""
    known = {str(one.gateway): one for one in facts(connection)}
    if text not in known:
        names = ", ".join(list(known)[:20]) or "none yet"
        fail(f"there is no gateway {printable(text)}; `collector gateways` lists them: {names}")
    return known[text]


def see_device(known: Facts, device: str) -> None:
    """A device that the gateway has not named ends the command."""
    names = [one.name for one in known.about.devices] if known.about else []
    if device not in names:
        there = ", ".join(names) or "named none yet"
        fail(f"{known.gateway} has no device {printable(device)}; it has {there}")


def drawn(order: Order, by: str, expires_ms: int, now_ms: int) -> Command:
    """A command with a number of its own."""
    if not by.strip():
        wrong("--by: write a name")
    return Command(id=secrets.token_hex(8), t_ms=now_ms, expires_ms=expires_ms, by=by, order=order)


def give(
    config: Path,
    prepare: Callable[[sa.Connection, int], tuple[Gateway, Command]],
    *,
    wait_s: float,
    json: bool,
) -> None:
    """Write a command into the book, wait for its answer and print it.

    Args:
        config: the collector's.
        prepare: makes the command, in the transaction that enters it, at a time (Unix ms).
        wait_s: for so long.
        json: print it for a program.
    """
    url = read_config(config).state.url
    try:
        with state.opened(url, create=False) as engine:
            with state.writing(engine) as transaction:
                gateway, command = prepare(transaction, time.time_ns() // 1_000_000)
                book.enter(transaction, gateway, command)
            entry = _await(engine, command.id, time.monotonic() + wait_s)
            with state.reading(engine) as connection:
                away = _away(connection, gateway)
    except (state.StateUnavailableError, state.StateUnusableError) as error:
        fail(error)
    _tell(entry, away, wait_s, json=json)


def _await(engine: sa.Engine, number: str, until_s: float) -> Entry:
    while True:
        with state.reading(engine) as connection:
            entry = book.entry(connection, number)
        assert entry is not None, "commands are never deleted"
        if entry.outcome is not None or time.monotonic() >= until_s:
            return entry
        time.sleep(_LOOK_EVERY_S)


def _away(connection: sa.Connection, gateway: Gateway) -> str | None:
    """How the gateway is away; None: it is there."""
    status = dict(gateways.newest(connection, Status)).get(gateway)
    return None if status and status.state is Presence.ONLINE else str(status.state if status else "unknown")


def _tell(entry: Entry, away: str | None, wait_s: float, *, json: bool) -> None:
    command = entry.command
    if json:
        typer.echo(msgspec.json.encode(line(entry, time.time_ns() // 1_000_000)))
    elif entry.outcome is not None:
        typer.echo(printable(f"{entry.gateway}: {entry.outcome}: {entry.says}"))
    else:
        why = f"{entry.gateway} is {away}" if away else f"{entry.gateway} has not answered in {wait_s:g} s"
        typer.echo(
            f"{why}: command {command.id} is kept and sent until {when(command.expires_ms)}; "
            "`collector command list` shows what comes of it",
            err=True,
        )
    if entry.outcome not in ({CommandOutcome.DONE} if wait_s else {CommandOutcome.DONE, None}):
        raise typer.Exit(1)
