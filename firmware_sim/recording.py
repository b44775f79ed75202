"""A recording of one site as CSV: a column `time` (UTC), then `device.channel` each; not read is empty."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TextIO

from firmware_sim.offline import PERIOD_S, Recorder, Row
from firmware_sim.scenario import Scenario, Site
from firmware_sim.story import Truth

LABEL = "anomaly"
"""The column that says whether something is wrong; only where it is asked for."""


def record(
    story: Scenario,
    site: Site,
    file: TextIO,
    *,
    begin_s: float,
    end_s: float,
    period_s: float = PERIOD_S,
    labels: bool = False,
) -> int:
    """Write what is read at a site between two instants of plant time; returns how many rows that are.

    Args:
        story: the scenario the site is part of.
        site: whose instruments are read.
        file: where to, opened with `newline=""`.
        begin_s: the first instant.
        end_s: the first one that is not read any more.
        period_s: between two rows.
        labels: end each row with 1 while something is wrong that should be raised, else 0.

    Raises:
        OSError: the file cannot be written.
    """
    columns = [(device.name, measured.name) for device in site.devices for measured in device.channels]
    truths = [truth for truth in story.truths if truth.site == site.name]
    writer, count = csv.writer(file, lineterminator="\n"), 0
    writer.writerow(["time", *(f"{device}.{channel}" for device, channel in columns), *[LABEL] * labels])
    for row in Recorder(site, story.start_s).rows(begin_s, end_s, period_s):
        writer.writerow([_time(row[0]), *_cells(row, columns), *[_label(row[0], truths)] * labels])
        count += 1
    return count


def _time(t_ms: int) -> str:
    text = datetime.fromtimestamp(t_ms / 1000, UTC).isoformat(
        timespec="milliseconds" if t_ms % 1000 else "seconds"
    )
    return text.replace("+00:00", "Z")


def _cells(row: Row, columns: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Nine digits hold every f32, and every difference that matters here."""
    devices, nothing = row[1], dict[str, float | None]()
    for device, channel in columns:
        value = devices.get(device, nothing).get(channel)
        yield "" if value is None else f"{value:.9g}"


def _label(t_ms: int, truths: Sequence[Truth]) -> int:
    return int(any(truth.begin_s <= t_ms / 1000 < truth.end_s for truth in truths))
