"""What a person does to alarms on the command line: acknowledge, shelve, take out of service, and back."""

import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer
from msgspec import Struct

from collector import state
from collector.alarms import book
from collector.alarms.alarm import Action, Actor, Alarm
from collector.alarms.desk import Desk, Policies
from collector.alarms.lifecycle import State, Trigger
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail, printable, read_config
from collector.cli.giving import ByOption, duration, wrong

Keys = Annotated[list[str], typer.Argument(metavar="KEY…", help="As `collector alarms list` shows them.")]
CommentOption = Annotated[str, typer.Option("--comment", metavar="TEXT", help="For the journal.")]
ReasonOption = Annotated[
    str, typer.Option("--comment", metavar="TEXT", help="Why; it stands in the journal.")
]
ForOption = Annotated[
    str, typer.Option("--for", metavar="TIME", help="How long, such as 30m or 2h; it ends by itself.")
]


class Verb(Struct, frozen=True, kw_only=True):
    """What is done to alarms without more to be said than by whom."""

    trigger: Trigger
    help: str
    only: Collection[State] = frozenset(State)
    """For alarms in other states there is another verb."""


VERBS: Final = {
    "ack": Verb(
        trigger=Trigger.ACKNOWLEDGE, help="Acknowledge alarms: somebody knows and does something about it."
    ),
    "unshelve": Verb(
        trigger=Trigger.RELEASE,
        help="End the shelving of alarms before its time.",
        only=frozenset({State.SHELVED}),
    ),
    "release": Verb(
        trigger=Trigger.RELEASE,
        help="Return alarms to service, or end that they are suppressed.",
        only=frozenset({State.OUT_OF_SERVICE, State.SUPPRESSED}),
    ),
    "reset": Verb(trigger=Trigger.RESET, help="Reset latched alarms that are over and acknowledged."),
}


def register(app: typer.Typer) -> None:
    """Give the commands to an app."""
    for name, verb in VERBS.items():
        app.command(name, help=verb.help)(_command(verb))
    app.command()(shelve)
    app.command()(remove)


def _command(verb: Verb) -> Callable[..., None]:
    def do(
        keys: Keys,
        config: ConfigOption = DEFAULT_CONFIG,
        *,
        by: ByOption,
        comment: CommentOption = "",
        json: JsonOption = False,
    ) -> None:
        action = Action(trigger=verb.trigger, comment=comment)
        _do(config, keys, action, by, only=verb.only, json=json)

    return do


def shelve(
    keys: Keys,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    by: ByOption,
    comment: ReasonOption,
    lasting: ForOption,
    json: JsonOption = False,
) -> None:
    """Shelve alarms for a while: they live on unseen and come back by themselves."""
    until_ms = _now_ms() + duration(lasting)
    _do(config, keys, Action(trigger=Trigger.SHELVE, comment=comment, until_ms=until_ms), by, json=json)


def remove(
    keys: Keys,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    by: ByOption,
    comment: ReasonOption,
    json: JsonOption = False,
) -> None:
    """Take alarms out of service until they are released."""
    _do(config, keys, Action(trigger=Trigger.REMOVE, comment=comment), by, json=json)


def _do(
    config: Path,
    keys: Collection[str],
    action: Action,
    by: str,
    *,
    only: Collection[State] = frozenset(State),
    json: bool,
) -> None:
    """Do it to each alarm for itself; exit code 1 if it could not be done to one of them."""
    if not by.strip():
        wrong("--by: write a name")
    settings = read_config(config)
    desk = Desk(Policies(settings.alarms))
    try:
        with (
            state.opened(settings.state.url, create=False) as engine,
            state.writing(engine) as transaction,
        ):
            unfit = _unfit(transaction, keys, action, only)
            rest = [key for key in keys if key not in unfit]
            done = desk.act(transaction, rest, action, by=Actor(by), now_ms=_now_ms())
    except (state.StateUnavailableError, state.StateUnusableError) as error:
        fail(error)
    _tell(done.alarms, unfit | {key: str(error) for key, error in done.refused.items()}, json=json)


def _unfit(
    transaction: sa.Connection, keys: Collection[str], action: Action, only: Collection[State]
) -> dict[str, str]:
    """Key → why: those that are in a state that another command is for."""
    book.lock(transaction)
    askable = [key for key in keys if "\0" not in key]
    known = book.known(transaction, askable)
    unfit = {key: f"there is no alarm {key}" for key in keys if key not in known}
    for key, one in known.items():
        if one.state not in only:
            now = one.state.replace("_", " ")
            unfit[key] = f"an alarm that is {now} cannot be told to {action.trigger} in this way"
    return unfit


def _tell(done: Collection[Alarm], refused: dict[str, str], *, json: bool) -> None:
    if json:
        states = {one.key: one.state for one in done}
        typer.echo(msgspec.json.encode({"done": states, "refused": refused}))
    else:
        for one in done:
            typer.echo(printable(f"{one.key}: {one.state.replace('_', ' ')}"))
        for key, why in refused.items():
            typer.echo(printable(f"{key}: {why}"), err=True)
    if refused:
        raise typer.Exit(1)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
