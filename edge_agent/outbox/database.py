"""The outbox's SQLite file: schema, durability, and what its errors mean.

OutboxError
├ DamagedError      set the file aside and begin anew
├ NotNowError       disk full, failing or locked: keep it in memory, try again later
└ UnusableError     stop: a person must look first (another program's file, no permission, in use)
"""

import fcntl
import glob
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Final

_APPLICATION_ID: Final = 0x556C6261
"""Tells our files from other SQLite databases (SQLite, "PRAGMA application_id")."""
_KEPT: Final = 4
"""Damaged files that stay beside the new one; a card that fails for good must not fill the disk."""
_LOCKED_MS: Final = 200
_SCHEMA: Final = (
    f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE batch (
    seq INTEGER PRIMARY KEY,
    readings INTEGER NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
    losses INTEGER NOT NULL, -- how many loss records it carries
    bytes INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL
);
CREATE TABLE held (
    id INTEGER PRIMARY KEY,
    boot TEXT NOT NULL, mono_ms INTEGER NOT NULL,
    readings INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL
);
PRAGMA application_id = {_APPLICATION_ID};
""",
    """
ALTER TABLE batch ADD COLUMN alarms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE held ADD COLUMN alarms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX with_alarms ON batch (alarms) WHERE alarms > 0; -- the column lies behind the payload
""",
)
"""From each version to the next; a new file goes through all of them."""
SCHEMA_VERSION: Final = len(_SCHEMA)
_DAMAGED: Final = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,  # "no such table": the statements are right, so the schema is not
        sqlite3.SQLITE_CONSTRAINT,  # a number given twice
        sqlite3.SQLITE_IOERR_READ,
        sqlite3.SQLITE_IOERR_SHORT_READ,
        sqlite3.SQLITE_IOERR_CORRUPTFS,
    }
)
_PRIMARY_CODE: Final = 0xFF


class OutboxError(Exception):
    """Base of all below; says which file and why."""


class DamagedError(OutboxError):
    """The file is no sound database."""


class NotNowError(OutboxError):
    """Nothing was written; the same may work later."""


class UnusableError(OutboxError):
    """The file must not or cannot be used as it is configured."""


class Database:
    """A connection for one writer; every exception that leaves it is an `OutboxError`."""

    def __init__(self, path: Path) -> None:
        """Open the file, make it if there is none, and check all of it (`PRAGMA quick_check`).

        Raises:
            DamagedError: not a database, or a page of it is wrong.
            NotNowError: full or failing disk.
            UnusableError: another program's database, or a newer version's.
        """
        self._path = path
        with named(path):
            self._connection = sqlite3.connect(
                path, timeout=_LOCKED_MS / 1000, isolation_level=None, check_same_thread=False
            )
        try:
            with named(path):
                _prepare(self._connection, path)
        except OutboxError:
            self.close()
            raise

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """All or nothing; on return it is on the disk, unless `durable` is False.

        What is not durable may be undone by a power cut, and stays in order with what is: the log is one
        file, and the next durable commit carries it along (SQLite, "PRAGMA synchronous").
        """
        with named(self._path):
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement; all of what it gives."""
        with named(self._path):
            return self._connection.execute(statement, parameters).fetchall()

    def get(self, key: str) -> Any:
        """A value of the meta table, or None."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", key)
        return found[0][0] if found else None

    def put(self, key: str, value: str | int | bytes) -> None:
        """Set a value of the meta table."""
        self.rows(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", key, value
        )

    def used_bytes(self) -> int:
        """Pages that hold something, times their size."""
        ((used,),) = self.rows(
            "SELECT (page_count - freelist_count) * page_size"
            " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        )
        return int(used)

    def empty_log(self, limit_bytes: int) -> None:
        """Move the write-ahead log into the file and cut it to nothing, when it is longer than the limit."""
        if log_bytes(self._path) > limit_bytes:
            self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close; never fails: what a damaged file says at its end no longer matters."""
        try:
            self._connection.close()
        except sqlite3.Error:
            return


def log_bytes(path: Path) -> int:
    """The length of the write-ahead log; 0 without one."""
    try:
        return Path(f"{path}-wal").stat().st_size
    except FileNotFoundError:
        return 0


def lock(path: Path) -> IO[bytes]:
    """Keep every other agent away for as long as the returned file is open.

    Raises:
        UnusableError: another process has the lock, or it cannot be made here.
    """
    name = Path(f"{path}.lock")
    try:
        file = name.open("ab")
    except OSError as error:
        raise UnusableError(
            f"{name}: {error.strerror}; the agent's user must be able to write there"
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise UnusableError(f"{path}: another agent uses this outbox; stop it or name another file") from None
    return file


def set_aside(path: Path, stamp: str) -> Path:
    """Rename a database and its log, and remove all but the newest such files.

    The log goes first, or a new database would take it for its own.

    Raises:
        OSError: the folder cannot be written now.
    """
    target = path.with_name(f"{path.name}.corrupt-{stamp}")
    for suffix in ("-wal", "-shm", ""):
        source = Path(f"{path}{suffix}")
        if source.exists():
            source.rename(f"{target}{suffix}")
    for old in sorted(path.parent.glob(f"{glob.escape(path.name)}.corrupt-*Z"))[:-_KEPT]:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{old}{suffix}").unlink(missing_ok=True)
    return target


def salvaged_epoch(path: Path) -> str | None:
    """The epoch of a damaged database, if that part can still be read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row and isinstance(row[0], str) else None


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Say of an SQLite error which file it was and what to do next.

    Raises:
        DamagedError: see the class.
        NotNowError: see the class.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        kind = DamagedError if {code, code & _PRIMARY_CODE} & _DAMAGED else NotNowError
        raise kind(f"{path}: {error}") from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != _APPLICATION_ID and not tables & {"batch", "held", "meta"}:
        raise UnusableError(f"{path}: a database of another program; name another file in [outbox] path")
    if version > SCHEMA_VERSION:
        raise UnusableError(f"{path}: schema {version}, this program knows {SCHEMA_VERSION}: upgrade it")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")  # `empty_log` does it, and cuts the file as well
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise DamagedError(f"{path}: {verdict}")
    for done, step in enumerate(_SCHEMA[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {done}; COMMIT;")
