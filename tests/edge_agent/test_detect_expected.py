"""One channel foretold from its drivers: answers to them, not to its own past, and survives a frost."""

import math
import random

import msgspec
import pytest

from edge_agent.detect import DetectSettings, Group, StateMisfitError
from edge_agent.detect._regression import Regression, RegressionState
from edge_agent.settings.detection import ExpectedSettings
from tests.edge_agent.signals import MINUTE_MS, START_MS, Row, alarms, fed, shifted

NAMES = ("supply", "outdoor")
WARMUP = 2880
SETTINGS = DetectSettings(
    innovations=None,
    expected=(ExpectedSettings(target="supply", drivers=("outdoor",), warmup_rows=WARMUP),),
)


def weather(rows: int, seed: int, cold_from: int = 10**9) -> list[Row]:
    """A supply temperature that follows the outdoor one; from a row on it freezes by 5 °C a day."""
    chance = random.Random(seed)
    made: list[Row] = []
    for n in range(rows):
        frost = max(0, n - cold_from) / 1440 * 5
        outdoor = -12 + 5 * math.sin(n / 1440 * math.tau) + 3 * math.sin(n / 3100 * math.tau) - frost
        made.append([58 - 1.1 * outdoor + chance.gauss(0, 0.5), outdoor + chance.gauss(0, 0.2)])
    return made


def test_a_supply_that_follows_the_weather_is_expected_even_in_a_frost_not_seen_before() -> None:
    assert alarms(fed(Group(NAMES, SETTINGS), weather(10_000, seed=41, cold_from=6000))) == 0


def test_a_supply_too_cold_for_the_weather_is_seen_and_explained() -> None:
    rows = weather(6000, seed=42)
    group = Group(NAMES, SETTINGS)
    fed(group, rows[:5000])
    outcomes = fed(group, shifted(rows[5000:], 0, -10.0), 5000)
    first = next(n for n, outcome in enumerate(outcomes) if outcome.anomalous)
    assert first <= 30
    finding = outcomes[60].findings[0]
    assert (finding.channel, finding.detector) == (0, "expected")
    assert finding.expected is not None
    assert finding.expected - finding.got == pytest.approx(10, abs=2.5)
    assert finding.since_ms == START_MS + (5000 + first) * MINUTE_MS
    assert outcomes[-1].anomalous


def test_the_relation_is_not_learnt_from_what_is_anomalous() -> None:
    rows = weather(7200, seed=43)
    group = Group(NAMES, SETTINGS)
    fed(group, rows[:5000])
    fed(group, shifted(rows[5000:6000], 0, -10.0), 5000)
    assert alarms(fed(group, rows[6000:], 6000)[60:]) == 0


def test_a_false_alarm_confirmed_moves_the_constant() -> None:
    rows = weather(7000, seed=44)
    group = Group(NAMES, SETTINGS)
    fed(group, rows[:5000])
    moved = shifted(rows[5000:], 0, -10.0)
    assert alarms(fed(group, moved[:200], 5000)) > 100
    group.rebaseline()
    assert alarms(fed(group, moved[200:], 5200)) == 0


def test_it_goes_on_after_a_restart_as_if_there_had_been_none() -> None:
    rows = weather(4000, seed=45)
    straight, first, second = (Group(NAMES, SETTINGS) for _ in range(3))
    whole = fed(straight, rows)
    fed(first, rows[:3500])
    second.restore(first.state())
    after = fed(second, rows[3500:], 3500)
    assert [o.score for o in after] == pytest.approx([o.score for o in whole[3500:]])


def test_the_regression_finds_the_weights_at_any_offset_and_keeps_the_prior_where_rows_say_nothing() -> None:
    chance = random.Random(46)
    known = Regression(RegressionState.empty(2))
    for _ in range(500):
        a = chance.gauss(1e9, 1)
        known.learn((3 * a + 7, a, 5.0))
    slope, untouched, constant = known.solve((0.0, 0.25))
    assert slope == pytest.approx(3, rel=0.01)
    assert untouched == pytest.approx(0.25)
    assert slope * 1e9 + untouched * 5 + constant == pytest.approx(3e9 + 7, abs=1)


DUST = DetectSettings(
    innovations=None,
    expected=(
        ExpectedSettings(
            target="dust", drivers=("co",), warmup_rows=WARMUP, mean_rows=240, forget_rows=40_320, step=5.0
        ),
    ),
)


def dust(rows: int, seed: int, level: float = 1.0) -> list[Row]:
    """Dust that goes with a gas, whatever the wind leaves of both; the unrest of both is a share of them."""
    chance = random.Random(seed)
    made: list[Row] = []
    for n in range(rows):
        sent = level * math.exp(math.sin(n / 700))
        made.append([5 + 30 * sent * chance.gauss(1, 0.1), 0.2 + sent * chance.gauss(1, 0.1)])
    return made


def test_dirt_that_grows_slower_than_it_could_be_learnt_is_seen() -> None:
    group = Group(("dust", "co"), DUST)
    before = dust(6000, seed=47)
    assert alarms(fed(group, before)) == 0
    dirty: list[Row] = [
        [(row[0] or 0.0) + 25 * n / 4320, row[1]] for n, row in enumerate(dust(4320, seed=48))
    ]
    assert alarms(fed(group, dirty, len(before))) > 0


def test_departures_that_are_the_same_share_of_much_more_are_ordinary() -> None:
    rows = [*dust(5000, seed=49), *dust(3000, seed=50, level=50)]
    assert alarms(fed(Group(("dust", "co"), DUST), rows)) == 0


def test_what_was_learnt_by_another_step_is_not_gone_on_from() -> None:
    (by_shares,) = DUST.expected
    by_value = DetectSettings(innovations=None, expected=(msgspec.structs.replace(by_shares, step=None),))
    with pytest.raises(StateMisfitError, match="step"):
        Group(("dust", "co"), DUST).restore(Group(("dust", "co"), by_value).state())


def test_a_row_that_counts_twice_says_what_two_rows_say() -> None:
    chance = random.Random(51)
    rows = [[chance.gauss(0, 1) for _ in range(3)] for _ in range(40)]
    twice, weighted = (Regression(RegressionState.empty(2)) for _ in range(2))
    for n, row in enumerate(rows):
        weighted.learn(row, 1 + n % 2)
        for _ in range(1 + n % 2):
            twice.learn(row)
    assert weighted.solve((0, 0)) == pytest.approx(twice.solve((0, 0)))
