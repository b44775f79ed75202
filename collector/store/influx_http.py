"""The bytes to and from InfluxDB: writing over either interface, reading by InfluxQL.

A failing connection is a StoreUnavailableError of one sentence; what the server says is handed on.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol
from urllib.parse import quote

import msgspec
import urllib3
from msgspec import Struct
from urllib3 import exceptions as http

from collector.settings import InfluxStore
from collector.store import StoreUnavailableError, StoreUnusableError
from collector.store.influx_answer import Answer, said_by, sentence
from wire.broker import secret
from wire.messages import Value

ROWS_A_CHUNK = 10_000
_ADDRESS = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?")


class Writer(Protocol):
    """One of the two ways to write."""

    def post(self, payload: bytes) -> Answer:
        """Send lines of milliseconds; any answer of the server is returned, none raised."""

    def close(self) -> None:
        """Close connections."""


class Table(Struct, frozen=True):
    """Rows of an InfluxQL answer; the first column of a SELECT is the time in milliseconds."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: tuple[str, ...] = ()
    values: list[list[Value]] = []


class _Result(Struct):
    series: list[Table] = []
    error: str = ""


class _Chunk(Struct):
    results: list[_Result] = []
    error: str = ""


_decode = msgspec.json.Decoder(_Chunk).decode

_CAUSES: tuple[tuple[type[http.HTTPError], str], ...] = (
    # From the particular to the general: urllib3 calls a refused connection a timeout, too.
    (http.NameResolutionError, "cannot be found: its host name is unknown"),
    (http.NewConnectionError, "does not answer: no connection"),
    (http.TimeoutError, "did not answer in time"),
    (http.SSLError, "cannot be trusted: TLS failed"),
    (http.ProtocolError, "broke the connection off"),
)


class Server:
    """An InfluxDB as its configuration names it.

    Raises:
        StoreUnusableError: the address is none.
        SecretError: a secret is referred to but not there.
    """

    def __init__(self, settings: InfluxStore) -> None:
        if not _ADDRESS.fullmatch(settings.url):
            raise StoreUnusableError(f"[store] url: {settings.url!r} is no address; write http://host:8086")
        self.name = f"InfluxDB at {settings.url}"
        self._url = settings.url.rstrip("/")
        self._database = settings.database
        self._headers = _login(settings)
        self._pool = urllib3.PoolManager(
            maxsize=4, retries=False, timeout=urllib3.Timeout(settings.timeout_s, settings.timeout_s)
        )

    def close(self) -> None:
        self._pool.clear()

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Name what kept a request from being answered.

        Raises:
            StoreUnavailableError: in place of any of urllib3's errors.
        """
        try:
            yield
        except http.HTTPError as error:
            cause = next(
                (words for kind, words in _CAUSES if isinstance(error, kind)), f"cannot be used: {error}"
            )
            raise StoreUnavailableError(f"{self.name} {cause}") from error

    def request(self, path: str, **arguments: Any) -> urllib3.BaseHTTPResponse:
        with self.reached():
            return self._pool.request(
                "POST", self._url + path, headers=self._headers, redirect=False, **arguments
            )

    def query(self, text: str) -> Iterator[Table]:
        """The tables of an InfluxQL answer, in pieces of `ROWS_A_CHUNK`; none where the database is missing.

        Raises:
            StoreUnavailableError: not reached, login refused, or the server could not answer.
        """
        fields = {
            "q": text,
            "db": self._database,
            "epoch": "ms",
            "chunked": "true",
            "chunk_size": str(ROWS_A_CHUNK),
        }
        response = self.request("/query", fields=fields, encode_multipart=False, preload_content=False)
        with closing(response), self.reached():
            yield from self._tables(response)

    def _tables(self, response: urllib3.BaseHTTPResponse) -> Iterator[Table]:
        if response.status != 200:  # noqa: PLR2004 - RFC 9110, OK
            said = said_by(response.data.decode(errors="replace"))
            raise StoreUnavailableError(sentence(response.status, said, self.name))
        for line in response:
            if line.strip():
                yield from self._checked(line)

    def _checked(self, line: bytes) -> Iterator[Table]:
        try:
            chunk = _decode(line)
        except msgspec.DecodeError as error:
            raise StoreUnavailableError(f"{self.name} gave no InfluxQL answer: {error}") from None
        for result in chunk.results:
            if result.error and "database not found" not in result.error:
                raise StoreUnavailableError(f"{self.name} could not read: {result.error}")
            yield from result.series
        if chunk.error:
            raise StoreUnavailableError(f"{self.name} could not read: {chunk.error}")


class V1Writer:
    """`/write` of InfluxDB 1.x and all that took it over."""

    def __init__(self, settings: InfluxStore, server: Server) -> None:
        self._server = server
        self._path = f"/write?db={quote(settings.database, safe='')}&precision=ms"

    def post(self, payload: bytes) -> Answer:
        response = self._server.request(self._path, body=payload)
        return Answer(response.status, response.data.decode(errors="replace"))

    def close(self) -> None:
        """Its connections are the server's."""


def _login(settings: InfluxStore) -> dict[str, str]:
    if settings.token:
        return {"Authorization": f"Token {secret(settings.token)}"}
    if settings.username is None:
        return {}
    password = secret(settings.password) if settings.password else ""
    return {"Authorization": "Basic " + b64encode(f"{settings.username}:{password}".encode()).decode()}
