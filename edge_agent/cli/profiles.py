"""`edge-agent profiles`: which instruments are known, what is read of them, is a profile right?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from edge_agent.cli._profile_page import line_settings, page
from edge_agent.cli.common import JsonOption, fail
from sensor_profiles import loader
from sensor_profiles.model import Profile
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
    line: str
    channels: int
    file: str


@app.command("list")
def list_profiles(
    text: Annotated[str, typer.Argument(help="Only those with this in their name or title.")] = "",
    folder: FoldersOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """List the known instruments; grade A: two sources or the vendor, B: one working driver, C: thin."""
    try:
        entries = [_entry(loader.load(file), file) for file in loader.library(folder or ()).values()]
    except ConfigError as error:
        fail(error)
    entries = [entry for entry in entries if text.lower() in f"{entry.name} {entry.title}".lower()]
    if json:
        typer.echo(msgspec.json.encode(entries))
    elif not entries:
        fail(f"nothing that is known has `{text}` in its name or title; without it all are listed")
    else:
        typer.echo("\n".join(_table(entries)))


def _table(entries: Sequence[Entry]) -> Iterator[str]:
    """Name, grade, number of channels, how it is reached, title."""
    name, line = (max(len(getattr(entry, key)) for entry in entries) for key in ("name", "line"))
    for entry in entries:
        yield f"{entry.name:{name}}  {entry.grade}  {entry.channels:3}  {entry.line:{line}}  {entry.title}"


def _entry(profile: Profile, file: Path) -> Entry:
    return Entry(
        name=profile.name,
        title=profile.title,
        grade=profile.grade,
        protocol=profile.protocol,
        line=line_settings(profile),
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
    typer.echo(msgspec.json.encode(profile) if json else "\n".join(page(profile)))


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
