"""`collector quarantine list|show|export`: what could not be stored."""

import contextlib
import zlib

import msgspec
import typer

from collector import quarantine
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail, printable, state_of, when
from collector.quarantine import Entry
from wire.codec import MAX_BYTES

app = typer.Typer(help="Messages that could not be stored, kept whole.", no_args_is_help=True)


@app.command("list")
def list_entries(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List what was set aside, newest first."""
    with state_of(config) as connection:
        found = list(quarantine.entries(connection))
        dropped = quarantine.dropped(connection)
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    for entry in found:
        typer.echo(_line(entry))
    typer.echo(f"{len(found)} messages; {dropped} older ones had to go", err=True)


@app.command()
def show(number: int, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Show one message with its payload."""
    with state_of(config) as connection:
        entry = quarantine.entry_with_payload(connection, number)
    if entry is None:
        fail(f"no message {number} in the quarantine; `collector quarantine list` names them")
    if json:
        typer.echo(msgspec.json.encode(entry))
        return
    typer.echo(_line(entry))
    for scan in entry.refused:
        typer.echo(f"  {scan.device} {when(scan.t_ms)}: {printable(scan.reason)}")
    typer.echo(printable(_plain(entry.payload or b"")))


@app.command()
def export(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Write everything to standard output, one JSON object a line; payloads are base64."""
    with state_of(config) as connection:
        for entry in quarantine.entries(connection):
            typer.echo(msgspec.json.encode(quarantine.entry_with_payload(connection, entry.id)))


def _line(entry: Entry) -> str:
    place = f"{entry.site}/{entry.gateway}" if entry.site else printable(entry.topic)
    times = f" ×{entry.times}" if entry.times > 1 else ""
    return f"{entry.id}  {when(entry.last_ms)}{times}  {entry.reason}  {place}  {printable(entry.detail)}"


def _plain(payload: bytes) -> str:
    with contextlib.suppress(zlib.error):  # it was not deflated
        payload = zlib.decompressobj().decompress(payload, MAX_BYTES)
    return payload.decode("utf-8", "backslashreplace")
