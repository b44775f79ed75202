"""Readings as a table for people, and as CSV or JSON lines for programs, which stream in constant memory."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import IO
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from collector.arrivals import StoredReading
from collector.cli.common import printable
from collector.cli.times import iso, local
from wire.messages import Value

GOOD = "good"


class Format(StrEnum):
    """How readings are printed."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


class FileFormat(StrEnum):
    """How readings are written to a file."""

    CSV = "csv"
    JSONL = "jsonl"


class Record(Struct, frozen=True):
    """One line of output; `time` is ISO 8601 in UTC, `quality` is `good` or a reason."""

    site: str
    gateway: str
    device: str
    channel: str
    t_ms: int
    time: str | None
    value: Value
    quality: str


def record(reading: StoredReading) -> Record:
    """A reading as a line of output."""
    return Record(
        reading.site,
        reading.gateway,
        reading.device,
        reading.channel,
        reading.t_ms,
        iso(reading.t_ms),
        reading.value,
        reading.quality or GOOD,
    )


def jsonl(readings: Iterable[StoredReading]) -> Iterator[bytes]:
    """One JSON object a line."""
    encode = msgspec.json.Encoder().encode
    for reading in readings:
        yield encode(record(reading)) + b"\n"


def comma_separated(readings: Iterable[StoredReading]) -> Iterator[bytes]:
    """RFC 4180 with a header; an absent value is empty."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(Record.__struct_fields__)
    for reading in readings:
        writer.writerow(msgspec.structs.astuple(record(reading)))
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


STREAMS: dict[str, Callable[[Iterable[StoredReading]], Iterator[bytes]]] = {
    FileFormat.CSV: comma_separated,
    FileFormat.JSONL: jsonl,
}


def print_table(readings: Iterable[StoredReading], zone: ZoneInfo, file: IO[str]) -> None:
    """Print readings for a person, times as clocks in `zone` show them."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("time " + zone.key, "point", box=None, pad_edge=False, header_style="bold")
    table.add_column("value", justify="right")
    table.add_column("quality")
    for reading in readings:
        point = f"{reading.site}/{reading.device}/{reading.channel}"
        quality = reading.quality or GOOD
        table.add_row(
            local(reading.t_ms, zone),
            Text(point, overflow="fold"),
            Text(_shown(reading.value), overflow="fold"),
            Text(quality, style=_STYLES.get(quality.partition(".")[0], "")),
        )
    Console(file=file).print(table)


_STYLES = {"bad": "red", "uncertain": "yellow"}


def _shown(value: Value) -> str:
    if value is None:
        return "–"
    return printable(value) if isinstance(value, str) else f"{value:.10g}"
