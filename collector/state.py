"""The state database: its tables, how it is opened, and how an older one is brought up to date.

SQLite (WAL, synchronous=FULL) by default, PostgreSQL where several collectors share it. All statements are
SQLAlchemy Core; the one construct that is not standard SQL, INSERT … ON CONFLICT, both spell alike.

    StateUnavailableError  down, full or busy: nothing was written; try the same again later
    StateUnusableError     wrong address, missing driver, newer schema: a person must act
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

_BUSY_MS = 10_000
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {_BUSY_MS}", "foreign_keys = ON")

metadata = sa.MetaData()

streams = sa.Table(
    "stream",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("site", sa.String(63), nullable=False),
    sa.Column("gateway", sa.String(63), nullable=False),
    sa.Column("epoch", sa.String(16), nullable=False),
    sa.Column("seen_ms", sa.BigInteger, nullable=False, comment="when it was first heard of"),
    sa.Column(
        "passed_seq", sa.BigInteger, nullable=False, comment="the agent sends nothing before it; 0: not known"
    ),
    sa.UniqueConstraint("site", "gateway", "epoch"),
)
"""One outbox: its batches are numbered 1, 2, 3 …"""

ranges = sa.Table(
    "arrived",
    metadata,
    sa.Column("stream_id", sa.ForeignKey("stream.id"), primary_key=True),
    sa.Column("first_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False, comment="first time in the batch `first_seq`"),
    sa.Column("last_ms", sa.BigInteger, nullable=False, comment="last time in the batch `last_seq`"),
)

losses = sa.Table(
    "loss",
    metadata,
    sa.Column("told_stream_id", sa.ForeignKey("stream.id"), primary_key=True),
    sa.Column("told_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("stream_id", sa.ForeignKey("stream.id"), nullable=False, index=True),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("from_ms", sa.BigInteger, nullable=False),
    sa.Column("to_ms", sa.BigInteger, nullable=False),
    sa.Column("first_seq", sa.BigInteger, nullable=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("readings", sa.BigInteger, nullable=False),
)
"""What agents gave up: `stream_id` lost it, batch `told_seq` of `told_stream_id` said so."""

gateways = sa.Table(
    "gateway",
    metadata,
    sa.Column("site", sa.String(63), primary_key=True),
    sa.Column("gateway", sa.String(63), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True, comment="about or status"),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False, comment="the newest one, as JSON"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True, comment="what counts as the same"),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
    sa.Column("times", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("site", sa.String(63)),
    sa.Column("gateway", sa.String(63)),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("refused", sa.LargeBinary, nullable=False, comment="JSON: device, t_ms, reason of each scan"),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

alarm_events = sa.Table(
    "alarm_event",
    metadata,
    sa.Column("site", sa.String(63), primary_key=True),
    sa.Column("gateway", sa.String(63), primary_key=True),
    sa.Column("id", sa.String(250), primary_key=True),
    sa.Column("state", sa.String(10), primary_key=True),
    sa.Column("t_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False, comment="the event, as JSON"),
)
"""What gateways reported by themselves; the same event told twice is one row."""

commands = sa.Table(
    "command",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("site", sa.String(63), nullable=False),
    sa.Column("gateway", sa.String(63), nullable=False),
    sa.Column("order", sa.LargeBinary, nullable=False, comment="as JSON"),
    sa.Column("by", sa.Text, nullable=False, comment="who wants it"),
    sa.Column("t_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("answered_ms", sa.BigInteger),
    sa.Column("outcome", sa.String(16)),
    sa.Column("says", sa.Text, nullable=False),
)
"""What gateways are told; sent again and again until there is an answer or it is too late."""

false_alarms = sa.Table(
    "false_alarm",
    metadata,
    sa.Column("site", sa.String(63), primary_key=True),
    sa.Column("gateway", sa.String(63), primary_key=True),
    sa.Column("id", sa.String(250), primary_key=True),
    sa.Column("t_ms", sa.BigInteger, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("command_id", sa.String(16), nullable=False, comment="tells the gateway"),
)
"""Alarms that a person found to be none."""

counters = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

_schema = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, primary_key=True))


def _add_alarm_events(transaction: sa.Connection) -> None:
    alarm_events.create(transaction)


def _add_commands(transaction: sa.Connection) -> None:
    commands.create(transaction)
    false_alarms.create(transaction)


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_add_alarm_events, _add_commands)
"""The first step leads from version 1 to 2, and so on; a new database is made as the tables above stand."""
_NEWEST = len(MIGRATIONS) + 1


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
    engine = sa.create_engine(url)
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
    with _named_errors(), engine.connect() as connection:
        yield connection


def insert(transaction: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that takes `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return _INSERTS[transaction.dialect.name](table)


_INSERTS: dict[str, Callable[[sa.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise StateUnavailableError(f"state database: {error.orig}") from error


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
