"""`firmware-sim fault`: inject by hand into a running simulation."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from firmware_sim.catalog import CATALOG, Severity
from firmware_sim.cli.common import JsonOption, fail
from firmware_sim.control import UNPLUGGED, Fault, Reply, Request
from firmware_sim.control_socket import NotRunningError, ask
from firmware_sim.faults import LineFault

app = typer.Typer(help="Inject faults by hand into a running simulation.", no_args_is_help=True)

DirectoryOption = Annotated[
    Path, typer.Option("--directory", metavar="DIR", help="What `run --directory` was given.")
]
SiteOption = Annotated[str, typer.Option(metavar="SITE", help="Where. [default: everywhere]")]
DeviceOption = Annotated[str, typer.Option(metavar="DEVICE", help="On which instrument.")]


@app.command("kinds")
def kinds() -> None:
    """List the kinds of faults, of plants and sensors first, of lines after them."""
    for kind, entry in CATALOG.items():
        typer.echo(f"{kind:20} {entry.target}")
    for fault in LineFault:
        typer.echo(f"{fault:20} line of a device")
    typer.echo(f"{UNPLUGGED:20} link")


@app.command("list")
def list_faults(*, directory: DirectoryOption, site: SiteOption = "", json: JsonOption = False) -> None:
    """List what is wrong now."""
    _show(_asked(directory, Request(do="list", site=site)), json=json)


@app.command()
def arm(
    *,
    directory: DirectoryOption,
    site: Annotated[str, typer.Option(metavar="SITE", help="Where.")],
    kind: Annotated[str, typer.Option(metavar="KIND", help="What, see `fault kinds`.")],
    device: DeviceOption = "",
    channel: Annotated[str, typer.Option(help="A sensor's channel, by its name at the site.")] = "",
    other_device: Annotated[str, typer.Option(help="Of a swapped pair; the same one by default.")] = "",
    other_channel: Annotated[str, typer.Option(help="The other channel of a swapped pair.")] = "",
    link: Annotated[str, typer.Option(help="For `bus_fault` and `unplugged`.")] = "",
    severity: Annotated[Severity, typer.Option(help="How bad.")] = Severity.ORDINARY,
    for_s: Annotated[
        float | None, typer.Option("--for", metavar="S", help="Plant seconds. [default: until it is cleared]")
    ] = None,
    boiler: Annotated[int, typer.Option(min=1, max=4)] = 1,
    branch: Annotated[int, typer.Option(min=1, max=3)] = 3,
    amount: Annotated[int | None, typer.Option(help="Of a line fault: milliseconds, bytes, …")] = None,
    probability: Annotated[float, typer.Option(min=0, max=1, help="Of a line fault, each request.")] = 1.0,
    count: Annotated[int | None, typer.Option(min=1, help="Of a line fault: for so many requests.")] = None,
    json: JsonOption = False,
) -> None:
    """Let a fault begin now."""
    request = Request(
        do="arm",
        site=site,
        device=device,
        kind=kind,
        channel=channel,
        other_device=other_device,
        other_channel=other_channel,
        link=link,
        severity=severity,
        for_s=for_s,
        boiler=boiler,
        branch=branch,
        amount=amount,
        probability=probability,
        count=count,
    )
    _show(_asked(directory, request), json=json)


@app.command()
def clear(
    *,
    directory: DirectoryOption,
    site: SiteOption = "",
    device: DeviceOption = "",
    kind: Annotated[str, typer.Option(metavar="KIND", help="Which. [default: all]")] = "",
    json: JsonOption = False,
) -> None:
    """End what was armed by hand; the story's own faults go on."""
    _show(_asked(directory, Request(do="clear", site=site, device=device, kind=kind)), json=json)


def _asked(directory: Path, request: Request) -> Reply:
    try:
        reply = asyncio.run(ask(directory, request))
    except NotRunningError as error:
        fail(error)
    if not reply.ok:
        fail(reply.error)
    return reply


def _show(reply: Reply, *, json: bool) -> None:
    if json:
        typer.echo(msgspec.json.encode(reply.faults))
        return
    for fault in reply.faults:
        typer.echo(_line(fault))
    if not reply.faults:
        typer.echo("nothing is wrong")


def _line(fault: Fault) -> str:
    place = "/".join(part for part in (fault.site, fault.link, fault.device, fault.channel) if part)
    return f"{place}: {fault.kind} {fault.level:g}{' (the story)' if fault.told else ''}"
