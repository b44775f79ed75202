"""Where readings are kept: one file a store; all of them idempotent on (point, time)."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from collector.arrivals import Arrival, Refused, Selection, StoredReading


class StoreUnavailableError(Exception):
    """Down, full or too slow: nothing is known to be stored; write the same again later."""


class Store(Protocol):
    """A durable, idempotent place for readings."""

    def write(self, arrivals: Sequence[Arrival]) -> tuple[Refused, ...]:
        """Store every scan of these batches; on return all but the refused ones are durable.

        Raises:
            StoreUnavailableError: try again later with the same arrivals.
        """

    def read(self, selection: Selection) -> Iterator[StoredReading]:
        """Readings in order of point, then time."""

    def close(self) -> None:
        """Release files and connections."""
