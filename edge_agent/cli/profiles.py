"""`edge-agent profiles`: which instruments are known, what is read of them, is a profile right?"""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from edge_agent.cli.common import JsonOption, fail
from sensor_profiles import loader
from sensor_profiles.model import Channel, Field, Profile
from wire.config_file import ConfigError

app = typer.Typer(help="Which instruments are known, and what is read of them.", no_args_is_help=True)
FoldersOption = Annotated[
    list[Path] | None,
    typer.Option("--folder", "-f", help="A folder with profiles of your own; may be repeated."),
]


class Entry(Struct, frozen=True):
    """One line of the list."""

    name: str
    title: str
    grade: str
    protocol: str
    channels: int
    file: str


@app.command("list")
def list_profiles(folder: FoldersOption = None, *, json: JsonOption = False) -> None:
    """List the known instruments; grade A: two sources or the vendor, B: one working driver, C: thin."""
    try:
        entries = [_entry(loader.load(file), file) for file in loader.library(folder or ()).values()]
    except ConfigError as error:
        fail(error)
    if json:
        typer.echo(msgspec.json.encode(entries))
        return
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        typer.echo(f"{entry.name:{width}}  {entry.grade}  {entry.channels:3}  {entry.title}")


def _entry(profile: Profile, file: Path) -> Entry:
    return Entry(
        name=profile.name,
        title=profile.title,
        grade=profile.grade,
        protocol=profile.protocol,
        channels=len(profile.channels),
        file=str(file),
    )


@app.command()
def show(name: str, folder: FoldersOption = None, *, json: JsonOption = False) -> None:
    """Show one instrument: line settings, channels, where the facts come from and where they disagree."""
    try:
        profile = loader.find(name, folder or ())
    except ConfigError as error:
        fail(error)
    typer.echo(msgspec.json.encode(profile) if json else "\n".join(_page(profile)))


def _page(profile: Profile) -> list[str]:
    timing = profile.timing
    facts = [
        f"{profile.title}",
        f"  profile    {profile.name}, grade {profile.grade}, protocol {profile.protocol}",
        f"  from new   unit {profile.unit}, {_line_settings(profile)}",
        f"  timing     {timing.gap_ms} ms of silence before a request, answer within {timing.timeout_ms} ms",
        f"             new values every {timing.min_period_ms / 1000:g} s",
        "channels",
        *map(_channel, profile.channels),
    ]
    for status in profile.statuses:
        facts.append(
            f"status {status.name}: {_place(status.field)}, good: {', '.join(map(str, status.good))}"
        )
        facts += [f"  {value:>8}  {meaning}" for value, meaning in status.meanings.items()]
    facts += ["sources", *(f"  {source.title} – {source.where}" for source in profile.sources)]
    return facts + (
        ["to be asked at the site", *(f"  {text}" for text in profile.conflicts)] * bool(profile.conflicts)
    )


def _line_settings(profile: Profile) -> str:
    serial = profile.serial
    if serial is not None:
        return f"{serial.baud} {serial.bytesize}{serial.parity}{serial.stopbits}"
    return f"TCP port {profile.tcp_port}" if profile.tcp_port else "line settings not known"


def _channel(channel: Channel) -> str:
    limits = (
        f"{_limit(channel.low)}…{_limit(channel.high)}" if (channel.low, channel.high) != (None, None) else ""
    )
    return (
        f"  {channel.name:16} {channel.quantity:16} {channel.quantity.unit:7} {limits:12} "
        f"{_place(channel.field)}  {channel.title}"
    )


def _limit(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _place(field: Field) -> str:
    part = f".{field.bit}" if field.bit is not None else ""
    return f"{field.space} {field.address:#06x}{part} {field.encoding}"


@app.command()
def lint(
    paths: Annotated[list[Path], typer.Argument(help="Profiles, or folders of them.")],
    *,
    json: JsonOption = False,
) -> None:
    """Check profiles of your own; each fault is one sentence with file, line and what to do."""
    files = [file for path in paths for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    found = [sentence for file in files for sentence in loader.problems(file)]
    if json:
        typer.echo(msgspec.json.encode({"files": len(files), "problems": found}))
    else:
        for sentence in found or [f"{len(files)} files: nothing to say"]:
            typer.echo(sentence)
    if found:
        raise typer.Exit(1)
