"""`edge-agent outbox`: what waits to be sent? Only looks, and may be used while the agent runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge_agent import settings
from edge_agent.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail
from edge_agent.outbox.database import OutboxError
from edge_agent.outbox.inspection import Entry, Inspection
from edge_agent.outbox.overview import Overview
from wire.config_file import ConfigError

app = typer.Typer(help="What waits to be sent. Changes nothing; the agent may run.", no_args_is_help=True)
PathArgument = Annotated[
    Path | None, typer.Argument(help="An outbox; left out, the one that the configuration names.")
]


@app.command()
def show(
    path: PathArgument = None, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False
) -> None:
    """Show how much there is, since when, and of which epoch."""
    with _opened(path, config) as outbox:
        overview = outbox.overview()
    typer.echo(msgspec.json.encode(overview) if json else "\n".join(_lines(overview)))


@app.command("list")
def list_batches(
    path: PathArgument = None, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False
) -> None:
    """List the batches, oldest first; with --json one object a line."""
    with _opened(path, config) as outbox:
        for entry in outbox.entries():
            typer.echo(msgspec.json.encode(entry) if json else _line(entry))


@app.command()
def verify(
    path: PathArgument = None, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False
) -> None:
    """Read every byte and say what is wrong; exit code 1 if anything is."""
    with _opened(path, config) as outbox:
        faults = list(outbox.faults())
        batches = outbox.overview().batches
    if json:
        typer.echo(msgspec.json.encode({"batches": batches, "faults": faults}))
    else:
        typer.echo("\n".join(faults) or f"good: {batches} batches")
    if faults:
        raise typer.Exit(1)


@contextmanager
def _opened(path: Path | None, config: Path) -> Iterator[Inspection]:
    try:
        with Inspection(path or Path(settings.load(config).outbox.path)) as outbox:
            yield outbox
    except (ConfigError, OutboxError) as error:
        fail(error)


def _lines(overview: Overview) -> Iterator[str]:
    yield f"file      {overview.path}: {overview.file_bytes} bytes, log {overview.log_bytes} bytes"
    yield f"epoch     {overview.epoch}, next number {overview.next_seq}"
    yield f"depth     {overview.batches} batches, {overview.readings} readings"
    if overview.batches:
        yield f"oldest    {overview.oldest_seq}, {_when(overview.oldest_ms)}"
        yield f"newest    {overview.newest_seq}, {_when(overview.newest_ms)}"
    if overview.held_readings:
        yield f"waiting   {overview.held_readings} readings for a clock"
    for loss in overview.untold_losses:
        yield f"lost      {loss.readings} readings, {loss.reason}; told with the next batch"


def _line(entry: Entry) -> str:
    losses = f", {entry.losses} loss records" if entry.losses else ""
    return (
        f"{entry.seq:>10}  {_when(entry.from_ms)} – {_when(entry.to_ms)}"
        f"  {entry.readings:>6} readings  {entry.bytes:>7} bytes{losses}"
    )


def _when(t_ms: int) -> str:
    """ISO 8601, UTC; a number of milliseconds that is no date stays one."""
    try:
        return datetime.fromtimestamp(t_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{t_ms} ms"
