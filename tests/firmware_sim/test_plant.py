"""The physics: heat is neither made nor lost, values stay possible, and an instant has one state."""

import math
import random
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.plant import Plant, schedule
from firmware_sim.plant.air_post import AirPost
from firmware_sim.plant.boiler_house import BoilerHouse
from firmware_sim.plant.calendar import DAY_S
from firmware_sim.plant.fuel import FUELS
from firmware_sim.plant.heat import STEP_S, Heat, HeatBalance
from firmware_sim.plant.size import WATER
from firmware_sim.plant.weather import COLDEST, WARMEST, Weather

JANUARY_2026 = 1_767_225_600
YEAR = range(JANUARY_2026, JANUARY_2026 + 365 * 86_400)


def house(seed: int = 3, fuel: str = "oil") -> BoilerHouse:
    return BoilerHouse(f"{seed}/bh", Weather(seed), design_kw=6000, fuel=FUELS[fuel])


def post(seed: int = 3) -> AirPost:
    return AirPost(f"{seed}/ap", Weather(seed))


def instants(count: int, seed: int) -> list[float]:
    chance = random.Random(seed)
    return [chance.uniform(YEAR.start, YEAR.stop) for _ in range(count)]


def hourly(seed: int) -> list[float]:
    return [float(t) for t in Weather(seed).at(np.arange(YEAR.start, YEAR.stop, 3600.0)).temperature]


@pytest.mark.parametrize(
    ("outdoor", "supply"), [(8, 40), (0, 51), (-10, 63), (-20, 74), (-30, 85), (-39, 95)]
)
def test_the_schedule_is_the_published_95_70(outdoor: float, supply: float) -> None:
    assert np.round(schedule.supply(np.array([outdoor]))) == supply


def test_at_the_design_point_radiators_give_the_design_load() -> None:
    mean = (schedule.DESIGN_SUPPLY + schedule.DESIGN_RETURN) / 2
    assert schedule.emission(mean) == pytest.approx(1)


@settings(max_examples=5)
@given(day=st.integers(YEAR.start // 86_400, YEAR.stop // 86_400), fuel=st.sampled_from(sorted(FUELS)))
def test_what_the_fire_gives_is_stored_or_leaves(day: int, fuel: str) -> None:
    assert_heat_is_kept(house(fuel=fuel).heat, day)


def assert_heat_is_kept(balance: HeatBalance, day: int) -> None:
    states, size = Heat(*balance.day(day)), balance.size
    gained = size.boiler_t * np.diff(states.supply) + size.network_t * np.diff(states.back)
    left_kw = states.radiators + states.taps + states.make_up + states.losses
    kept_kw = gained * WATER * 3600 / STEP_S + left_kw[1:]
    assert kept_kw == pytest.approx(states.fire[1:], abs=1e-5)


def test_the_supply_follows_the_schedule_within_a_degree() -> None:
    balance = house(fuel="coal").heat
    times = np.array(instants(12, seed=1))
    assert balance.at(times).supply == pytest.approx(balance.demands.at(times).setpoint, abs=1)


def test_days_join_without_a_step() -> None:
    balance = house().heat
    for number in range(YEAR.start // 86_400, YEAR.start // 86_400 + 6):
        end, begin = balance.day(number)[:2, -1], balance.day(number + 1)[:2, 0]
        assert math.dist(end, begin) < 0.02


def test_what_the_counters_count_is_what_was_burnt() -> None:
    built = house()
    first = YEAR.start // 86_400
    burnt = sum(built.heat.day(day)[2, 1:].sum() * STEP_S / 3600 for day in range(first, first + 4))
    begin, end = np.array([first * DAY_S]), np.array([(first + 4) * DAY_S])
    assert built.counter.between(begin, end) == pytest.approx(burnt, rel=0.03)


@pytest.mark.parametrize("fuel", sorted(FUELS))
def test_the_fuel_burns_down_and_is_filled_up(fuel: str) -> None:
    built = house(fuel=fuel)
    stocks = built.store.stock_t(np.arange(YEAR.start, YEAR.start + 30 * 86_400, 900.0)).tolist()
    steps = [later - sooner for sooner, later in pairwise(stocks)]
    deliveries = 30 * DAY_S / FUELS[fuel].refill_s
    assert 0 < min(stocks) < max(stocks) <= built.store.capacity_t
    assert math.floor(deliveries) <= sum(1 for step in steps if step > 0) / 4 <= math.ceil(deliveries)


def test_counters_never_run_backwards() -> None:
    built = house()
    energy = built.counter.total(np.sort(instants(200, seed=5))).tolist()
    assert energy == sorted(energy)


@pytest.mark.parametrize("seed", range(4))
def test_winters_are_siberian_and_summers_warm(seed: int) -> None:
    year = hourly(seed)
    assert COLDEST <= min(year) < -28
    assert 25 < max(year) <= WARMEST


def test_some_winter_reaches_forty_below() -> None:
    assert min(min(hourly(seed)) for seed in range(6)) < -40


def test_smog_comes_with_calm_frost() -> None:
    built, sky = post(), Weather(3)
    times = np.arange(YEAR.start, YEAR.stop, 3 * 3600.0)
    weather, worst = sky.at(times), np.argsort(built.over(times)["pm2_5"])[-50:]
    assert weather.wind_speed[worst].mean() < 2
    assert weather.temperature[worst].mean() < -15


def out_of_range(plant: Plant, values: Mapping[str, float]) -> list[str]:
    return [n for n, v in plant.variables.items() if not v.low <= values[n] <= v.high]


@pytest.mark.parametrize(("plant", "count"), [(house(), 25), (house(4, "coal"), 25), (post(), 400)])
def test_values_are_possible_all_year(plant: Plant, count: int) -> None:
    for t in instants(count, seed=2):
        values = plant.at(t)
        assert values.keys() == plant.variables.keys()
        assert out_of_range(plant, values) == []


@pytest.mark.parametrize("make", [house, post])
def test_the_same_seed_has_the_same_values_in_any_order(make: type[Plant]) -> None:
    times = instants(6, seed=9)
    first, second = make(), make()
    forward = [first.at(t) for t in times]
    assert [second.at(t) for t in reversed(times)] == forward[::-1]
    assert first.at(times[0]) == forward[0]


@pytest.mark.parametrize("make", [house, post])
def test_another_seed_has_other_values(make: type[Plant]) -> None:
    assert make(3).at(YEAR.start) != make(4).at(YEAR.start)  # type: ignore[call-arg]  # the factories take one


def test_asked_rarely_or_often_the_trajectory_is_one() -> None:
    often, rarely = house(), house()
    every_second = {t: often.at(t)["t_supply"] for t in range(YEAR.start, YEAR.start + 600)}
    assert all(rarely.at(t)["t_supply"] == every_second[t] for t in range(YEAR.start, YEAR.start + 600, 60))


def test_two_polls_rarely_see_the_same_value() -> None:
    built = house()
    seen = [built.at(YEAR.start + 2 * n)["t_supply"] for n in range(100)]
    assert len(set(seen)) == 100


def test_one_network_pump_runs_and_the_other_stands() -> None:
    values = house().at(YEAR.start)
    duty = 1 if values["pump_1_on"] else 2
    assert values[f"pump_{duty}_current"] > 20
    assert values[f"pump_{3 - duty}_current"] == 0
    assert values["pump_1_on"] + values["pump_2_on"] == 1
