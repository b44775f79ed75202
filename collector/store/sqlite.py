"""Readings in one SQLite file: the embedded default.

- When `write` returns, its transaction is on the disk: WAL with synchronous=FULL, one fsync a commit (SQLite,
  "Write-Ahead Logging", §2; "PRAGMA synchronous"). The receipts depend on it.
- The rows of a point lie together in order of time; a reading costs about 27 bytes.
- Readers have connections of their own, see only whole writes and never hold one up; a page of rows is one
  transaction, so a slow reader does not keep the write-ahead log growing.
- A file that is damaged or not ours is refused, never replaced: this is the central store.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from threading import Lock

from collector.arrivals import Arrival, Refused, Selection, StoredReading
from collector.store import StoreUnavailableError, StoreUnusableError
from collector.store.selection import Point, arrange, compile_glob, is_exact, newest
from wire.messages import Row, Value
from wire.topics import Gateway

SCHEMA_VERSION = 1

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL, gateway TEXT NOT NULL, device TEXT NOT NULL, channel TEXT NOT NULL,
    UNIQUE (site, device, channel, gateway)
);
CREATE TABLE reading (
    series INTEGER NOT NULL, t INTEGER NOT NULL,
    value, -- no type, so that the text "12" stays a text
    quality TEXT,
    PRIMARY KEY (series, t)
) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""
_UPSERT = (
    "INSERT INTO reading VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET value = excluded.value, quality = excluded.quality"
)
_NEW_SERIES = "INSERT INTO series (site, gateway, device, channel) VALUES (?, ?, ?, ?) RETURNING id"
_PAGE = "SELECT t, value, quality FROM reading WHERE series = ? AND t >= ? AND t < ? ORDER BY t LIMIT ?"
_NEWEST = "SELECT t, value, quality FROM reading WHERE series = ? AND t >= ? ORDER BY t DESC LIMIT 1"
_ONE_SERIES = (
    "SELECT site, device, channel, gateway, id FROM series WHERE site = ? AND device = ? AND channel = ?"
)
_DEPTH = 3
"""Parts of a point: site, device, channel."""
ROWS_A_PAGE = 5_000
_BUSY_S = 5.0
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -16384",
    # Four times the default: readings are copied from log to file less often (196 k/s against 149 k/s).
    "PRAGMA wal_autocheckpoint = 4000",
)

_SeriesKey = tuple[str, str, str, str]
_Parameters = tuple[int, int, Value, str | None]
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE = 0xFF
_HINTS = {
    sqlite3.SQLITE_CANTOPEN: "; see that it and its folder are there and may be read",
    # A log beside the file has to be made even for reading, unless the collector runs and has made it.
    sqlite3.SQLITE_READONLY: "; run this as the collector's user, who may write to its folder",
}


class SqliteReadings:
    """A `Store`; any thread may call it, one write at a time."""

    def __init__(self, path: str, *, reading: bool = False) -> None:
        self._path = path
        self._writing = Lock()
        self._ids: dict[_SeriesKey, int] = {}
        self._connection = _connect(path, reading=reading)
        try:
            with _named(path):
                _prepare(self._connection, path, reading=reading)
        except (StoreUnavailableError, StoreUnusableError):
            self._connection.close()
            raise

    def write(self, arrivals: Sequence[Arrival]) -> tuple[Refused, ...]:
        """Store every scan in one transaction; SQLite refuses none.

        Raises:
            StoreUnavailableError: locked, full or failing disk; nothing of this call is stored.
            StoreUnusableError: the file is damaged.
        """
        with self._writing, _named(self._path), self._transaction():
            self._connection.executemany(_UPSERT, self._rows(arrivals))
        return ()

    def read(self, selection: Selection) -> Iterator[StoredReading]:
        """Readings in order of point, then time.

        Raises:
            StoreUnavailableError: the file cannot be read now.
            StoreUnusableError: the file is damaged.
        """
        with _named(self._path), closing(_connect(self._path, reading=True)) as connection:
            ids = _series(connection, selection.points)
            yield from arrange(
                ids, lambda point: _readings(connection, point, ids[point], selection), selection
            )

    def newest(self, points: str, since_ms: int) -> Iterator[StoredReading]:
        """The newest reading of each point, unless it is older than `since_ms`.

        Raises:
            StoreUnavailableError, StoreUnusableError: as for `read`.
        """
        with _named(self._path), closing(_connect(self._path, reading=True)) as connection:
            rows = (
                StoredReading(point.site, point.gateway, point.device, point.channel, *row)
                for point, key in _series(connection, points).items()
                for row in connection.execute(_NEWEST, (key, since_ms))
            )
            yield from newest(rows)

    def close(self) -> None:
        with self._writing:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._ids.clear()
            self._connection.rollback()
            raise

    def _rows(self, arrivals: Sequence[Arrival]) -> Iterator[_Parameters]:
        """Column by column over all scans of a device: neighbours in the file are written together."""
        grouped: dict[tuple[Gateway, str, tuple[str, ...]], list[tuple[Row, ...]]] = {}
        for arrival in arrivals:
            for table in arrival.batch.tables:
                grouped.setdefault((arrival.gateway, table.device, table.channels), []).append(table.rows)
        for (gateway, device, channels), rows in grouped.items():
            for index, channel in enumerate(channels):
                key = self._series(gateway, device, channel)
                yield from _column(key, index, chain.from_iterable(rows))

    def _series(self, gateway: Gateway, device: str, channel: str) -> int:
        names = (gateway.site, gateway.gateway, device, channel)
        if names not in self._ids:
            if not self._ids:
                found = self._connection.execute("SELECT site, gateway, device, channel, id FROM series")
                self._ids.update({(site, gw, dev, ch): key for site, gw, dev, ch, key in found})
            if names not in self._ids:
                self._ids[names] = self._connection.execute(_NEW_SERIES, names).fetchone()[0]
        return self._ids[names]


def _series(connection: sqlite3.Connection, points: str) -> dict[Point, int]:
    """The points that match a glob; for a single one the index is asked."""
    if is_exact(points):
        names = points.split("/")
        found = connection.execute(_ONE_SERIES, names) if len(names) == _DEPTH else ()
        return {Point(*names): key for *names, key in found}
    pattern = compile_glob(points)
    every = connection.execute("SELECT site, device, channel, gateway, id FROM series")
    return {point: key for *names, key in every if (point := Point(*names)).matches(pattern)}


def _column(series: int, index: int, rows: Iterable[Row]) -> Iterator[_Parameters]:
    """One channel's readings; where there is neither a value nor a reason, none."""
    for row in rows:
        value = row.values[index]
        quality = row.quality.get(index)
        if value is not None or quality is not None:
            yield series, row.t_ms, value, quality


