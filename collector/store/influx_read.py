"""Reading back from InfluxDB: which points there are, and InfluxQL for each of them.

Buckets are formed here, not by InfluxDB's GROUP BY: no condition leaves bad readings out and keeps the good
ones, since a missing `__q` compares neither equal nor unequal. So a bucket costs the transfer of all in it.
"""

import re
from collections.abc import Iterator, Sequence
from heapq import merge
from operator import attrgetter

from msgspec import Struct

from collector.arrivals import Selection, StoredReading
from collector.store.influx_http import Server, Table
from collector.store.line_protocol import LATEST_MS, QUALITY, TAGS, channel_of
from collector.store.selection import Point, arrange, compile_glob
from collector.store.selection import newest as newest_of
from wire.messages import Value

_KINDS = ("float", "string")
_SCANS = 20
"""Of a device, to find the newest reading of each channel: not every scan has every channel."""
_UNESCAPED_COMMA = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([,= ])")


class Series(Struct, frozen=True):
    """A device in a measurement."""

    measurement: str
    site: str
    gateway: str
    device: str


class Column(Struct, frozen=True):
    """A field of a measurement, once for every type it has (InfluxDB settles the type anew in each shard)."""

    key: str
    kind: str

    @property
    def channel(self) -> str:
        return channel_of(self.key.removesuffix(QUALITY))

    @property
    def expression(self) -> str:
        return f"{quoted(self.key)}::{self.kind}"


Contents = dict[Point, dict[Series, list[Column]]]


def read(server: Server, selection: Selection) -> Iterator[StoredReading]:
    """Readings in order of point, then time.

    Raises:
        StoreUnavailableError: InfluxDB cannot be asked.
    """
    contents = _contents(server, selection)

    def readings_of(point: Point) -> Iterator[StoredReading]:
        streams = [_readings(server, point, *found, selection) for found in contents[point].items()]
        return merge(*streams, key=attrgetter("t_ms")) if len(streams) > 1 else streams[0]

    yield from arrange(contents, readings_of, selection)


def newest(server: Server, points: str, since_ms: int) -> Iterator[StoredReading]:
    """The newest reading of each point that matches a glob, among the newest scans of its device.

    Raises:
        StoreUnavailableError: InfluxDB cannot be asked.
    """
    pattern = compile_glob(points)
    yield from newest_of(
        reading
        for measurement, columns in _columns(server).items()
        for reading in _newest_of(server, measurement, columns, since_ms)
        if pattern.fullmatch(f"{reading.site}/{reading.device}/{reading.channel}")
    )


def _newest_of(
    server: Server, measurement: str, columns: Sequence[Column], since_ms: int
) -> Iterator[StoredReading]:
    """What the newest scans of each device of a measurement hold."""
    what = ", ".join(column.expression for column in columns)
    tail = f" GROUP BY {', '.join(TAGS)} ORDER BY time DESC LIMIT {_SCANS}"
    for table in server.query(_select(what, measurement, f"time >= {since_ms}ms") + tail):
        one = _series_of(measurement, table)
        for row in table.values:
            yield from _scan(one, columns, row)


def _scan(series: Series, columns: Sequence[Column], row: Sequence[Value]) -> Iterator[StoredReading]:
    """The readings of one scan; a channel has a column for its value and one for its quality."""
    held: dict[str, list[Value]] = {}
    for column, value in zip(columns, row[1:], strict=True):
        pair = held.setdefault(column.channel, [None, None])
        is_quality = column.key.endswith(QUALITY)
        pair[is_quality] = value if pair[is_quality] is None else pair[is_quality]
    for channel, (value, quality) in held.items():
        if value is not None or quality is not None:
            t_ms, reason = int(row[0] or 0), None if quality is None else str(quality)
            yield StoredReading(series.site, series.gateway, series.device, channel, t_ms, value, reason)


