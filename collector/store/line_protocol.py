"""Scans as InfluxDB line protocol: one line a scan, milliseconds.

    boiler_house,device=kv-1,gateway=gw-1,site=bh-07 t=71.5,p_gas=2.0,p_gas__q="bad.sentinel" 1769396400000

- Numbers are always floats, so that 1 and 1.0 are never two types of one field.
- A value of None has no field; where there is neither value nor reason, nothing is written.
- `time` as a field is dropped by InfluxDB without a word (1.6.7: 204 No Content), a field named as a tag
  hides the tag, and `x__q` is the quality of `x`. Channels of such names get a dot, which no name can hold.
- InfluxDB merges: what an earlier write of the same scan had and the later one has not, stays.

Rules of escaping: InfluxDB 1.8 line protocol reference, "Special characters".
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import add

import msgspec
from msgspec import Struct

from collector.arrivals import Arrival, Refused
from wire.messages import Row, Table, Value
from wire.topics import Gateway

MAX_LINES = 5_000
MAX_BYTES = 2 * 1024 * 1024
"""A request ends with the line that reaches either."""

LATEST_MS = 9_223_372_036_854
"""The year 2262: the last millisecond that InfluxDB's 64-bit nanoseconds can hold."""

TAGS = ("device", "gateway", "site")
QUALITY = "__q"
_RESERVED = frozenset({"time", *TAGS})
_KEY = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_TEXT = str.maketrans({"\\": r"\\", '"': r"\""})
_encode = msgspec.json.Encoder().encode


class Field(Struct, frozen=True):
    """A field as it is written: `text` is `key=value`."""

    channel: str
    key: str
    text: bytes
    kind: str
    """`float` or `string`, in InfluxDB's words."""


class Line(Struct, frozen=True):
    """One scan, or a part of it, in pieces that can be left out."""

    gateway: Gateway
    device: str
    head: bytes
    fields: tuple[Field, ...]
    t_ms: int

    def __bytes__(self) -> bytes:
        return b"%b %b %d" % (self.head, b",".join([field.text for field in self.fields]), self.t_ms)


class Scan(Struct, frozen=True):
    """Where a line came from."""

    gateway: Gateway
    site_class: str
    table: Table
    row: Row


class Body(Struct, frozen=True):
    """What one request carries and which scans stand in it."""

    payload: bytes
    scans: tuple[Scan, ...]


class _Form(Struct, frozen=True):
    """What every line of a table has in common."""

    head: bytes
    names: tuple[bytes, ...]


def field_key(channel: str) -> str:
    """The field of a channel."""
    return f"{channel}." if channel in _RESERVED or channel.endswith(QUALITY) else channel


def channel_of(key: str) -> str:
    """The channel of a field that holds values: the inverse of `field_key`."""
    return key.removesuffix(".")


def bodies(arrivals: Sequence[Arrival]) -> Iterator[Body]:
    """All that InfluxDB can hold of these batches, in requests of bounded size."""
    lines: list[bytes] = []
    scans: list[Scan] = []
    size = 0
    for scan in _scans(arrivals):
        if line := _line(scan):
            lines.append(line)
            scans.append(scan)
            size += len(line)
        if size >= MAX_BYTES or len(lines) >= MAX_LINES:
            yield Body(b"\n".join(lines), tuple(scans))
            lines, scans, size = [], [], 0
    if lines:
        yield Body(b"\n".join(lines), tuple(scans))


def too_late(arrivals: Sequence[Arrival]) -> list[Refused]:
    """The scans whose time lies beyond what InfluxDB can hold."""
    return [
        Refused(
            arrival.gateway,
            table.device,
            row.t_ms,
            f"{row.t_ms} ms is later than InfluxDB's last, {LATEST_MS}",
        )
        for arrival in arrivals
        for table in arrival.batch.tables
        for row in table.rows
        if row.t_ms > LATEST_MS
    ]


def take_apart(scan: Scan) -> Line:
    """A scan's line in pieces."""
    form = _form(scan.gateway, scan.site_class, scan.table.device, scan.table.channels)
    return Line(
        scan.gateway, scan.table.device, form.head, tuple(_fields(scan.table, scan.row)), scan.row.t_ms
    )


def _scans(arrivals: Sequence[Arrival]) -> Iterator[Scan]:
    for arrival in arrivals:
        for table in arrival.batch.tables:
            for row in table.rows:
                if row.t_ms <= LATEST_MS:
                    yield Scan(arrival.gateway, arrival.batch.site_class, table, row)


def _line(scan: Scan) -> bytes:
    """A scan's line; empty where it has no field.

    msgspec writes a row of numbers several times faster than repr does, and as InfluxDB reads them; a text
    shows by its quotes, an absent value by the n of null.
    """
    row = scan.row
    numbers = _encode(row.values)
    if row.quality or not row.values or b"n" in numbers or b'"' in numbers:
        line = take_apart(scan)
        return bytes(line) if line.fields else b""
    form = _form(scan.gateway, scan.site_class, scan.table.device, scan.table.channels)
    fields = b",".join(map(add, form.names, numbers[1:-1].split(b",")))
    return b"%b %b %d" % (form.head, fields, row.t_ms)


@lru_cache(maxsize=8192)
def _form(gateway: Gateway, site_class: str, device: str, channels: tuple[str, ...]) -> _Form:
    tags = zip(TAGS, (device, gateway.gateway, gateway.site), strict=True)
    head = ",".join([_escape(site_class), *(f"{tag}={_escape(value)}" for tag, value in tags)])
    return _Form(head.encode(), tuple(f"{_escape(field_key(channel))}=".encode() for channel in channels))


def _fields(table: Table, row: Row) -> Iterator[Field]:
    for index, (channel, value) in enumerate(zip(table.channels, row.values, strict=True)):
        key = field_key(channel)
        if value is not None:
            yield _field(channel, key, value)
        if reason := row.quality.get(index):
            yield _field(channel, key + QUALITY, reason)


def _field(channel: str, key: str, value: Value) -> Field:
    if isinstance(value, str):
        return Field(channel, key, f'{_escape(key)}="{value.translate(_TEXT)}"'.encode(), "string")
    return Field(channel, key, f"{_escape(key)}={value!r}".encode(), "float")


def _escape(key: str) -> str:
    return key.translate(_KEY)
