"""Every story in the folder loads, plays, and leaves the signature of what happened in what is read.

The signatures are those of the fault library: a pump stop takes the flow within a minute, and so on.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from firmware_sim import scenario
from firmware_sim.catalog import CATALOG, Severity
from firmware_sim.library import profiles
from firmware_sim.offline import Recorder
from firmware_sim.plant.events import Event, Kind
from firmware_sim.scenario import SHIPPED, Scenario, Site
from firmware_sim.story import Truth
from firmware_sim.telling import Season, Telling

FOLDER = SHIPPED / "stories"
STORIES = sorted(FOLDER.glob("*.toml"))
LIBRARY = profiles()
INCIDENTS = [path for path in STORIES if path.stem[-1].isdigit()]


@cache
def told(path: Path, telling: Telling = Telling()) -> Scenario:  # noqa: B008 - frozen
    return scenario.load(path, LIBRARY, telling)


class Scene:
    """What is read at one site around one event."""

    def __init__(self, site: Site, start_s: float, event: Event) -> None:
        self.event, self._site = event, site
        self._recorder = Recorder(site, start_s)
        self._calm = Recorder(replace(site, events=()), start_s)

    def at(self, channel: str, after_s: float, device: str = "", *, calm: bool = False) -> float:
        """A channel's value (its mean over 20 s) so long after the event began, or if it had not."""
        times = self.event.begin_s + after_s + np.array([0.0, 10.0, 20.0])
        for name, channels in (self._calm if calm else self._recorder).columns(times).items():
            if channel in channels and device in {"", name}:
                return float(channels[channel].mean())
        raise AssertionError(f"{self._site.name} shows no {channel}")

    def change(self, channel: str, after_s: float, device: str = "") -> float:
        """How much a channel has changed since half a minute before the event."""
        return self.at(channel, after_s, device) - self.at(channel, -30, device)

    def more(self, channel: str, after_s: float, device: str = "") -> float:
        """How much more a channel says than it would if nothing had happened."""
        return self.at(channel, after_s, device) - self.at(channel, after_s, device, calm=True)

    def ratio(self, channel: str, after_s: float) -> float:
        return self.at(channel, after_s) / self.at(channel, -30)

    def lost(self, device: str) -> float:
        """The share of a device's answers that is lost in the event's first quarter of an hour."""
        times = self.event.begin_s + np.arange(0, 900, 3.0)
        return float(self._recorder.lost(times)[device].mean())

    def own(self, after_s: float) -> float:
        """The value of the event's own sensor."""
        return self.at(self.event.channel, after_s, self.event.device)


def slow_leak(scene: Scene) -> bool:
    grown = scene.event.over_s
    more, usual = scene.more("flow_make_up", grown), scene.at("flow_make_up", grown, calm=True)
    return more > usual and scene.more("flow_return", grown) < -0.5 * more


def stuck(scene: Scene) -> bool:
    shown = {scene.own(after) for after in (0, 600, 1200, 3600, 7200)}
    return len(shown) == 1


def drift(scene: Scene) -> bool:
    return scene.more(scene.event.channel, scene.event.over_s, scene.event.device) > 3


def restless(scene: Scene) -> bool:
    def unrest(begin: float) -> float:
        return float(np.std([scene.own(begin + 10 * n) for n in range(40)]))

    return unrest(0) > 3 * unrest(-600)


def swapped(scene: Scene) -> bool:
    return scene.at("t_return", 60, scene.event.device) > scene.at("t_supply", 60, scene.event.device) + 3


def cross_sensitive(scene: Scene) -> bool:
    """H2S follows SO2 beyond its limit, which it does not by itself."""
    peak_s = 2 * 3600
    return scene.at("so2", peak_s) > 0.1 and scene.at("h2s", peak_s) > 0.008


SIGNATURES: Mapping[Kind, Callable[[Scene], bool]] = {
    Kind.PUMP_STOP: lambda s: s.ratio("flow_supply", 60) < 0.5 and s.ratio("dp_pump", 60) < 0.3
    and 4 < s.change("t_boiler_1", 300) < 25,
    Kind.OVERSHOOT: lambda s: s.change("t_boiler_1", 1800) > 10 and s.change("p_supply", 1800) > 10,
    Kind.BURST: lambda s: s.change("p_supply", 300) < -50 and s.change("p_return", 300) < -50
    and s.ratio("flow_make_up", 300) > 3,
    Kind.SLOW_LEAK: slow_leak,
    Kind.FROZEN_BRANCH: lambda s: s.ratio("flow_branch_3", 3600) < 0.1 and s.at("t_branch_3", 14_400) < 0,
    Kind.DRAUGHT_LOSS: lambda s: s.at("draught", 30) > -10 and s.change("t_flue", 600) < -20
    and s.at("co_hall", 600) > 15,
    Kind.POWER_OUTAGE: lambda s: s.ratio("flow_supply", 60) < 0.1 and s.ratio("dp_pump", 60) < 0.1
    and s.at("ups_on_battery", 60) > 0.9 and s.lost("sdm630") == 1,
    Kind.BOILER_TRIP: lambda s: s.ratio("fuel_rate", 3600) < 0.85 and s.change("t_supply", 3600) < -2,
    Kind.FUEL_THEFT: lambda s: s.more("fuel_level", 600) < -2,
    Kind.FUEL_LEAK: lambda s: s.more("fuel_level", 7200) < -6,
    Kind.EMISSION_PEAK: lambda s: s.ratio("so2", 1800) > 2 and s.ratio("h2s", 1800) > 2,
    Kind.INVERSION: lambda s: s.more("pm2_5", 14_400) > s.at("pm2_5", 14_400, calm=True)
    and s.at("wind_speed", 14_400) < 1,
    Kind.CROSS_SENSITIVITY: cross_sensitive,
    Kind.FOULING: lambda s: s.more(s.event.channel, 3 * 86_400, s.event.device) > 5,
    Kind.SENSOR_BREAK: lambda s: bool(np.isnan(s.own(0)) and not np.isnan(s.own(-60))),
    Kind.SENSOR_STUCK: stuck,
    Kind.SENSOR_DRIFT: drift,
    Kind.SENSOR_JUMP: lambda s: s.change(s.event.channel, 10, s.event.device) > 20,
    Kind.SENSOR_NOISE: restless,
    Kind.SENSOR_SWAP: swapped,
    Kind.BUS_FAULT: lambda s: s.lost("mv110") > 0.8 and s.lost("trm138") > 0.8 and s.lost("tsrv") == 0,
    Kind.DEVICE_SILENT: lambda s: s.lost("trm138") == 1 and s.lost("mv110") == 0,
}  # fmt: skip


