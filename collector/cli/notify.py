"""`collector notify who|sent|test`: who is called now, what was sent to whom, whether channels work."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from msgspec import Struct

from collector import state
from collector.alarms.kinds import Kinds
from collector.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    fail,
    printable,
    read_config,
    state_of,
    when,
)
from collector.duty import NotifyTable
from collector.notify import delivery, rota, sent
from collector.notify.delivery import Delivery, State
from collector.notify.people import Duty
from collector.notify.sent import Sent
from collector.settings import CollectorFile

app = typer.Typer(help="The people on duty, and their channels.", no_args_is_help=True)
_LOOK_S = 0.2
_NAMED = 3


class OnDuty(Struct, frozen=True):
    """Who is called by a step, and the hours of the week in which it has nobody."""

    step: str
    people: tuple[str, ...]
    hours_without: float


@app.command()
def who(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    at: Annotated[
        datetime | None, typer.Option("--at", help="Local time, as 2026-12-31T22:00; left out: now.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show who is called by each step of escalation."""
    plan = _plan(read_config(config))
    zone = ZoneInfo(plan.zone)
    moment = at.replace(tzinfo=zone) if at else datetime.now(zone)
    found = list(_on_duty(plan, moment))
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    typer.echo(f"{moment:%Y-%m-%d %H:%M} {plan.zone}")
    for one in found:
        holes = f"; nobody for {one.hours_without:g} h of each week" if one.hours_without else ""
        typer.echo(f"{one.step}: {', '.join(one.people) or 'nobody'}{holes}")


@app.command("sent")
def list_sent(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    person: Annotated[str | None, typer.Option("--person", help="Only to this one.")] = None,
    only: Annotated[State | None, typer.Option("--state", help="waiting, done or dead.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List what was sent to people: for a week, for a month where no channel took it."""
    with state_of(config) as connection:
        found = sent.listed(connection, person=person, only=only, limit=limit)
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    for one in found:
        typer.echo(_line(one))
    typer.echo(f"{len(found)} messages", err=True)


def _line(one: Sent) -> str:
    ends = f" at {when(one.done_ms)}" if one.done_ms else f", {one.attempts} attempts failed"
    about = f"  about {', '.join(one.alarms[:_NAMED])}" if one.alarms else ""
    more = f" and {len(one.alarms) - _NAMED} more" if len(one.alarms) > _NAMED else ""
    told = f"{when(one.decided_ms)}  {one.person}  {one.channel}  {one.state}{ends}: {one.said}"
    return printable(f"{told}  {one.title}{about}{more}")


@app.command("test")
def send_test(
    person: str,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    wait_s: Annotated[float, typer.Option("--wait", min=1, help="Seconds to wait for the result.")] = 30,
    json: JsonOption = False,
) -> None:
    """Have the running collector send a test message to all channels of a person."""
    found = read_config(config)
    plan = _plan(found)
    known = [one.name for one in plan.people]
    if person not in known:
        fail(f"there is nobody called {printable(person)}; [notify] has {', '.join(known)}")
    done = _tested(found, plan, person, wait_s)
    if json:
        typer.echo(
            msgspec.json.encode([{"channel": one.lane, "state": one.state, "said": one.said} for one in done])
        )
    else:
        for one in done:
            typer.echo(f"{one.lane}: {one.state}  {printable(one.said)}")
    if any(one.state is not State.DONE for one in done):
        fail("not every channel has taken it; where nothing was said, see that the collector runs")


def _tested(found: CollectorFile, plan: NotifyTable, person: str, wait_s: float) -> list[Delivery]:
    """Enter it, and look until each channel has taken or refused it, or the time is over."""
    until_s = time.monotonic() + wait_s
    try:
        with state.opened(found.state.url, create=False) as engine:
            with state.writing(engine) as transaction:
                number = Duty(plan, found.sites, Kinds(found.alarms.kind)).test(
                    transaction, person, time.time_ns() // 1_000_000
                )
            while True:
                with state.reading(engine) as connection:
                    done = delivery.of_number(connection, number)
                is_open = any(one.state is State.WAITING and not one.attempts for one in done)
                if not is_open or time.monotonic() > until_s:
                    return done
                time.sleep(_LOOK_S)
    except (state.StateUnavailableError, state.StateUnusableError) as error:
        fail(error)


def _plan(found: CollectorFile) -> NotifyTable:
    if found.notify is None or not found.notify.people:
        fail("[notify] is not configured: nobody is called")
    return found.notify


def _on_duty(plan: NotifyTable, moment: datetime) -> Iterator[OnDuty]:
    monday = (moment - timedelta(days=moment.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    for step in plan.steps:
        yield OnDuty(step.name, rota.on_duty(step, moment), len(rota.gaps(step, monday)) / 4)
