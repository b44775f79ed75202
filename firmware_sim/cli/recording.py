"""`firmware-sim record`: what would have been read at a site, without running anything."""

from pathlib import Path
from typing import Annotated

import typer

from firmware_sim import scenario as scenarios
from firmware_sim.catalog import Severity
from firmware_sim.cli.common import ScenarioArgument, fail, scenario_file
from firmware_sim.library import profiles
from firmware_sim.plant.calendar import DAY_S
from firmware_sim.recording import record as write
from firmware_sim.scenario import Scenario, Site
from firmware_sim.telling import Season, Telling
from wire.config_file import ConfigError, nearest


def record(
    scenario: ScenarioArgument,
    *,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The CSV file to write.")],
    site: Annotated[
        str | None,
        typer.Option(metavar="SITE", help="Whose instruments. [default: the first where something happens]"),
    ] = None,
    days: Annotated[float, typer.Option(min=0.001, help="From the beginning of the story.")] = 1.0,
    before: Annotated[float, typer.Option(min=0, help="Days before that, in which to learn.")] = 0.0,
    period: Annotated[float, typer.Option(min=1, metavar="S", help="Between two rows.")] = 60.0,
    seed: Annotated[int | None, typer.Option(help="Another chance than the scenario's.")] = None,
    season: Annotated[Season | None, typer.Option(help="Another season.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Another severity, of all that happens.")] = None,
    labels: Annotated[bool, typer.Option("--labels", help="Add a column `anomaly`, 0 or 1.")] = False,
) -> None:
    """Write what is read at a site as CSV: a column `time`, then `device.channel` each; not read is empty."""
    story = _told(scenario, Telling(seed, season, severity))
    chosen = chosen_site(story, site)
    begin_s, end_s = story.start_s - before * DAY_S, story.start_s + days * DAY_S
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            count = write(story, chosen, file, begin_s=begin_s, end_s=end_s, period_s=period, labels=labels)
    except OSError as error:
        fail(f"{output}: cannot be written: {error.strerror}")
    typer.echo(f"{output}: {count} rows of {chosen.name}")


def _told(name: str, telling: Telling) -> Scenario:
    try:
        return scenarios.load(scenario_file(name), profiles(), telling)
    except ConfigError as error:
        fail(error)


def chosen_site(story: Scenario, name: str | None) -> Site:
    """The site of a name; of none, the first where something happens. An unknown one ends the command."""
    sites = {site.name: site for site in story.sites}
    if name is None:
        return next((site for site in story.sites if site.events), story.sites[0])
    if name not in sites:
        fail(f"no site `{name}`{nearest(name, sites)}")
    return sites[name]
