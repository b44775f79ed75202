"""A recorded CSV → times and numbers; whatever cannot be read is refused in one sentence with its line."""

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from _csv import Reader

TIME_NAMES: Final = ("time", "datetime", "timestamp")
_SEPARATORS: Final = (";", "\t", ",")
_MISSING: Final = frozenset({"", "nan", "na", "n/a", "null", "none"})
_GERMAN_AND_RUSSIAN: Final = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M")
_MILLISECONDS_FROM: Final = 1e11
"""Unix seconds reach it in the year 5138, milliseconds did in 1973."""
_LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999."""

Cell = float | None


class RecordingError(ValueError):
    """A file that cannot be replayed as it stands: one sentence with file and line."""


class Recording(Struct, frozen=True):
    """A table of numbers; `texts` are the times as the file writes them, `columns` all others of the file.

    A cell that is empty or no number is None; `junk` counts the latter by column.
    """

    file: str
    texts: tuple[str, ...]
    times_ms: tuple[int, ...]
    columns: dict[str, list[Cell]]
    junk: dict[str, int]

    def numeric(self) -> tuple[str, ...]:
        """The columns in which numbers are more than half of what is not missing."""
        return tuple(
            name
            for name, cells in self.columns.items()
            if sum(cell is not None for cell in cells) > self.junk[name]
        )


def read(path: Path) -> Recording:
    """Read a CSV with a header, separated by `;`, tab or `,`; decimal commas unless `,` separates.

    The time column is the one named time, datetime or timestamp, else the first; ISO 8601,
    `dd.mm.yyyy hh:mm`, or Unix seconds or milliseconds; without a zone it is UTC.

    Raises:
        RecordingError: no such file, not text, no rows, two columns of one name, a row of another length, a
            time that cannot be read.
    """
    text = _text(path)
    separator = _separator(text.partition("\n")[0])
    lines = csv.reader(text.splitlines(), delimiter=separator)
    try:
        return _table(str(path), lines, decimal_comma=separator != ",")
    except csv.Error as error:
        raise RecordingError(f"{path}:{lines.line_num}: not CSV: {error}") from None


def _text(path: Path) -> str:
    """UTF-8, or the Windows-1251 that Russian office programs write."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None
    if b"\0" not in raw:
        for encoding in ("utf-8-sig", "cp1251"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise RecordingError(f"{path}: neither UTF-8 nor Windows-1251 text; save it as CSV in UTF-8")


def _separator(header: str) -> str:
    return next((separator for separator in _SEPARATORS if separator in header), ",")


def _table(file: str, lines: "Reader", *, decimal_comma: bool) -> Recording:
    names = _header(file, lines)
    time_at = next((n for n, name in enumerate(names) if name.lower() in TIME_NAMES), 0)
    number = _decimal_comma if decimal_comma else _decimal_point
    texts: list[str] = []
    times: list[int] = []
    columns: list[list[Cell]] = [[] for _ in names]
    junk = [0] * len(names)
    for row in _rows(file, lines, len(names)):
        texts.append(row[time_at])
        times.append(_time_ms(row[time_at], f"{file}:{lines.line_num}"))
        for n, text in enumerate(row):
            cell = number(text)
            columns[n].append(cell)
            if cell is None and n != time_at:
                junk[n] += text.strip().lower() not in _MISSING
    if not times:
        raise RecordingError(f"{file}: no rows below the header")
    others = [n for n in range(len(names)) if n != time_at]
    return Recording(
        file,
        tuple(texts),
        tuple(times),
        {names[n]: columns[n] for n in others},
        {names[n]: junk[n] for n in others},
    )


def _header(file: str, lines: Iterator[list[str]]) -> list[str]:
    names = [name.strip() for name in next(lines, [])]
    if not any(names):
        raise RecordingError(f"{file}: empty; line 1 must name the columns")
    if all(_decimal_comma(name) is not None for name in names):
        raise RecordingError(f"{file}:1: numbers only; line 1 must name the columns")
    for n, name in enumerate(names):
        if name in names[:n]:
            raise RecordingError(f"{file}:1: two columns are named `{name}`; rename one")
    return names


def _rows(file: str, lines: "Reader", width: int) -> Iterator[list[str]]:
    for row in lines:
        if row and len(row) != width:
            raise RecordingError(f"{file}:{lines.line_num}: {len(row)} columns; the header has {width}")
        if row:
            yield row


def _decimal_point(text: str) -> Cell:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _decimal_comma(text: str) -> Cell:
    return _decimal_point(text.replace(",", "."))


def _time_ms(text: str, place: str) -> int:
    """Unix milliseconds.

    Raises:
        RecordingError: in none of the known forms.
    """
    for parse in _FORMS:
        try:
            return parse(text.strip())
        except (ValueError, OverflowError):
            continue
    raise RecordingError(f"{place}: `{text}` is no time; write ISO 8601, dd.mm.yyyy hh:mm or Unix seconds")


def _iso(text: str) -> int:
    return _utc(datetime.fromisoformat(text))


def _unix(text: str) -> int:
    value = float(text)
    seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
    if not 0 <= seconds <= _LAST_SECOND:
        raise ValueError(text)
    return round(seconds * 1000)


def _dotted(form: str) -> Callable[[str], int]:
    return lambda text: _utc(datetime.strptime(text, form).replace(tzinfo=UTC))


def _utc(moment: datetime) -> int:
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1000)


_FORMS: Final[Sequence[Callable[[str], int]]] = (_unix, _iso, *map(_dotted, _GERMAN_AND_RUSSIAN))
