"""The week's profile: rush hours are no anomaly, the same value at night is."""

import math
import random

import pytest

from edge_agent.detect import DetectSettings, Group
from edge_agent.settings.detection import SeasonalSettings
from tests.edge_agent.signals import Row, alarms, fed

WEEK = 7 * 1440
SETTINGS = DetectSettings(innovations=None, seasonal=SeasonalSettings(warmup_rows=WEEK))
NAMES = ("pm2_5",)


def dust(weeks: int, seed: int) -> list[Row]:
    """Fine dust with an evening peak of eight times the night's, and the spread of a logarithm."""
    chance = random.Random(seed)
    drift = 0.0
    made: list[Row] = []
    for n in range(weeks * WEEK):
        drift = 0.98 * drift + chance.gauss(0, 0.04)
        evening = math.exp(-(((n / 60) % 24 - 15) ** 2) / 4)
        made.append([20 * math.exp(2.1 * evening + drift)])
    return made


def test_the_daily_peak_is_no_anomaly_and_its_height_at_night_is() -> None:
    rows = dust(3, seed=51)
    night = 2 * WEEK + 3 * 1440
    group = Group(NAMES, SETTINGS)
    assert alarms(fed(group, rows[:night])) == 0
    outcomes = fed(group, [[160.0]] * 60, night)
    first = next(n for n, outcome in enumerate(outcomes) if outcome.anomalous)
    assert first <= 15
    finding = outcomes[30].findings[0]
    assert finding.expected == pytest.approx(20, rel=0.3)
    assert finding.got == 160.0


def test_it_goes_on_after_a_restart_as_if_there_had_been_none() -> None:
    rows = dust(2, seed=52)
    straight, first, second = (Group(NAMES, SETTINGS) for _ in range(3))
    whole = fed(straight, rows)
    cut = WEEK + 700
    fed(first, rows[:cut])
    second.restore(first.state())
    after = fed(second, rows[cut:], cut)
    assert [o.score for o in after] == pytest.approx([o.score for o in whole[cut:]])


def test_a_false_alarm_confirmed_moves_the_profile() -> None:
    rows = dust(3, seed=53)
    group = Group(NAMES, SETTINGS)
    fed(group, rows[: 2 * WEEK])
    higher: list[Row] = [[(row[0] or 0.0) * 8] for row in rows[2 * WEEK :]]
    assert alarms(fed(group, higher[:120], 2 * WEEK)) > 60
    group.rebaseline()
    assert alarms(fed(group, higher[120:1440], 2 * WEEK + 120)) == 0
