"""`collector webhooks list|add|test|enable|remove|deliveries|retry`: which programs are told of alarms."""

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
import typer

from collector import state
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
from collector.notify import delivery, subscriptions
from collector.notify.delivery import Delivery, State
from collector.notify.post import BadUrlError, receiver, see_reference
from collector.notify.signature import PREFIX, BadSecretError
from collector.notify.subscriptions import Filter, Subscription, TooManyError

LEAST_URGENT = 4
_LOOK_S = 0.2
app = typer.Typer(help="Programs that are told of alarms, with signed webhooks.", no_args_is_help=True)
SecretOption = Annotated[
    str | None,
    typer.Option("--secret", help="env:NAME or credential:NAME; left out, one is drawn and shown."),
]
SiteOption = Annotated[list[str] | None, typer.Option("--site", help="Only of this site; may be repeated.")]
CodeOption = Annotated[list[str] | None, typer.Option("--code", help="Only of this code; may be repeated.")]
PriorityOption = Annotated[
    int, typer.Option("--priority", min=1, max=4, help="The least urgent that is told; 1 is the most urgent.")
]
AfterOption = Annotated[
    int | None, typer.Option("--after", min=0, help="From this number of the journal on; left out: from now.")
]
WebhookOption = Annotated[int | None, typer.Option("--webhook", help="Only of this webhook.")]


@app.command("list")
def list_webhooks(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List the receivers."""
    with state_of(config) as connection:
        found = subscriptions.every(connection)
    if json:
        typer.echo(msgspec.json.encode([_shown(one) for one in found]))
        return
    for one in found:
        typer.echo(_line(one))
    typer.echo(f"{len(found)} webhooks", err=True)


@app.command()
def add(
    url: str,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    secret: SecretOption = None,
    site: SiteOption = None,
    code: CodeOption = None,
    priority: PriorityOption = 4,
    after: AfterOption = None,
    json: JsonOption = False,
) -> None:
    """Tell a receiver of alarms; a secret that was drawn is shown now and never again."""
    wanted = Filter(sites=tuple(site or ()), codes=tuple(code or ()), priority=priority)
    drawn = secret is None
    key = secret or subscriptions.drawn_secret()
    try:
        receiver(url)
        if secret is not None:
            see_reference(secret)
        with _changed(config) as transaction:
            number = subscriptions.add(
                transaction, url, key, wanted, by=getpass.getuser(), now_ms=_now_ms(), after_seq=after
            )
    except (BadUrlError, BadSecretError, TooManyError) as error:
        fail(error)
    if json:
        typer.echo(msgspec.json.encode({"id": number, "secret": key if drawn else None}))
    else:
        typer.echo(f"webhook {number}" + (f"; its secret, shown only now: {key}" if drawn else ""))


@app.command()
def enable(
    number: int,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    from_now: Annotated[
        bool, typer.Option("--from-now", help="What it has missed is not told; else it is, in its order.")
    ] = False,
) -> None:
    """Tell a receiver again that was disabled because it answered 410."""
    with _changed(config) as transaction:
        known = _known(transaction, number)
        if not known.disabled:
            fail(f"webhook {number} is not disabled")
        subscriptions.enable(transaction, known, _now_ms(), from_now=from_now)
    typer.echo(f"webhook {number}: enabled")


@app.command("test")
def send_test(
    number: int,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    wait_s: Annotated[float, typer.Option("--wait", min=1, help="Seconds to wait for the result.")] = 30,
) -> None:
    """Have the running collector send a receiver a signed event that nothing has happened."""
    found = read_config(config)
    until_s = time.monotonic() + wait_s
    with _opened(config) as engine:
        with state.writing(engine) as transaction:
            known = _known(transaction, number)
            if known.disabled:
                fail(f"webhook {number} is disabled: `collector webhooks enable {number}`")
            sent = subscriptions.test(transaction, known, found.webhooks.source, _now_ms())
        while True:
            with state.reading(engine) as connection:
                (done,) = delivery.of_number(connection, sent)
            if done.state is not State.WAITING or done.attempts or time.monotonic() > until_s:
                break
            time.sleep(_LOOK_S)
    if done.state is not State.DONE:
        fail(f"webhook {number}: not delivered: {printable(done.said) or 'see that the collector runs'}")
    typer.echo(f"webhook {number}: delivered: {printable(done.said)}")


@app.command()
def remove(number: int, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Tell a receiver nothing more; what waits for it is dropped."""
    with _changed(config) as transaction:
        subscriptions.remove(transaction, _known(transaction, number).id)
    typer.echo(f"webhook {number}: removed")


@app.command()
def deliveries(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    webhook: WebhookOption = None,
    only: Annotated[State | None, typer.Option("--state", help="waiting, done or dead.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List what was or is to be delivered, and what was dead in the end."""
    with state_of(config) as connection:
        found = delivery.listed(connection, lanes=_lanes(connection, webhook), only=only, limit=limit)
    if json:
        typer.echo(msgspec.json.encode([_told(one) for one in found]))
        return
    for one in found:
        typer.echo(
            f"{one.id}  {one.lane}  {one.number}  {one.state}  attempts {one.attempts}  "
            f"{when(one.next_ms)}  {printable(one.said)}"
        )
    typer.echo(f"{len(found)} deliveries", err=True)


@app.command()
def retry(
    ids: Annotated[list[int] | None, typer.Argument(help="Deliveries; left out, all that are dead.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    webhook: WebhookOption = None,
) -> None:
    """Try what is dead once more."""
    with _changed(config) as transaction:
        lanes = _lanes(transaction, webhook)
        count = delivery.retry(transaction, _now_ms(), ids=ids or None, lanes=lanes)
    typer.echo(f"{count} deliveries are tried again")


def _lanes(connection: sa.Connection, webhook: int | None) -> list[str]:
    if webhook is not None:
        return [subscriptions.lane(webhook)]
    return [one.lane for one in subscriptions.every(connection)]


def _known(connection: sa.Connection, number: int) -> Subscription:
    found = subscriptions.find(connection, number)
    if found is None:
        fail(f"there is no webhook {number}; `collector webhooks list` names them")
    return found


@contextmanager
def _changed(config: Path) -> Iterator[sa.Connection]:
    """A transaction of the state database that a configuration names; none is made."""
    with _opened(config) as engine, state.writing(engine) as transaction:
        yield transaction


@contextmanager
def _opened(config: Path) -> Iterator[sa.Engine]:
    url = read_config(config).state.url
    try:
        with state.opened(url, create=False) as engine:
            yield engine
    except (state.StateUnavailableError, state.StateUnusableError) as error:
        fail(error)


def _shown(one: Subscription) -> dict[str, Any]:
    """Everything but a secret that was drawn here."""
    shown: dict[str, Any] = msgspec.to_builtins(one) | {"state": one.state.value}
    return shown | {"secret": None if one.secret.startswith(PREFIX) else one.secret}


def _line(one: Subscription) -> str:
    wanted = one.filter
    only = [
        *wanted.sites,
        *wanted.codes,
        *([f"priority {wanted.priority}"] if wanted.priority < LEAST_URGENT else []),
    ]
    about = ", ".join(only) or "all alarms"
    return f"{one.id}  {printable(one.url)}  {about}  up to {one.after_seq}  {_how(one)}"


def _how(one: Subscription) -> str:
    if one.state is subscriptions.State.FAILING:
        return f"failing since {when(one.failing_ms)}: {printable(one.said)}"
    return f"{one.state}: {printable(one.disabled)}" if one.disabled else one.state


def _told(one: Delivery) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(one)
    return shown | {"body": msgspec.json.decode(one.body)}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
