"""When devices are polled, and what dead ones may cost: simulated time only."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.poll.budget import Budget, order
from edge_agent.poll.grid import CLOCK_STEP_MS, Grid, next_tick
from edge_agent.samples import Instant

NOON = 1_790_000_000_000 // 60_000 * 60_000


def at(ms: int, *, step: int = 0) -> Instant:
    """`ms` after a full minute; `step` is what the wall clock was set forward since."""
    return Instant(NOON + ms + step, 5_000 + ms)


@given(st.integers(0, 2**45), st.integers(1000, 3_600_000))
def test_the_next_tick_is_on_the_grid_and_ahead(wall_ms: int, period_ms: int) -> None:
    tick = next_tick(wall_ms, period_ms)
    assert tick % period_ms == 0
    assert wall_ms < tick <= wall_ms + period_ms


def test_sixty_seconds_means_the_full_minute() -> None:
    grid = Grid(60_000, at(17_123))
    assert grid.due_ms == NOON + 60_000
    assert not grid.take(at(59_999))
    assert grid.take(at(60_000))
    assert grid.due_ms == NOON + 120_000
    assert not grid.take(at(60_001)), "a tick is used once"


def test_a_tick_missed_by_more_than_half_a_period_is_skipped_and_counted() -> None:
    grid = Grid(1000, at(0))
    assert grid.skip(at(1400)) == 0
    assert grid.take(at(1400))
    assert grid.skip(at(4600)) == 3, "those of 2, 3 and 4 s"
    assert not grid.take(at(4600))
    assert grid.due_ms == NOON + 5000


@pytest.mark.parametrize("step", [3_600_000, -3_600_000, CLOCK_STEP_MS + 1])
def test_a_clock_that_is_set_lays_the_grid_anew_and_misses_nothing(step: int) -> None:
    grid = Grid(1000, at(0))
    assert grid.skip(at(500, step=step)) == 0
    assert grid.due_ms == next_tick(NOON + 500 + step, 1000)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=60), st.integers(1000, 3000))
def test_every_tick_is_either_taken_or_counted_and_never_bunched(waits: list[int], period_ms: int) -> None:
    grid = Grid(period_ms, at(0))
    now = skipped = 0
    taken: list[int] = []
    for wait in waits:
        now += wait
        skipped += grid.skip(at(now))
        if grid.take(at(now)):
            taken.append(now)
    used = (grid.due_ms - next_tick(NOON, period_ms)) // period_ms
    assert len(taken) + skipped == used
    assert all(b - a >= period_ms / 2 for a, b in itertools.pairwise(taken))


class Patient:
    def __init__(self, name: str, *, alive: bool = True, asked_s: float = 0.0) -> None:
        self.name, self.alive, self.asked_s = name, alive, asked_s


def test_healthy_devices_go_first_then_the_longest_unasked() -> None:
    devices = [
        Patient("x", alive=False, asked_s=9.0),
        Patient("a", asked_s=50.0),
        Patient("y", alive=False, asked_s=3.0),
        Patient("b", asked_s=1.0),
    ]
    assert [device.name for device in order(devices)] == ["a", "b", "y", "x"]


@given(
    st.floats(0.01, 0.5),
    st.lists(st.floats(0.05, 2.0), min_size=1, max_size=8),
    st.integers(100, 400),
)
@settings(max_examples=50)
def test_dead_devices_cost_at_most_their_share_and_each_is_tried_for_ever(
    share: float, costs: list[float], ticks: int
) -> None:
    """Ticks of a second; each dead device is asked whenever the bucket affords it."""
    capacity = max(*costs, share)
    budget = Budget(share, capacity, 0.0)
    devices = [Patient(str(n), alive=False, asked_s=-1.0) for n in range(len(costs))]
    spent = 0.0
    asked = [0] * len(costs)
    for tick in range(ticks):
        for device in order(devices):
            cost = costs[int(device.name)]
            if budget.affords(device.name, cost, float(tick)):
                budget.spend(cost)
                spent += cost
                asked[int(device.name)] += 1
                device.asked_s = float(tick)
        assert spent <= share * tick + capacity + 1e-6
    affordable = share * (ticks - 1) + capacity
    assert spent >= min(affordable - 2 * max(costs), sum(costs)) - share
    if affordable > 3 * sum(costs) + 2 * max(costs):
        assert min(asked) >= 1, "each of them"


def test_a_cheap_device_does_not_starve_an_expensive_one_that_is_seldom_due() -> None:
    budget = Budget(0.1, 3.0, 0.0)
    asked = {"cheap": 0, "dear": 0}
    for tick in range(3600):
        for name, cost, period in (("cheap", 0.2, 1), ("dear", 3.0, 60)):
            if tick % period == 0 and budget.affords(name, cost, float(tick)):
                budget.spend(cost)
                asked[name] += 1
    assert asked["dear"] >= 10
    assert asked["cheap"] >= 300


def test_the_failures_of_healthy_devices_are_booked_too() -> None:
    budget = Budget(0.1, 0.5, 0.0)
    budget.spend(1.5)
    assert not budget.affords("x", 0.5, 14.0)
    assert budget.affords("x", 0.5, 15.0)
