"""What goes wrong acts through the physics, is one however one gets there, and stays possible."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.catalog import CATALOG, Severity, Target
from firmware_sim.plant import Plant
from firmware_sim.plant.air_post import AirPost
from firmware_sim.plant.boiler_house import BoilerHouse
from firmware_sim.plant.events import Event, Kind
from firmware_sim.plant.fuel import FUELS
from firmware_sim.plant.heat import BOILS_AT, STEP_S, Heat
from firmware_sim.plant.noise import Array
from firmware_sim.plant.size import WATER
from firmware_sim.plant.weather import Weather

BEGIN = 1_768_525_200.0
"""2026-01-16, 06:00 local time."""


def house(*events: Event, fuel: str = "oil", seed: int = 3) -> BoilerHouse:
    return BoilerHouse(f"{seed}/bh", Weather(seed), design_kw=6000, fuel=FUELS[fuel], events=events)


def post(*events: Event, seed: int = 3) -> AirPost:
    return AirPost(f"{seed}/ap", Weather(seed), events)


def happens(kind: Kind, severity: Severity = Severity.ORDINARY, for_s: float = 3600, **more: float) -> Event:
    entry = CATALOG[kind]
    level = more.pop("level", entry.level(severity))
    return Event(kind=kind, begin_s=BEGIN, end_s=BEGIN + for_s, level=level, over_s=entry.over_s, **more)  # type: ignore[arg-type]  # boiler and branch are whole numbers


def after(plant: Plant, *seconds: float) -> dict[str, Array]:
    return dict(plant.over(BEGIN + np.array(seconds)))


AT_A_PLANT = [kind for kind in Kind if CATALOG[kind].target in {Target.BOILER_HOUSE, Target.AIR_POST}]


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("fuel", sorted(FUELS))
def test_a_stopped_pump_takes_the_flow_and_the_outlet_climbs(severity: Severity, fuel: str) -> None:
    seen = after(house(happens(Kind.PUMP_STOP, severity), fuel=fuel), -60, 60, 240)
    assert seen["flow_supply"][1] < 0.5 * seen["flow_supply"][0]
    assert seen["dp_pump"][1] < 0.3 * seen["dp_pump"][0]
    per_minute = (seen["t_supply"][2] - seen["t_supply"][1]) / 3
    assert 1 < per_minute < 6
    assert seen["t_return"][2] == pytest.approx(seen["t_return"][0], abs=3)


def test_boilers_trip_when_they_are_too_hot_and_wait_until_somebody_has_looked() -> None:
    seen = after(house(happens(Kind.PUMP_STOP)), 300, 1200, 3000, 3600 + 3 * 3600)
    assert seen["boiler_1_on"].tolist() == [1, 0, 0, 1]
    assert seen["fuel_rate"][2] < 0.02 * seen["fuel_rate"][0]


def test_water_does_not_get_hotter_than_it_boils() -> None:
    never_watched = Event(kind=Kind.PUMP_STOP, begin_s=BEGIN, end_s=BEGIN + 10 * 3600)
    outlet = house(never_watched, fuel="coal").heat.at(BEGIN + np.arange(0, 36_000, 60.0)).supply
    assert BOILS_AT - 5 < outlet.max() <= BOILS_AT


@pytest.mark.parametrize("severity", Severity)
def test_a_burst_takes_half_a_bar_and_triples_the_make_up(severity: Severity) -> None:
    seen = after(house(happens(Kind.BURST, severity)), -60, 300)
    for name in ("p_supply", "p_return"):
        assert seen[name][1] < seen[name][0] - 50
    assert seen["flow_make_up"][1] > 3 * seen["flow_make_up"][0]
    assert seen["flow_supply"][1] - seen["flow_return"][1] > 3 * (
        seen["flow_supply"][0] - seen["flow_return"][0]
    )


@pytest.mark.parametrize("severity", Severity)
def test_a_power_cut_stops_everything_at_once_and_motors_rush_in_afterwards(severity: Severity) -> None:
    seen = after(house(happens(Kind.POWER_OUTAGE, severity)), -60, 60, 3599, 3602, 7200)
    for name in ("power", "u_l1", "i_l1", "pump_1_current", "pump_2_current"):
        assert seen[name][1] == 0
    assert seen["ups_on_battery"].tolist() == [0, 1, 1, 0, 0]
    assert seen["ups_charge"][1] > seen["ups_charge"][2] == pytest.approx(seen["ups_charge"][3], abs=1)
    drawn = seen["pump_1_current"] + seen["pump_2_current"]
    assert drawn[3] > 2 * drawn[4]


def test_energy_is_not_counted_while_there_is_no_power() -> None:
    counted = after(house(happens(Kind.POWER_OUTAGE, for_s=7200)), 60, 7100)["energy_total"]
    without = after(house(), 60, 7100)["energy_total"]
    assert counted[1] - counted[0] < 0.2 * (without[1] - without[0])


def test_a_boiler_that_is_down_cools_towards_the_hall_and_the_other_one_does_not() -> None:
    seen = after(house(happens(Kind.BOILER_TRIP, for_s=6 * 3600)), 5 * 3600)
    assert seen["t_boiler_1"][0] < seen["t_hall"][0] + 5
    assert seen["t_boiler_2"][0] == pytest.approx(seen["t_supply"][0], abs=2)


def test_a_branch_that_freezes_takes_its_share_of_the_flow_and_no_more() -> None:
    seen = after(house(happens(Kind.FROZEN_BRANCH, for_s=20_000, branch=2)), -60, 18_000)
    assert seen["flow_branch_2"][1] < 0.01 * seen["flow_branch_2"][0]
    assert seen["t_branch_2"][1] < seen["t_outdoor"][1] + 10
    assert seen["flow_branch_1"][1] > seen["flow_branch_1"][0]
    assert 0.7 < seen["flow_supply"][1] / seen["flow_supply"][0] < 0.8
    whole = sum(seen[f"flow_branch_{n}"] for n in (1, 2, 3))
    assert whole == pytest.approx(seen["flow_supply"], rel=0.02)


def test_what_is_stolen_is_missing_until_the_next_delivery() -> None:
    level = happens(Kind.FUEL_THEFT, for_s=1200)
    robbed, sound = house(level), house()
    assert after(sound, 1200)["fuel_level"] - after(robbed, 1200)["fuel_level"] == pytest.approx(95 * 0.08)
    fortnight = 15 * 86_400
    assert after(robbed, fortnight)["fuel_level"] == pytest.approx(after(sound, fortnight)["fuel_level"])


def test_what_was_not_burnt_in_an_outage_is_not_missing_from_the_tank() -> None:
    cut, sound = house(happens(Kind.POWER_OUTAGE, for_s=4 * 3600)), house()
    hours = 4 * 3600.0
    burnt = [after(one, -60)["fuel_stock"] - after(one, hours)["fuel_stock"] for one in (cut, sound)]
    assert 0 <= burnt[0] < 0.1 * burnt[1]


@pytest.mark.parametrize("kind", [kind for kind in AT_A_PLANT if CATALOG[kind].target is Target.BOILER_HOUSE])
def test_heat_is_neither_made_nor_lost_whatever_happens(kind: Kind) -> None:
    balance = house(happens(kind, Severity.SEVERE), fuel="coal").heat
    states, size = Heat(*balance.day(int(BEGIN // 86_400))), house().heat.size
    gained = size.boiler_t * np.diff(states.supply) + size.network_t * np.diff(states.back)
    left_kw = states.radiators + states.taps + states.make_up + states.losses
    assert gained * WATER * 3600 / STEP_S + left_kw[1:] == pytest.approx(states.fire[1:], abs=1e-5)


@pytest.mark.parametrize("kind", AT_A_PLANT)
def test_a_story_has_one_state_at_each_instant(kind: Kind) -> None:
    make = post if CATALOG[kind].target is Target.AIR_POST else house
    event = happens(kind, for_s=3 * 86_400)
    times = BEGIN + np.array([-3600.0, 60, 90_000, 200_000, 300_000])
    together, alone = make(event), make(event)
    seen = together.over(times)
    backwards = [alone.at(t) for t in reversed(times.tolist())][::-1]
    for name, values in seen.items():
        assert values.tolist() == [one[name] for one in backwards], name


@pytest.mark.parametrize("kind", AT_A_PLANT)
def test_what_will_happen_is_not_felt_before(kind: Kind) -> None:
    make = post if CATALOG[kind].target is Target.AIR_POST else house
    times = BEGIN - np.array([1.0, 3600, 7 * 3600, 86_400])
    disturbed, calm = make(happens(kind)).over(times), make().over(times)
    assert {n: v.tolist() for n, v in disturbed.items()} == {n: v.tolist() for n, v in calm.items()}


def test_what_happened_is_forgotten_in_two_days() -> None:
    kinds = (Kind.PUMP_STOP, Kind.OVERSHOOT, Kind.BURST, Kind.POWER_OUTAGE, Kind.BOILER_TRIP)
    times = BEGIN + 2 * 86_400 + np.array([0.0, 3600])
    calm = house().over(times)
    for kind in kinds:
        seen = house(happens(kind, Severity.SEVERE)).over(times)
        for name in ("t_supply", "t_return", "p_supply", "flow_supply", "power"):
            assert seen[name] == pytest.approx(calm[name], rel=1e-3, abs=0.02), (kind, name)


@st.composite
def troubles(draw: st.DrawFn, target: Target) -> list[Event]:
    kinds = st.sampled_from([kind for kind in AT_A_PLANT if CATALOG[kind].target is target])
    whens = st.floats(-40_000, 40_000)
    return [
        Event(
            kind=draw(kinds),
            begin_s=BEGIN + draw(whens),
            end_s=draw(st.sampled_from([BEGIN + 50_000, math.inf])),
            level=CATALOG[draw(kinds)].level(draw(st.sampled_from(list(Severity)))),
            over_s=draw(st.sampled_from([0.0, 3600.0])),
            boiler=draw(st.integers(1, 4)),
            branch=draw(st.integers(1, 3)),
        )
        for _ in range(draw(st.integers(1, 6)))
    ]


def out_of_range(plant: Plant, times: Array) -> list[str]:
    values = plant.over(times)
    return [n for n, v in plant.variables.items() if not ((v.low <= values[n]) & (values[n] <= v.high)).all()]


@settings(max_examples=12)
@given(events=troubles(Target.BOILER_HOUSE), fuel=st.sampled_from(sorted(FUELS)), seed=st.integers(0, 50))
def test_a_house_stays_possible_whatever_happens_at_once(events: list[Event], fuel: str, seed: int) -> None:
    times = BEGIN + np.arange(-10_000, 60_000, 977.0)
    built = house(*events, fuel=fuel, seed=seed)
    assert out_of_range(built, times) == []
    counted = built.counter.total(times)
    assert (np.diff(counted) >= -1e-6).all()


@pytest.mark.parametrize("seed", range(4))
def test_under_a_lid_the_air_stands_however_it_blew_before(seed: int) -> None:
    lid = happens(Kind.INVERSION, for_s=43_200)
    settled = BEGIN + np.arange(4 * 3600.0, 12 * 3600.0, 600.0)
    free, still = post(seed=seed).over(settled), post(lid, seed=seed).over(settled)
    assert (still["wind_speed"] <= free["wind_speed"]).all()
    assert still["wind_speed"].max() < 1
    assert still["co"].max() > 15


@settings(max_examples=20)
@given(events=troubles(Target.AIR_POST), seed=st.integers(0, 50))
def test_a_post_stays_possible_whatever_happens_at_once(events: list[Event], seed: int) -> None:
    assert out_of_range(post(*events, seed=seed), BEGIN + np.arange(-10_000, 60_000, 977.0)) == []
