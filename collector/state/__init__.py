"""The state database: its tables, how it is opened, and how an older one is brought up to date.

SQLite (WAL, synchronous=FULL) by default, PostgreSQL where several collectors share it. All statements are
SQLAlchemy Core; the one construct that is not standard SQL, INSERT … ON CONFLICT, both spell alike.

    StateUnavailableError  down, full or busy: nothing was written; try the same again later
    StateUnusableError     wrong address, missing driver, newer schema: a person must act
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from collector.state.tables import (
    alarm_journal,
    alarms,
    audit,
    commands,
    counters,
    deliveries,
    gateways,
    incidents,
    leases,
    login_failures,
    losses,
    metadata,
    nmu,
    people,
    person_roles,
    quarantine,
    ranges,
    reports,
    rounds,
    sessions,
    shift_log,
    streams,
    tokens,
    webhooks,
)

_BUSY_MS = 10_000
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {_BUSY_MS}", "foreign_keys = ON")

_schema = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, primary_key=True))


def _nothing(_transaction: sa.Connection) -> None:
    """Version 2 had a table of events that the journal of alarms has taken the place of."""


def _add_commands(transaction: sa.Connection) -> None:
    commands.create(transaction)


def _add_alarm_desk(transaction: sa.Connection) -> None:
    for table in (alarms, alarm_journal, incidents):
        table.create(transaction)


def _add_people(transaction: sa.Connection) -> None:
    for table in (people, person_roles, sessions, tokens, login_failures, audit):
        table.create(transaction)


def _add_notify(transaction: sa.Connection) -> None:
    for table in (webhooks, deliveries, leases, rounds):
        table.create(transaction)


def _add_reports(transaction: sa.Connection) -> None:
    reports.create(transaction)


def _extend_alarms(transaction: sa.Connection) -> None:
    """When time brings something to an alarm, its incident, and which entries called somebody."""
    there = {column["name"] for column in sa.inspect(transaction).get_columns(alarms.name)}
    if "due_ms" in there:
        return
    for name in ("due_ms", "incident"):
        transaction.exec_driver_sql(f"ALTER TABLE alarm ADD COLUMN {name} BIGINT NOT NULL DEFAULT 0")
        transaction.exec_driver_sql(f"CREATE INDEX ix_alarm_{name} ON alarm ({name})")
    transaction.exec_driver_sql("ALTER TABLE alarm_journal ADD COLUMN called SMALLINT")
    for key, message in transaction.execute(sa.select(alarms.c.key, alarms.c.message)).all():
        number = json.loads(message)["incident"] if b'"incident"' in message else 0
        transaction.execute(alarms.update().where(alarms.c.key == key).values(incident=number))


def _add_shift_log(transaction: sa.Connection) -> None:
    for table in (shift_log, nmu):
        table.create(transaction)


def _extend_notify(transaction: sa.Connection) -> None:
    """How each webhook does, and which deliveries a person has asked for."""
    if "asked" in {column["name"] for column in sa.inspect(transaction).get_columns(deliveries.name)}:
        return
    for name in ("tried_ms", "failing_ms"):
        transaction.exec_driver_sql(f"ALTER TABLE webhook ADD COLUMN {name} BIGINT NOT NULL DEFAULT 0")
    transaction.exec_driver_sql("ALTER TABLE webhook ADD COLUMN said TEXT NOT NULL DEFAULT ''")
    transaction.exec_driver_sql("ALTER TABLE delivery ADD COLUMN asked BOOLEAN NOT NULL DEFAULT FALSE")
    # They named steps by their place; what still stands is told anew.
    transaction.execute(rounds.delete())


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (
    _nothing,
    _add_commands,
    _add_alarm_desk,
    _add_people,
    _add_notify,
    _add_reports,
    _extend_alarms,
    _add_shift_log,
    _extend_notify,
)
"""The first step leads from version 1 to 2, and so on; a new database is made as the tables above stand."""
_NEWEST = len(MIGRATIONS) + 1


__all__ = [
    "MIGRATIONS",
    "StateUnavailableError",
    "StateUnusableError",
    "alarm_journal",
    "alarms",
    "audit",
    "commands",
    "counters",
    "deliveries",
    "gateways",
    "incidents",
    "leases",
    "login_failures",
    "losses",
    "metadata",
    "nmu",
    "people",
    "person_roles",
    "quarantine",
    "ranges",
    "reports",
    "rounds",
    "sessions",
    "shift_log",
    "streams",
    "tokens",
    "webhooks",
]


class StateUnavailableError(Exception):
    """Down, full or busy: nothing was written; try the same again later."""


class StateUnusableError(Exception):
    """The database can never work as it is configured: one sentence for a person."""


def check_url(url: str) -> None:
    """See that a state database could be reached under this address, without touching it.

    Raises:
        StateUnusableError: no SQLAlchemy URL, neither SQLite nor PostgreSQL, or its driver is missing.
    """
    try:
        parsed = sa.make_url(url)
        parsed.get_dialect().import_dbapi()
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ValueError):
        raise StateUnusableError(
            "state.url: not sqlite:////path or postgresql+psycopg://host/database"
        ) from None
    except ModuleNotFoundError as error:
        raise StateUnusableError(f"state.url: the driver {error.name} is not installed") from None
    if parsed.get_backend_name() not in _INSERTS:
        raise StateUnusableError(f"state.url: {parsed.get_backend_name()} is neither sqlite nor postgresql")


def open_state(url: str, *, create: bool = True) -> sa.Engine:
    """Open the state database; with `create` make it or bring its schema up to date, else only look.

    Raises:
        StateUnusableError: see `check_url`; or another program version's schema.
        StateUnavailableError: it cannot be reached now, or without `create` must be brought up to date first.
    """
    check_url(url)
    if not create:
        _see_file(sa.make_url(url))
    # What is written holds secrets; an error that is logged must not.
    engine = sa.create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    try:
        with writing(engine) if create else reading(engine) as connection:
            _see_version(connection, older=create)
            if create:
                _migrate(connection)
    except (StateUnusableError, StateUnavailableError):
        engine.dispose()
        raise
    return engine


@contextmanager
def opened(url: str, *, create: bool = True) -> Iterator[sa.Engine]:
    """`open_state`, and close it at the end."""
    engine = open_state(url, create=create)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One durable transaction: all of it on return, nothing of it after an exception."""
    with _named_errors(), engine.execution_options(writes=True).begin() as transaction:
        yield transaction


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One consistent view; waits for no writer."""
    view = engine.execution_options(**_VIEW.get(engine.dialect.name, {}))
    with _named_errors(), view.connect() as connection:
        yield connection


def storable(text: str, most: int) -> str:
    """Text that every database takes, at most so long: PostgreSQL has no NUL, UTF-8 no surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:most]


