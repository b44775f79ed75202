"""Plays cells and winters: what was raised, held against what should have been."""

from collections.abc import Iterator, Mapping
from functools import cache
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.detect.matching import Found, Raised, found, raised
from benchmarks.detect.plan import ORDINARY, Cell, Story, Winter, configuration
from benchmarks.detect.play import Player
from edge_agent.judging import Judging
from edge_agent.settings import Plant, load
from firmware_sim import library, scenario
from firmware_sim.plant.calendar import DAY_S
from firmware_sim.scenario import Scenario, Site
from firmware_sim.story import Truth
from firmware_sim.telling import Season, Telling
from sensor_profiles.model import Profile

WARM_S = 14 * DAY_S
"""Ordinary operation before a story: as long as the slowest detector learns (a week), and a week more."""
_PRELUDE_S = 2 * 3600.0
"""Ordinary operation played for each story anew, from the state after the warm-up."""
_LONGEST_S = 6 * 3600.0
"""Alarms are counted for so long at the most, and at least until the last one is due."""
State = Mapping[str, bytes]


class Told(Struct, frozen=True, kw_only=True):
    """One telling of a story at one site."""

    story: Story
    site: str
    seed: int
    season: Season | None
    found: list[Found]
    learnt: list[Found]
    """By the detectors alone."""
    alarms: list[Raised]
    """From the first event on."""


class Quiet(Struct, frozen=True, kw_only=True):
    """The alarms of ordinary operation: all of them false."""

    winter: Winter
    alarms: list[Raised]


def tell(cell: Cell) -> list[Told]:
    """Play a cell's stories at its site, or each at every site that is to raise something."""
    told = [_scenario(story.name, cell, story) for story in cell.stories]
    sites = [cell.site] if cell.site else sorted({truth.site for truth in told[0].truths})
    return [one for site in sites for one in _at(site, cell, told)]


def quiet(winter: Winter) -> Quiet:
    """Play an ordinary winter."""
    told = scenario.load(scenario.shipped(ORDINARY), _profiles(), Telling(seed=winter.seed))
    plant, site = load(configuration(winter.site)), _site(told, winter.site)
    player = Player(plant, site, told.start_s, Judging(plant))
    begin_s = told.start_s + _phase_s(winter.seed)
    player.play(begin_s, begin_s + WARM_S, closely=False)
    events = player.play(begin_s + WARM_S, begin_s + WARM_S + winter.days * DAY_S)
    return Quiet(winter=winter, alarms=raised(events))


def _at(name: str, cell: Cell, scenarios: list[Scenario]) -> Iterator[Told]:
    """One warm-up, then every story from there."""
    plant = load(configuration(name))
    begin_s = min(_begin_s(told, name) for told in scenarios) - _PRELUDE_S + _phase_s(cell.seed)
    state = _warm(plant, scenarios[0], name, begin_s)
    for story, told in zip(cell.stories, scenarios, strict=True):
        truths = [truth for truth in told.truths if truth.site == name]
        judging = Judging(plant)
        if misfits := judging.restore(state):
            raise AssertionError(f"the state after the warm-up does not fit: {misfits}")
        end_s = max(_last_s(truth) for truth in truths)
        player = Player(plant, _site(told, name), told.start_s, judging)
        events = player.play(begin_s, end_s)
        first_s = min(truth.begin_s for truth in truths)
        alarms = [alarm for alarm in raised(events) if alarm.t_s >= first_s]
        yield Told(
            story=story,
            site=name,
            seed=cell.seed,
            season=cell.season,
            found=found(truths, alarms),
            learnt=found(truths, player.anomalies),
            alarms=alarms,
        )


def _warm(plant: Plant, told: Scenario, name: str, end_s: float) -> State:
    """What is learnt in a fortnight of the same site without any event."""
    judging = Judging(plant)
    site = _site(told, name)
    Player(plant, _calm(site), told.start_s, judging).play(end_s - WARM_S, end_s, closely=False)
    return judging.state()


def _calm(site: Site) -> Site:
    return replace(site, events=())


def _begin_s(told: Scenario, name: str) -> float:
    """When the first event begins there, the scenery's as well."""
    return min((event.begin_s for event in _site(told, name).events), default=told.start_s)


def _last_s(truth: Truth) -> float:
    return max(truth.by_s, min(truth.end_s, truth.begin_s + _LONGEST_S)) + 1


def _site(told: Scenario, name: str) -> Site:
    return next(site for site in told.sites if site.name == name)


def _phase_s(seed: int) -> float:
    """Where in the minute the agent happens to poll; a whole number of seconds."""
    return float(Random(seed).randrange(60))


def _scenario(name: str, cell: Cell, story: Story) -> Scenario:
    telling = Telling(seed=cell.seed, season=cell.season, severity=story.severity)
    return scenario.load(scenario.shipped(name), _profiles(), telling)


@cache
def _profiles() -> Mapping[str, Profile]:
    return library.profiles()
