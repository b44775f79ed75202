"""Looking into an outbox without changing it, also while the agent uses it.

Read in short transactions, so that the agent's log can always be cut.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from msgspec import Struct

from edge_agent.outbox.database import OutboxError, UnusableError, log_bytes, named
from edge_agent.outbox.overview import Overview
from edge_agent.outbox.records import is_sound
from wire import codec
from wire.messages import Batch, Loss

_PAGE: Final = 500
_BUSY_S: Final = 5.0
_losses_in = msgspec.json.Decoder(tuple[Loss, ...])


class Entry(Struct, frozen=True):
    """One batch in the list."""

    seq: int
    readings: int
    from_ms: int
    to_ms: int
    bytes: int
    losses: int


class Inspection:
    """A read-only view; close it."""

    def __init__(self, path: Path) -> None:
        """Open an existing outbox.

        Raises:
            UnusableError: not there, or not ours.
            DamagedError: no sound database.
            NotNowError: it cannot be read now.
        """
        self._path = path
        if not path.is_file():
            raise UnusableError(f"{path}: no such file; `edge-agent run` makes it")
        plain = f"{path.absolute().as_uri()}?mode=ro"
        with named(path):
            self._connection = sqlite3.connect(plain, uri=True, timeout=_BUSY_S, isolation_level=None)
        try:
            self._check()
        except OutboxError:
            self._connection.close()
            raise

    def _check(self) -> None:
        ours = "SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'batch', 'held')"
        if self._rows(ours) != [(3,)] or not self._rows("SELECT 1 FROM meta WHERE key = 'epoch'"):
            raise UnusableError(f"{self._path}: not an outbox")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def overview(self) -> Overview:
        """How it is, as of one moment."""
        with named(self._path):
            self._connection.execute("BEGIN")
            try:
                return self._overview()
            finally:
                self._connection.execute("ROLLBACK")

    def _overview(self) -> Overview:
        meta = dict(self._rows("SELECT key, value FROM meta"))
        ((batches, readings, first, last),) = self._rows(
            "SELECT count(*), total(readings), min(seq), max(seq) FROM batch"
        )
        ((held,),) = self._rows("SELECT total(readings) FROM held")
        ends = dict(self._rows("SELECT seq, from_ms FROM batch WHERE seq IN (?, ?)", first, last))
        ends |= {None: 0}
        return Overview(
            path=str(self._path),
            epoch=meta["epoch"],
            next_seq=meta["next_seq"],
            batches=batches,
            readings=int(readings),
            oldest_seq=first or 0,
            oldest_ms=ends[first],
            newest_seq=last or 0,
            newest_ms=ends[last],
            held_readings=int(held),
            untold_losses=_losses_in.decode(meta["losses"]),
            file_bytes=self._path.stat().st_size,
            log_bytes=log_bytes(self._path),
        )

    def oldest_payload(self) -> bytes | None:
        """The batch that waits longest, as it is sent; None when none waits."""
        rows = self._rows("SELECT payload FROM batch ORDER BY seq LIMIT 1")
        return rows[0][0] if rows else None

    def entries(self) -> Iterator[Entry]:
        """All batches, oldest first."""
        for row in self._pages("seq, readings, from_ms, to_ms, bytes, losses"):
            yield Entry(*row)

    def faults(self) -> Iterator[str]:
        """A sentence for each thing that is wrong; reads every byte."""
        for (verdict,) in self._rows("PRAGMA quick_check"):
            if verdict != "ok":
                yield f"database: {verdict}"
        epoch = self.overview().epoch
        for seq, crc, payload in self._pages("seq, crc, payload"):
            if fault := _fault(seq, crc, payload, epoch):
                yield f"batch {seq}: {fault}"

    def _pages(self, columns: str) -> Iterator[tuple[Any, ...]]:
        last = 0
        statement = f"SELECT {columns} FROM batch WHERE seq > ? ORDER BY seq LIMIT {_PAGE}"  # noqa: S608 - ours
        while page := self._rows(statement, last):
            yield from page
            last = page[-1][0]

    def _rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with named(self._path):
            return self._connection.execute(statement, parameters).fetchall()


def _fault(seq: int, crc: int, payload: bytes, epoch: str) -> str | None:
    if not is_sound(payload, crc):
        return "not as it was written"
    try:
        batch = codec.decode(Batch, payload)
    except codec.DecodeError as error:
        return str(error)
    return None if (batch.seq, batch.epoch) == (seq, epoch) else "carries another number or epoch"
