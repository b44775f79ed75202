"""Readings as a file that spreadsheets open as it is: UTF-8 with a mark, `;` between; pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from collector.arrivals import StoredReading
from wire.messages import Value

MARK: Final = "\N{BYTE ORDER MARK}"
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_HEADS: Final[Mapping[str, tuple[str, str]]] = {
    "ru": ("время", "качество"),
    "kk": ("уақыты", "сапасы"),
    "en": ("time", "quality"),
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be reckoned (OWASP, CSV injection)."""
_LINES: Final = 500


def lines(readings: Iterable[StoredReading], head: str, zone: ZoneInfo, language: str) -> Iterator[bytes]:
    """A table of time, value and quality.

    Args:
        readings: of one point, in order of time.
        head: of the column of values.
        zone: of the times.
        language: ru, kk or en, of the heads; English has decimal points, the others commas.
    """
    buffer = io.StringIO(newline="")
    buffer.write(MARK)
    writer = csv.writer(buffer, delimiter=";")
    time, quality = _HEADS[language]
    writer.writerow([f"{time} {zone.key}", text(head), quality])
    for number, one in enumerate(readings, 1):
        when = datetime.fromtimestamp(one.t_ms / 1000, UTC).astimezone(zone)
        writer.writerow([when.strftime(_TIME), _shown(one.value, language), one.quality or "good"])
        if number % _LINES == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def text(value: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _shown(value: Value, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return text(value)
    shown = f"{value:.10g}"
    return shown if language == "en" else shown.replace(".", ",")


def _taken(buffer: io.StringIO) -> bytes:
    taken = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return taken.encode()
