"""`firmware-sim replay`: a recorded CSV through the instruments of a site."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from firmware_sim.cli.common import fail, load_scenario
from firmware_sim.cli.recording import chosen_site
from firmware_sim.cli.running import serve
from firmware_sim.demo.agent_config import Surroundings
from firmware_sim.devices.bus import UnservableError
from firmware_sim.replay import MapFile, Recording, Replay, read
from firmware_sim.truth import RecordError, TruthFile
from wire import config_file
from wire.config_file import ConfigError


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="As `record` writes it, or with --map.")],
    *,
    scenario: Annotated[
        str, typer.Option(metavar="SCENARIO", help="Where the site with its instruments is described.")
    ] = "ordinary-winter",
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Whose. [default: the first]")] = None,
    columns: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help='TOML: [columns] "device.channel" = "column".'),
    ] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="Recorded seconds a second.")] = 1.0,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="Write every value served, as JSON lines.")
    ] = None,
    agent_configs: Annotated[
        Path | None, typer.Option("--agent-configs", metavar="DIR", help="Write the agent's configuration.")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", metavar="DIR", help="Where serial lines appear. [default: a temporary one]"
        ),
    ] = None,
) -> None:
    """Serve a recording until SIGTERM or SIGINT; prints one JSON line when the instruments answer."""
    story = load_scenario(scenario)
    chosen = chosen_site(story, site)
    recording = _recording(file, columns)
    try:
        played = {chosen.name: Replay(chosen, recording)}
        alone = replace(story, title=file.name, sites=(chosen,), start_s=recording.times[0], speed=speed)
        with contextlib.ExitStack() as stack:
            folder = directory or Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="firmware-sim-"))
            )
            kept = stack.enter_context(TruthFile(truth)) if truth else None
            asyncio.run(
                serve(alone, folder, kept, agent_configs, Surroundings(outboxes=folder), replays=played)
            )
    except (RecordError, UnservableError, OSError) as error:
        fail(error)


def _recording(file: Path, columns: Path | None) -> Recording:
    try:
        return read(file, MapFile() if columns is None else config_file.load(columns, MapFile))
    except (ConfigError, RecordError) as error:
        fail(error)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        fail(f"{file}: cannot be read: {reason}")
