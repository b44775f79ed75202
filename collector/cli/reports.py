"""`collector reports list|show|export`: what was found when gateways were commissioned."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from collector import reports
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail, printable, state_of, when
from collector.reports import Entry, Files
from wire.reports import LineQuality, ReportDocument, ReportedDevice

app = typer.Typer(help="Reports of commissioning, as the gateways made them.", no_args_is_help=True)
NumberArgument = Annotated[str, typer.Argument(help="As `collector reports list` shows it.")]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="NAME becomes NAME.pdf and NAME.json; left out: its number"),
]


@app.command("list")
def list_reports(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    json: JsonOption = False,
) -> None:
    """List the reports, newest first."""
    with state_of(config) as connection:
        found = list(reports.entries(connection, limit))
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    for entry in found:
        typer.echo(_line(entry))
    typer.echo(f"{len(found)} reports", err=True)


@app.command()
def show(number: NumberArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Show one report in short, or its document (--json)."""
    files = _files(config, number)
    if json:
        typer.echo(files.json)
        return
    found = msgspec.json.decode(files.json, type=ReportDocument)
    typer.echo(f"{found.site}/{found.gateway}  {when(found.made_ms)}  {printable(found.person)}".rstrip())
    for link in found.links:
        typer.echo(f"link {link.name}: {_quality(link.quality)}")
        if link.trouble:
            typer.echo(f"! {printable(link.trouble)}")
    for device in found.devices:
        typer.echo(_device(device))
    for note in found.notes:
        typer.echo(f"note: {printable(note)}")


@app.command()
def export(
    number: NumberArgument, config: ConfigOption = DEFAULT_CONFIG, *, output: OutputOption = None
) -> None:
    """Write its PDF and JSON as the gateway made them; an existing file is never overwritten."""
    files = _files(config, number)
    name = output or Path(number)
    try:
        for suffix, data in ((".pdf", files.pdf), (".json", files.json)):
            with name.with_name(name.name + suffix).open("xb") as file:
                file.write(data)
    except FileExistsError as error:
        fail(f"{error.filename}: is there already; write another --output")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}; write another --output")
    typer.echo(f"{name}.pdf, {name}.json")


def _files(config: Path, number: str) -> Files:
    with state_of(config) as connection:
        found = reports.files(connection, number)
    if found is None:
        fail(f"no report {number}; `collector reports list` names them")
    return found


def _line(entry: Entry) -> str:
    trouble = f", {entry.troubles} links failed" if entry.troubles else ""
    size = f"{(entry.json_size + entry.pdf_size) / 1024:.0f} KiB"
    who = f"  {printable(entry.person)}" if entry.person else ""
    return (
        f"{entry.id}  {when(entry.made_ms)}  {entry.site}/{entry.gateway}  {entry.language}  "
        f"{entry.devices} devices{trouble}  {size}{who}"
    )


def _device(device: ReportedDevice) -> str:
    good = sum(bool(c.samples) and c.samples[-1].quality == "good" for c in device.channels)
    calibrated = sum(channel.calibration is not None for channel in device.channels)
    return (
        f"device {device.name}: {printable(device.model)}, address {device.address} on {device.link}; "
        f"{good} of {len(device.channels)} channels good, {calibrated} calibrated; {_quality(device.quality)}"
    )


def _quality(quality: LineQuality) -> str:
    errors = ", ".join(f"{count} {kind}" for kind, count in quality.errors.items()) or "no errors"
    took = "" if quality.latency_median_ms is None else f", median latency {quality.latency_median_ms:g} ms"
    return f"{quality.requests} requests, {errors}{took}"
