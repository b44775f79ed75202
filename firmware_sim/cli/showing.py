"""`firmware-sim list` and `firmware-sim show`."""

import msgspec
import typer

from firmware_sim.cli.common import JsonOption, ScenarioArgument, fail, load_scenario, scenario_file
from firmware_sim.scenario import SHIPPED, ScenarioFile
from wire import config_file
from wire.config_file import ConfigError


def list_scenarios(*, json: JsonOption = False) -> None:
    """List the scenarios that come with the program."""
    try:
        found = [
            (path.stem, config_file.load(path, ScenarioFile)) for path in sorted(SHIPPED.rglob("*.toml"))
        ]
    except ConfigError as error:
        fail(error)
    if json:
        rows = [{"name": name, "title": file.title, "sites": _sites(file)} for name, file in found]
        typer.echo(msgspec.json.encode(rows))
        return
    for name, file in found:
        typer.echo(f"{name:24}  {file.title} ({', '.join(_sites(file))})")


def _sites(file: ScenarioFile) -> list[str]:
    """The sites of a scenario; of a story that stands on another one, those where something happens."""
    return [site.name for site in file.sites] or sorted({event.site for event in file.events})


def show(name: ScenarioArgument) -> None:
    """Print a scenario's file, once it has been checked."""
    load_scenario(name)
    try:
        typer.echo(config_file.read(scenario_file(name)), nl=False)
    except ConfigError as error:
        fail(error)