def scenes(path: Path) -> list[Scene]:
    story = told(path)
    return [Scene(site, story.start_s, event) for site in story.sites for event in site.events]


@pytest.mark.parametrize("path", [p for p in STORIES if p not in INCIDENTS], ids=lambda path: path.stem)
def test_the_signature_of_every_fault_is_in_what_is_read(path: Path) -> None:
    first = scenes(path)[0]
    assert SIGNATURES[first.event.kind](first)


def test_every_kind_has_a_signature_and_a_story() -> None:
    kinds = {event.kind for path in STORIES for site in told(path).sites for event in site.events}
    assert kinds == set(Kind) == set(SIGNATURES) == set(CATALOG)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_every_story_says_what_should_be_raised_where_and_until_when(path: Path) -> None:
    story = told(path)
    assert story.truths
    for truth in story.truths:
        assert truth.begin_s < truth.by_s
        assert truth.codes
        assert_points_exist(next(site for site in story.sites if site.name == truth.site), truth)


def assert_points_exist(site: Site, truth: Truth) -> None:
    points, eyes = set(site.eyes.points), site.eyes
    for place in truth.places:
        assert not place.channel or (place.device, place.channel) in points
        assert not place.device or place.device in eyes.devices
        assert not place.link or place.link in eyes.links


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("season", Season)
def test_every_story_can_be_told_in_any_season_and_severity(season: Season, severity: Severity) -> None:
    for path in STORIES:
        story = told(path, Telling(seed=5, season=season, severity=severity))
        assert {truth.kind for truth in story.truths} == {truth.kind for truth in told(path).truths}


def test_ridder_cools_to_39_while_flow_and_pressure_stay() -> None:
    (scene,) = scenes(FOLDER / "ridder-2022-11-05.toml")
    assert scene.at("t_supply", -600) == pytest.approx(70, abs=3)
    assert scene.at("t_supply", 10 * 3600) == pytest.approx(39, abs=4)
    assert scene.ratio("flow_supply", 10 * 3600) == pytest.approx(1, abs=0.03)
    assert scene.ratio("p_supply", 10 * 3600) > 0.9


def test_a_boiler_just_lit_in_ridder_goes_out_again_with_a_fistula() -> None:
    scene = scenes(FOLDER / "ridder-2022-11-10.toml")[1]
    assert scene.at("t_boiler_2", -3600) < 30
    assert scene.at("t_boiler_2", -60) == pytest.approx(63, abs=5)
    assert scene.at("t_boiler_2", 3600) < 55
    assert scene.at("flow_make_up", 600) > 3 * scene.at("flow_make_up", -600)


def test_one_sensor_in_oskemen_jumps_and_then_the_boiler_really_trips() -> None:
    scene = scenes(FOLDER / "oskemen-2022-11-27.toml")[0]
    assert scene.change("t_boiler_1", 10) > 45
    assert abs(scene.change("t_boiler_2", 20)) < 2
    assert (scene.at("boiler_1_on", 60), scene.at("boiler_2_on", 60)) == pytest.approx((0, 1), abs=0.01)
    assert scene.ratio("flow_make_up", 6000) > 3


def test_boilers_in_ekibastuz_stop_one_after_another_within_an_hour() -> None:
    scene = scenes(FOLDER / "ekibastuz-2022-11-27.toml")[0]
    lit = [sum(scene.at(f"boiler_{n}_on", t) for n in range(1, 5)) for t in (-60, 600, 1500, 2400, 3300)]
    assert np.round(lit).tolist() == [4, 3, 2, 1, 0]
    assert scene.at("t_outdoor", 0) < -26
    assert scene.ratio("p_supply", 600) < 0.8


def test_the_left_bank_loses_nine_sites_within_a_minute_and_has_them_back_by_ten() -> None:
    story = told(FOLDER / "left-bank-2026-01-26.toml")
    begins = [truth.begin_s for truth in story.truths]
    assert (len(begins), {truth.incident for truth in story.truths}) == (9, {"left bank power"})
    assert max(begins) - min(begins) < 60
    ten = 1_769_403_600
    for scene in scenes(FOLDER / "left-bank-2026-01-26.toml"):
        assert SIGNATURES[Kind.POWER_OUTAGE](scene)
        assert scene.event.end_s <= ten + 60
        assert scene.ratio("flow_supply", ten - scene.event.begin_s + 600) > 0.9