def insert(transaction: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that takes `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return _INSERTS[transaction.dialect.name](table)


_INSERTS: dict[str, Callable[[sa.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


_VIEW: dict[str, dict[str, Any]] = {"postgresql": {"isolation_level": "REPEATABLE READ"}}
"""By itself PostgreSQL shows each statement what was committed until then (its documentation, 13.2.1)."""


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise StateUnavailableError(f"state database: {error.orig}") from error
    except sa.exc.TimeoutError as error:
        raise StateUnavailableError(f"state database: all connections are in use: {error}") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at once: a reader that turns writer midway fails when another was faster."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _see_file(url: sa.URL) -> None:
    """SQLite would make an empty database where there is none."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise StateUnavailableError(f"state database: {url.database}: not there; `collector run` makes it")


def _version(connection: sa.Connection) -> int | None:
    if not sa.inspect(connection).has_table(_schema.name):
        return None
    return int(connection.execute(sa.select(_schema.c.version)).scalar_one())


def _see_version(connection: sa.Connection, *, older: bool) -> None:
    found = _version(connection) or 0
    if found > _NEWEST:
        raise StateUnusableError(f"state database: schema {found}; this program knows {_NEWEST}: upgrade it")
    if found < _NEWEST and not older:
        raise StateUnavailableError(
            f"state database: schema {found}; `collector run` brings it to {_NEWEST}: restart it"
        )


def _migrate(transaction: sa.Connection) -> None:
    found = _version(transaction)
    if found is None:
        metadata.create_all(transaction)
        transaction.execute(_schema.insert(), {"version": _NEWEST})
        return
    for step in MIGRATIONS[found - 1 :]:
        step(transaction)
    transaction.execute(_schema.update().values(version=_NEWEST))