def quoted(name: str) -> str:
    """An InfluxQL identifier."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_series(key: str) -> Series | None:
    """A line of SHOW SERIES; None where the tags are not ours."""
    measurement, *pairs = (_ESCAPED.sub(r"\1", part) for part in _UNESCAPED_COMMA.split(key))
    tags = {tag: value for tag, _, value in (pair.partition("=") for pair in pairs)}
    return (
        Series(measurement, tags["site"], tags["gateway"], tags["device"]) if set(tags) == set(TAGS) else None
    )


def _contents(server: Server, selection: Selection) -> Contents:
    """The points that match and have anything in the range, with the fields that hold it."""
    pattern = compile_glob(selection.points)
    contents: Contents = {}
    columns = _columns(server)
    for measurement, series in _series(server).items():
        wanted = [
            column
            for column in columns.get(measurement, ())
            if any(_point(one, column).matches(pattern) for one in series)
        ]
        for one, column in _filled(server, measurement, wanted, selection):
            point = _point(one, column)
            if point.matches(pattern):
                contents.setdefault(point, {}).setdefault(one, []).append(column)
    return contents


def _point(series: Series, column: Column) -> Point:
    return Point(series.site, series.device, column.channel, series.gateway)


def _series(server: Server) -> dict[str, list[Series]]:
    found: dict[str, list[Series]] = {}
    for table in server.query("SHOW SERIES"):
        for row in table.values:
            if one := parse_series(str(row[0])):
                found.setdefault(one.measurement, []).append(one)
    return found


def _columns(server: Server) -> dict[str, list[Column]]:
    found: dict[str, list[Column]] = {}
    for table in server.query("SHOW FIELD KEYS"):
        pairs = (Column(str(key), str(kind)) for key, kind in table.values)
        found.setdefault(table.name, []).extend(column for column in pairs if column.kind in _KINDS)
    return found


def _filled(
    server: Server, measurement: str, columns: Sequence[Column], selection: Selection
) -> Iterator[tuple[Series, Column]]:
    """Which device has which of the columns: InfluxDB finds a last value without reading the others."""
    if not columns:
        return
    what = ", ".join(f"last({column.expression})" for column in columns)
    for table in server.query(_select(what, measurement, _range(selection)) + f" GROUP BY {', '.join(TAGS)}"):
        one = _series_of(measurement, table)
        for row in table.values:
            yield from (
                (one, column) for column, last in zip(columns, row[1:], strict=True) if last is not None
            )


def _series_of(measurement: str, table: Table) -> Series:
    return Series(measurement, table.tags["site"], table.tags["gateway"], table.tags["device"])


def _readings(
    server: Server, point: Point, series: Series, columns: Sequence[Column], selection: Selection
) -> Iterator[StoredReading]:
    values = [column for column in columns if not column.key.endswith(QUALITY)]
    reasons = [column for column in columns if column.key.endswith(QUALITY)]
    what = ", ".join(column.expression for column in (*values, *reasons))
    which = " AND ".join(f"{tag} = {_literal(getattr(series, tag))}" for tag in TAGS)
    split = 1 + len(values)
    for table in server.query(_select(what, series.measurement, f"{which} AND {_range(selection)}")):
        for row in table.values:
            quality = _first(row[split:])
            yield StoredReading(
                point.site,
                point.gateway,
                point.device,
                point.channel,
                int(row[0] or 0),
                _first(row[1:split]),
                None if quality is None else str(quality),
            )


def _first(values: Sequence[Value]) -> Value:
    return next((value for value in values if value is not None), None)


def _range(selection: Selection) -> str:
    return f"time >= {selection.start_ms}ms AND time <= {min(selection.end_ms - 1, LATEST_MS)}ms"


def _select(what: str, measurement: str, condition: str) -> str:
    return f"SELECT {what} FROM {quoted(measurement)} WHERE {condition}"  # noqa: S608 - names are quoted


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
