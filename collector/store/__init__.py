"""Where readings are kept: one file a store; all of them idempotent on (point, time).

StoreUnavailableError   write the same again later
StoreUnusableError      stop: a person must look first
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from collector.arrivals import Arrival, Refused, Selection, StoredReading
from collector.settings import InfluxStore, SqliteStore


class StoreUnavailableError(Exception):
    """Down, full or too slow: nothing is known to be stored; write the same again later."""


class StoreUnusableError(Exception):
    """Damaged, or of a version this program does not know: no later attempt will do better."""


class Store(Protocol):
    """A durable, idempotent place for readings."""

    def write(self, arrivals: Sequence[Arrival]) -> tuple[Refused, ...]:
        """Store every scan of these batches; on return all but the refused ones are durable.

        Raises:
            StoreUnavailableError: try again later with the same arrivals.
        """

    def read(self, selection: Selection) -> Iterator[StoredReading]:
        """Readings in order of point, then time."""

    def newest(self, points: str, since_ms: int) -> Iterator[StoredReading]:
        """The newest reading of each point that matches a glob, unless it is older than `since_ms`."""

    def close(self) -> None:
        """Release files and connections."""


def open_store(settings: SqliteStore | InfluxStore, *, reading: bool = False) -> Store:
    """Open the configured store; only the chosen one is imported.

    Args:
        settings: the `[store]` table.
        reading: for reading only; nothing is created or changed.

    Raises:
        StoreUnavailableError: not there yet; try again later. InfluxDB is not asked before the first call.
        StoreUnusableError: there, but damaged or not ours.
        SecretError: a secret is referred to but not there.
    """
    if isinstance(settings, SqliteStore):
        from collector.store.sqlite import SqliteReadings  # noqa: PLC0415 - a collector loads one store

        return SqliteReadings(settings.path, reading=reading)
    from collector.store.influx import InfluxReadings  # noqa: PLC0415 - urllib3 costs 6 MB

    return InfluxReadings(settings)
