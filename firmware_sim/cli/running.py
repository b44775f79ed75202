"""`firmware-sim run`: serve a scenario until it is stopped."""

import asyncio
import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from firmware_sim.cli.common import ScenarioArgument, fail, load_scenario
from firmware_sim.control import Control
from firmware_sim.control_socket import listening
from firmware_sim.demo.agent_config import Surroundings, write_agent_configs
from firmware_sim.devices.bus import UnservableError
from firmware_sim.scenario import Scenario
from firmware_sim.signals import stop_event
from firmware_sim.simulation import NO_REPLAYS, Playing, Simulation
from firmware_sim.truth import TruthFile

SpeedOption = Annotated[
    float | None,
    typer.Option("--speed", min=0.001, help="Plant seconds a second, instead of the scenario's."),
]


def run(
    scenario: ScenarioArgument,
    *,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="Write every value served, as JSON lines.")
    ] = None,
    agent_configs: Annotated[
        Path | None,
        typer.Option("--agent-configs", metavar="DIR", help="Write an agent's configuration for each site."),
    ] = None,
    speed: SpeedOption = None,
    period: Annotated[
        float, typer.Option("--period", min=1, help="Poll period in those configurations, seconds.")
    ] = 60.0,
    broker_port: Annotated[
        int, typer.Option("--broker-port", min=1, max=65535, help="MQTT port in those configurations.")
    ] = 1883,
    folder: Annotated[
        list[Path] | None,
        typer.Option("--folder", "-f", help="A folder with profiles of your own; may be repeated."),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory",
            metavar="DIR",
            help="Where serial lines appear, and `fault` finds it. [default: a temporary one]",
        ),
    ] = None,
) -> None:
    """Serve all instruments of a scenario until SIGTERM or SIGINT; prints one JSON line when they answer."""
    own = tuple(path.resolve() for path in folder or ())
    story = load_scenario(scenario, own)
    if speed is not None:
        story = msgspec.structs.replace(story, speed=speed)
    try:
        with contextlib.ExitStack() as stack:
            here = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="firmware-sim-")))
            file = stack.enter_context(TruthFile(truth)) if truth else None
            around = Surroundings(outboxes=here, broker_port=broker_port, period_s=period, profiles=own)
            asyncio.run(serve(story, here, file, agent_configs, around))
    except (UnservableError, OSError) as error:
        fail(error)


async def serve(
    story: Scenario,
    folder: Path,
    file: TruthFile | None,
    configs: Path | None,
    around: Surroundings,
    *,
    replays: Mapping[str, Playing] = NO_REPLAYS,
) -> None:
    """Serve until a signal comes."""
    with stop_event() as stop:
        async with (
            Simulation(story, folder, file.write if file else _nobody, replays) as simulation,
            listening(Control(simulation), folder),
        ):
            ends = simulation.endpoints
            written = write_agent_configs(story.sites, ends, around, configs) if configs else []
            _announce(story, simulation, written, file)
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 1)
                if file:
                    file.flush()


def _announce(story: Scenario, simulation: Simulation, configs: list[Path], file: TruthFile | None) -> None:
    ready = {
        "title": story.title,
        "links": simulation.endpoints,
        "agent_configs": [str(path) for path in configs],
        "truth": str(file.path) if file else None,
    }
    typer.echo(msgspec.json.encode(ready))


def _nobody(_values: object) -> None:
    """Nobody wants the truth."""
