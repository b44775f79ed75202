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
        found = [(path.stem, config_file.load(path, ScenarioFile)) for path in sorted(SHIPPED.glob("*.toml"))]
    except ConfigError as error:
        fail(error)
    if json:
        rows = [{"name": n, "title": f.title, "sites": [site.name for site in f.sites]} for n, f in found]
        typer.echo(msgspec.json.encode(rows))
        return
    for name, file in found:
        typer.echo(f"{name:16}  {file.title} ({', '.join(site.name for site in file.sites)})")


def show(name: ScenarioArgument) -> None:
    """Print a scenario's file, once it has been checked."""
    load_scenario(name)
    try:
        typer.echo(config_file.read(scenario_file(name)), nl=False)
    except ConfigError as error:
        fail(error)
