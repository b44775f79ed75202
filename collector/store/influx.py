"""Readings in InfluxDB, or in anything that speaks its protocol.

A request that is answered 204 is durable: InfluxDB answers after its write-ahead log is on the disk
(`wal-fsync-delay = "0s"`, its default).
"""

from collections.abc import Iterator, Sequence

from collector.arrivals import Arrival, Refused, Selection, StoredReading
from collector.settings import InfluxStore
from collector.store import StoreUnavailableError
from collector.store.influx_answer import Complaint, DatabaseMissingError, complaint_in
from collector.store.influx_http import Server, V1Writer, Writer
from collector.store.influx_read import newest, quoted, read
from collector.store.influx_sieve import sift
from collector.store.line_protocol import Body, Line, bodies, take_apart, too_late


class InfluxReadings:
    """A `Store`; nothing is asked of the server before the first call."""

    def __init__(self, settings: InfluxStore) -> None:
        self._settings = settings
        self._server = Server(settings)
        self._writer = _writer(settings, self._server)

    def write(self, arrivals: Sequence[Arrival]) -> tuple[Refused, ...]:
        refused = too_late(arrivals)
        for body in bodies(arrivals):
            refused += self._write(body)
        return tuple(refused)

    def read(self, selection: Selection) -> Iterator[StoredReading]:
        return read(self._server, selection)

    def newest(self, points: str, since_ms: int) -> Iterator[StoredReading]:
        return newest(self._server, points, since_ms)

    def close(self) -> None:
        self._writer.close()
        self._server.close()

    def _write(self, body: Body) -> Iterator[Refused]:
        if complaint := self._post(body.payload):
            yield from sift([take_apart(scan) for scan in body.scans], complaint, self._send)

    def _send(self, lines: Sequence[Line]) -> Complaint | None:
        return self._post(b"\n".join(map(bytes, lines)))

    def _post(self, payload: bytes) -> Complaint | None:
        try:
            return complaint_in(self._writer.post(payload), self._server.name)
        except DatabaseMissingError as missing:
            self._create_database(missing)
        try:
            return complaint_in(self._writer.post(payload), self._server.name)
        except DatabaseMissingError as missing:
            raise StoreUnavailableError(f"{self._server.name} has no such database: {missing}") from None

    def _create_database(self, missing: DatabaseMissingError) -> None:
        """Make the database at first use; a bucket needs an owner and a retention, which a person decides."""
        if self._settings.api == "v2":
            sentence = f'{self._server.name}: create the bucket first, or set api = "v1": {missing}'
            raise StoreUnavailableError(sentence) from None
        for _ in self._server.query(f"CREATE DATABASE {quoted(self._settings.database)}"):
            pass


def _writer(settings: InfluxStore, server: Server) -> Writer:
    if settings.api == "v1":
        return V1Writer(settings, server)
    from collector.store.influx_v2 import V2Writer  # noqa: PLC0415 - 28 MB that v1 does not need

    return V2Writer(settings, server)
