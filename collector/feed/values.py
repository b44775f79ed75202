"""The newest values of the region, read from the store at most every two seconds. Any thread may ask."""

import threading
import time
from collections.abc import Mapping
from typing import Final

from collector.arrivals import StoredReading
from collector.store import Store

FRESH_S: Final = 2.0
OLDEST_MS: Final = 24 * 3_600_000
"""What is older is no present value."""

Newest = Mapping[str, StoredReading]
"""site/device/channel → its newest reading."""


class Values:
    """Gives newest values."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reading = threading.Lock()
        self._known: Newest = {}
        self._read_s = float("-inf")

    def newest(self, now_ms: int) -> Newest:
        """Those of all points.

        Raises:
            StoreUnavailableError, StoreUnusableError: see `Store`.
        """
        with self._reading:
            if time.monotonic() - self._read_s > FRESH_S:
                found = self._store.newest("*", now_ms - OLDEST_MS)
                self._known = {f"{one.site}/{one.device}/{one.channel}": one for one in found}
                self._read_s = time.monotonic()
            return self._known
