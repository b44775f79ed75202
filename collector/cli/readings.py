"""`collector readings` and `collector export`: what is in the store, for people and for programs."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from collector.arrivals import Selection, StoredReading
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, fail, read_config
from collector.cli.output import STREAMS, FileFormat, Format, print_table
from collector.cli.times import BadUsageError, parse_duration, parse_time, parse_zone
from collector.store import StoreUnavailableError, StoreUnusableError, open_store
from wire.broker import SecretError

_POINTS = re.compile(r"[a-z0-9_\-*?/]*(\[!?[a-z0-9_\-]+\][a-z0-9_\-*?/]*)*")
_SHOWN = 200
"""Rows of a table when no limit is given."""

Aggregate = StrEnum("Aggregate", ["mean", "min", "max", "last", "count"])

PointsArgument = Annotated[str, typer.Argument(metavar="POINTS", help="A glob over site/device/channel.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="First time, ISO 8601; without a zone, local in --tz."),
]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="End; readings at it are not included.")
]
LastOption = Annotated[
    str | None,
    typer.Option("--last", metavar="DURATION", help="Instead of --from: 90s, 15m, 2h, 7d before --to."),
]
EveryOption = Annotated[
    str | None,
    typer.Option("--every", metavar="DURATION", help="One value for each such span, counted from 1970."),
]
AggregateOption = Annotated[
    Aggregate | None,
    typer.Option("--aggregate", help="With --every: of the numbers not bad. [default: mean]"),
]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="At most so many; a table shows 200 unless told."),
]
ZoneOption = Annotated[str, typer.Option("--tz", metavar="ZONE", help="For local times typed and shown.")]


def readings(
    points: PointsArgument = "*",
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    start: FromOption = None,
    end: ToOption = None,
    last: LastOption = None,
    every: EveryOption = None,
    aggregate: AggregateOption = None,
    limit: LimitOption = None,
    tz: ZoneOption = "Asia/Almaty",
    style: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.TABLE,
) -> None:
    """Print stored readings in order of point, then time."""
    with _sentences():
        zone = parse_zone(tz)
        selection = _selection(
            points, start=start, end=end, last=last, every=every, aggregate=aggregate, zone=zone
        )
        with _selected(config, selection) as found:
            if style is Format.TABLE:
                _show(found, limit or _SHOWN, zone, points)
            else:
                _print(STREAMS[style](islice(found, limit)))


def export(
    points: PointsArgument = "*",
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    start: FromOption = None,
    end: ToOption = None,
    last: LastOption = None,
    every: EveryOption = None,
    aggregate: AggregateOption = None,
    limit: LimitOption = None,
    tz: ZoneOption = "Asia/Almaty",
    style: Annotated[FileFormat, typer.Option("--format", help="Of the file.")] = FileFormat.JSONL,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Appears when it is complete. [default: standard output]"
        ),
    ] = None,
) -> None:
    """Write stored readings to a file, however many there are."""
    with _sentences():
        zone = parse_zone(tz)
        selection = _selection(
            points, start=start, end=end, last=last, every=every, aggregate=aggregate, zone=zone
        )
        with _selected(config, selection) as found:
            pieces = STREAMS[style](islice(found, limit))
            if output is None:
                _print(pieces)
            else:
                _write_whole(output, pieces)


def register(app: typer.Typer) -> None:
    """Add both commands to the collector's."""
    app.command()(readings)
    app.command()(export)


def _selection(
    points: str,
    *,
    start: str | None,
    end: str | None,
    last: str | None,
    every: str | None,
    aggregate: Aggregate | None,
    zone: ZoneInfo,
) -> Selection:
    """What the options mean.

    Raises:
        BadUsageError: a time, duration or glob that is none, or options that exclude each other.
    """
    if not _POINTS.fullmatch(points) or points.count("/") > 2:  # noqa: PLR2004 - site/device/channel
        raise BadUsageError(
            f"{points!r} is no glob over site/device/channel; write one such as 'bh-07/*/t_*'"
        )
    if start and last:
        raise BadUsageError("--from and --last both say where to begin; give one of them")
    if aggregate and not every:
        raise BadUsageError("--aggregate says how values are joined; say also over what span: --every 10m")
    end_ms = parse_time(end, zone) if end else None
    start_ms = parse_time(start, zone) if start else _before(end_ms, last)
    if end_ms is not None and end_ms <= start_ms:
        raise BadUsageError("the end must come after the beginning")
    return Selection(
        points=points,
        start_ms=start_ms,
        end_ms=end_ms if end_ms is not None else 2**53,
        every_ms=parse_duration(every) if every else None,
        aggregate=str(aggregate or Aggregate.mean),
    )


def _before(end_ms: int | None, last: str | None) -> int:
    if last is None:
        return 0
    return max(0, (end_ms if end_ms is not None else int(time.time() * 1000)) - parse_duration(last))


@contextmanager
def _selected(config: Path, selection: Selection) -> Iterator[Iterator[StoredReading]]:
    with closing(open_store(read_config(config).store, reading=True)) as store:
        yield store.read(selection)


def _show(found: Iterator[StoredReading], limit: int, zone: ZoneInfo, points: str) -> None:
    shown = list(islice(found, limit))
    if not shown:
        typer.echo(f"no reading of {points} in this time", err=True)
        return
    print_table(shown, zone, sys.stdout)
    if next(found, None) is not None:
        typer.echo(f"… and more: the first {limit} are shown; see --limit, --every and --format", err=True)


def _print(pieces: Iterator[bytes]) -> None:
    sys.stdout.buffer.writelines(pieces)
    sys.stdout.flush()


def _write_whole(output: Path, pieces: Iterator[bytes]) -> None:
    """Write a file that appears under its name only when it is complete and on the disk."""
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _sentences() -> Iterator[None]:
    """End with one sentence and the exit code that belongs to it."""
    try:
        yield
    except BadUsageError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except (StoreUnavailableError, StoreUnusableError, SecretError) as error:
        fail(error)
    except BrokenPipeError:
        # The reader of the pipe has seen enough; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        fail(f"{error.filename or 'output'}: cannot be written: {error.strerror}")
