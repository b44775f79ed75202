"""A recording through the same instruments: a CSV instead of a plant.

    time,mv110.t_boiler_1,tsrv.flow_supply      as `firmware-sim record` writes it: found by name
    Datum;T1;G                                  anything else: a map, `[columns]` "mv110.t_boiler_1" = "T1"

A value holds until the next row. What is empty or no number is a broken sensor; where a device's columns are
all empty it does not answer, nor does any after the last row.
"""

import csv
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from firmware_sim.faults import LineFault
from firmware_sim.scenario import Device, Site
from firmware_sim.truth import RecordError
from wire.messages import Value

_TIMES = ("time", "timestamp", "datetime", "date")


class MapFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML file that says which column belongs to which point."""

    time: str | None = None
    """The column of times; by default one that is called so."""
    columns: dict[str, str] = {}
    """`device.channel` as the site has it → the column's name."""


class Recording(Struct, frozen=True):
    """A recording's rows: times (plant seconds, growing) and each column's values, NaN: there is none."""

    times: list[float]
    columns: Mapping[str, list[float]]


def read(path: Path, mapping: MapFile) -> Recording:
    """Read a CSV, separated by `,` or `;`, its times ISO 8601 (UTC unless they say so) or seconds since 1970.

    Raises:
        RecordError: no such column, or a row that cannot be read: one sentence with file and line.
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        rows = csv.reader(file, delimiter=";" if first.count(";") > first.count(",") else ",")
        header = next(rows, [])
        at = _time_column(path, header, mapping)
        times, table = list[float](), list[list[float]]()
        for number, row in enumerate(rows, 2):
            if len(row) != len(header):
                raise RecordError(f"{path}:{number}: {len(row)} cells under {len(header)} columns")
            times.append(_seconds(path, number, row[at], times))
            table.append([_number(cell) for cell in row])
    if not times:
        raise RecordError(f"{path}: no rows")
    values = list(map(list, zip(*table, strict=True)))
    return Recording(times, _points(path, header, values, mapping))


def _time_column(path: Path, header: Sequence[str], mapping: MapFile) -> int:
    wanted = _TIMES if mapping.time is None else (mapping.time,)
    for n, name in enumerate(header):
        if name == mapping.time or (mapping.time is None and name.strip().lower() in _TIMES):
            return n
    raise RecordError(f'{path}:1: no column {" or ".join(wanted)}; name it in a map: time = "…"')


def _points(
    path: Path, header: Sequence[str], values: list[list[float]], mapping: MapFile
) -> dict[str, list[float]]:
    found = dict(zip(header, values, strict=True))
    for point, column in mapping.columns.items():
        if column not in header:
            raise RecordError(f"{path}:1: no column `{column}`, which the map gives to {point}")
    return found | {point: found[column] for point, column in mapping.columns.items()}


def _seconds(path: Path, number: int, text: str, before: Sequence[float]) -> float:
    try:
        at = datetime.fromisoformat(text)
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        seconds = _number(text)
    if not math.isfinite(seconds):
        raise RecordError(f"{path}:{number}: {text!r} is no time")
    if before and seconds <= before[-1]:
        raise RecordError(f"{path}:{number}: {text} is not after the row before it")
    return seconds


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


class Replay:
    """A site whose instruments show what was recorded."""

    def __init__(self, site: Site, recording: Recording) -> None:
        """Join a site with a recording.

        Raises:
            RecordError: it has a column for none of the site's points.
        """
        self.site, self._recording = site, recording
        named = {(d.name, m.name): f"{d.name}.{m.name}" for d in site.devices for m in d.channels}
        self._columns = {
            point: recording.columns[name] for point, name in named.items() if name in recording.columns
        }
        if not self._columns:
            raise RecordError(
                f"no column for any point of {site.name}, such as `{next(iter(named.values()))}`"
            )

    def warm(self, t_s: float) -> None:
        """Nothing has to be reckoned beforehand."""

    def shown(self, device: Device, t_s: float) -> Mapping[str, Value]:
        """What a device showed then."""
        return {
            measured.channel.name: (value - measured.offset) / measured.scale
            for measured in device.channels
            if math.isfinite(value := self._value(device.name, measured.name, t_s))
        }

    def strikes(self, device: Device, t_s: float) -> Mapping[LineFault, int]:
        """Silence where a device had no value at all."""
        return {} if self.shown(device, t_s) else {LineFault.SILENT: 1}

    def _value(self, device: str, channel: str, t_s: float) -> float:
        times, column = self._recording.times, self._columns.get((device, channel))
        place = bisect_right(times, t_s) - 1
        last = place == len(times) - 1 and t_s >= times[-1] + self._row_s
        return math.nan if column is None or place < 0 or last else column[place]

    @property
    def _row_s(self) -> float:
        """How long the last row holds: as long as the one before it."""
        times = self._recording.times
        return times[-1] - times[-2] if len(times) > 1 else math.inf