def _readings(
    connection: sqlite3.Connection, point: Point, series: int, selection: Selection
) -> Iterator[StoredReading]:
    start = selection.start_ms
    while page := connection.execute(_PAGE, (series, start, selection.end_ms, ROWS_A_PAGE)).fetchall():
        for t_ms, value, quality in page:
            yield StoredReading(point.site, point.gateway, point.device, point.channel, t_ms, value, quality)
        if len(page) < ROWS_A_PAGE:
            return
        start = page[-1][0] + 1


def _connect(path: str, *, reading: bool) -> sqlite3.Connection:
    mode = "ro" if reading else "rwc"
    with _named(path):
        return sqlite3.connect(
            f"{Path(path).absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=_BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )


def _prepare(connection: sqlite3.Connection, path: str, *, reading: bool) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version != SCHEMA_VERSION and (tables or reading):
        raise StoreUnusableError(
            f"{path}: not a store of this program (schema version {version}, known: {SCHEMA_VERSION});"
            " name another file in [store] path, or upgrade"
        )
    if reading:
        return
    connection.execute("PRAGMA journal_mode = WAL")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    if not tables:
        connection.executescript(_SCHEMA)


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Name the file in what SQLite says, and what comes next.

    Raises:
        StoreUnusableError: the file is damaged.
        StoreUnavailableError: locked, full, missing or failing disk.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        if code in _DAMAGED:
            raise StoreUnusableError(
                f"{path}: damaged ({error}); restore it from a backup, or move it away to begin anew"
            ) from error
        raise StoreUnavailableError(f"{path}: cannot be used now: {error}{_HINTS.get(code, '')}") from error
