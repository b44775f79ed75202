"""Half-space trees: an impossible combination is seen, and nobody pays for them who does not want them."""

import random
import subprocess
import sys

import pytest

from edge_agent.detect import DetectSettings, Group
from edge_agent.settings.detection import MultivariateSettings
from tests.edge_agent.signals import Row, alarms, fed

NAMES = ("valve", "flow")
SETTINGS = DetectSettings(innovations=None, multivariate=MultivariateSettings())


def valve_and_flow(rows: int, seed: int) -> list[Row]:
    """The flow follows the valve, which is anywhere."""
    chance = random.Random(seed)
    return [
        [place, 2 * place + chance.gauss(0, 2)] for place in (chance.uniform(0, 100) for _ in range(rows))
    ]


def test_values_that_are_ordinary_alone_and_impossible_together_are_seen() -> None:
    rows = valve_and_flow(3000, seed=61)
    group = Group(NAMES, SETTINGS)
    assert alarms(fed(group, rows[:2500])) == 0
    crossed: list[Row] = [[row[0], 200 - (row[1] or 0.0)] for row in rows[2500:]]
    outcomes = fed(group, crossed, 2500)
    assert alarms(outcomes) > 0
    assert {f.detector for outcome in outcomes for f in outcome.findings} == {"multivariate"}


def test_it_goes_on_after_a_restart_as_if_there_had_been_none() -> None:
    rows = valve_and_flow(1700, seed=62)
    straight, first, second = (Group(NAMES, SETTINGS) for _ in range(3))
    whole = fed(straight, rows)
    fed(first, rows[:1500])
    second.restore(first.state())
    after = fed(second, rows[1500:], 1500)
    assert [o.score for o in after] == pytest.approx([o.score for o in whole[1500:]])


def test_its_expensive_import_is_made_only_for_a_group_that_wants_it() -> None:
    program = (
        "import sys; from edge_agent.detect import Group, CLASSES; "
        "[Group(('a',), chosen) for chosen in CLASSES.values()]; "
        "sys.exit('river.anomaly' in sys.modules or 'scipy.stats' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
