"""`collector users` and `collector tokens`: who may log in, and which programs may use the centre."""

import getpass
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import sqlalchemy as sa
import typer
from msgspec import Struct

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
from collector.cli.giving import wrong
from collector.cli.times import BadUsageError, parse_duration
from collector.users import audit, passwords, people, tokens
from collector.users.audit import Actor, Deed
from collector.users.passwords import WeakPasswordError
from collector.users.people import Person, Seen, UnfitError, Wanted
from collector.users.roles import ALL_GROUPS, Action, Grant, Role
from collector.users.tokens import Scope

app = typer.Typer(help="Who may log in to the web console.", no_args_is_help=True)
token_app = typer.Typer(help="Which programs may use the centre.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="To log in with.")]
RolesOption = Annotated[
    list[str],
    typer.Option("--role", metavar="ROLE[@GROUP]", help="viewer, dispatcher, engineer or administrator."),
]


class TokenLine(Struct, frozen=True):
    """A token for a program; times are Unix ms."""

    id: int
    name: str
    prefix: str
    scope: Scope
    by: str
    created_ms: int
    expires_ms: int | None
    used_ms: int | None


@app.command("list")
def list_users(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List who may log in, with their roles."""
    with state_of(config) as connection:
        found = [people.seen(one) for one in people.everybody(connection)]
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    for one in found:
        typer.echo(printable(_line(one)))
    typer.echo(f"{len(found)} people", err=True)


@app.command()
def add(
    name: NameArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    role: RolesOption,
    title: Annotated[str | None, typer.Option("--title", help="As others read it. [default: NAME]")] = None,
    oidc: Annotated[bool, typer.Option("--oidc", help="No password: comes in through the provider.")] = False,
) -> None:
    """Add somebody; the password is asked for, or read from standard input."""
    password = None if oidc else _password()
    wanted = Wanted(title=title or name, password=password, grants=_grants(role))
    with _writing(config) as transaction:
        person = people.add(transaction, name, wanted, _now_ms())
        audit.note(
            transaction,
            Deed.PERSON_ADDED,
            _myself(),
            _now_ms(),
            target=person.name,
            after=people.seen(person),
        )
    typer.echo(_line(people.seen(person)))


@app.command()
def passwd(
    name: NameArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    draw: Annotated[bool, typer.Option("--draw", help="Draw one at random and print it.")] = False,
) -> None:
    """Give somebody another password; all sessions of theirs end."""
    password = passwords.drawn() if draw else _password()
    _change(config, name, Wanted(password=password), Deed.PASSWORD_CHANGED)
    typer.echo(password if draw else f"{name}: the password is changed")


@app.command()
def role(name: NameArgument, config: ConfigOption = DEFAULT_CONFIG, *, role: RolesOption) -> None:
    """Give somebody these roles in place of those before; all sessions of theirs end."""
    typer.echo(_line(_change(config, name, Wanted(grants=_grants(role)), Deed.PERSON_CHANGED)))


@app.command()
def disable(
    name: NameArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Let them log in again.")] = False,
) -> None:
    """Keep somebody out; what they did stays in the journals."""
    typer.echo(_line(_change(config, name, Wanted(disabled=not undo), Deed.PERSON_CHANGED)))


@token_app.command("list")
def list_tokens(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List the tokens that are not revoked."""
    with state_of(config) as connection:
        found = [_token_line(one) for one in tokens.in_use(connection)]
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    for one in found:
        used = when(one.used_ms) if one.used_ms else "never used"
        roles = ", ".join(_grant(grant) for grant in one.scope.grants)
        typer.echo(printable(f"{one.id}  {one.name}  {one.prefix}…  {roles}  by {one.by}  {used}"))
    typer.echo(f"{len(found)} tokens", err=True)


@token_app.command("add")
def add_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the program.")],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    role: RolesOption,
    scope: Annotated[list[Action] | None, typer.Option("--scope", help="Narrow it to these actions.")] = None,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="It ends by itself: 30d.")
    ] = None,
) -> None:
    """Make a token and print its secret, which is kept nowhere."""
    try:
        expires_ms = _now_ms() + parse_duration(lasts) if lasts else None
    except BadUsageError as error:
        wrong(str(error))
    wanted = Scope(_grants(role), tuple(scope or ()))
    with _writing(config) as transaction:
        secret, token = tokens.make(
            transaction, name, wanted, by=_myself().name, now_ms=_now_ms(), expires_ms=expires_ms
        )
        audit.note(
            transaction, Deed.TOKEN_MADE, _myself(), _now_ms(), target=f"{token.id} {name}", after=wanted
        )
    typer.echo(secret)


@token_app.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `collector tokens list` shows it.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End a token for good."""
    with _writing(config) as transaction:
        token = tokens.revoke(transaction, number, _now_ms())
        if token is None:
            fail(f"there is no token {number}; `collector tokens list` shows them")
        audit.note(transaction, Deed.TOKEN_REVOKED, _myself(), _now_ms(), target=f"{token.id} {token.name}")
    typer.echo(printable(f"{token.name}: revoked"))


@contextmanager
def _writing(config: Path) -> Iterator[sa.Connection]:
    """The state database to be changed; what cannot be is one sentence."""
    try:
        with (
            state.opened(read_config(config).state.url, create=False) as engine,
            state.writing(engine) as transaction,
        ):
            yield transaction
    except (state.StateUnavailableError, state.StateUnusableError, UnfitError, WeakPasswordError) as error:
        fail(error)


def _change(config: Path, name: str, wanted: Wanted, deed: Deed) -> Seen:
    with _writing(config) as transaction:
        before = _named(people.to_change(transaction, name), name)
        after = people.change(transaction, before, wanted)
        audit.note(
            transaction,
            deed,
            _myself(),
            _now_ms(),
            target=before.name,
            before=people.seen(before),
            after=people.seen(after),
        )
        return people.seen(after)


def _named(found: Person | None, name: str) -> Person:
    if found is None:
        fail(f"there is nobody named {printable(name)}; `collector users list` shows them")
    return found


def _grants(roles: list[str]) -> tuple[Grant, ...]:
    found = []
    for text in roles:
        name, _, group = text.partition("@")
        if name not in set(Role):
            wrong(f"--role: {text!r} is none; write one such as dispatcher or dispatcher@left-bank")
        found.append(Grant(group or ALL_GROUPS, Role(name)))
    return tuple(found)


def _password() -> str:
    """Asked for at a terminal, else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        fail("the two are not the same")
    return password


def _line(person: Seen) -> str:
    roles = ", ".join(_grant(grant) for grant in person.grants) or "no role"
    return f"{person.name}  {person.title}  {roles}" + ("  disabled" if person.disabled else "")


def _grant(grant: Grant) -> str:
    return grant.role if grant.group == ALL_GROUPS else f"{grant.role}@{grant.group}"


def _token_line(token: tokens.Token) -> TokenLine:
    return TokenLine(
        id=token.id,
        name=token.name,
        prefix=token.prefix,
        scope=token.scope,
        by=token.by,
        created_ms=token.created_ms,
        expires_ms=token.expires_ms,
        used_ms=token.used_ms,
    )


def _myself() -> Actor:
    """Whoever is at the shell of the centre."""
    return Actor(f"{getpass.getuser()} (shell)")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
