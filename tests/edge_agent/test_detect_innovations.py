"""The autoregressive detector: sees a step, explains it, forgives what passes, and nothing poisons it."""

import math

import msgspec
import pytest

from edge_agent.detect import DetectSettings, Group, StateMisfitError
from edge_agent.detect.innovations import threshold
from edge_agent.settings.detection import InnovationsSettings
from tests.edge_agent.signals import MINUTE_MS, START_MS, Row, alarms, coloured, fed, shifted

WARMUP = 300
SETTINGS = DetectSettings(innovations=InnovationsSettings(warmup_rows=WARMUP))
NAMES = ("supply", "return", "flow", "pressure")


def watching(rows: list[Row]) -> Group:
    """A group that has learnt from these rows."""
    group = Group(NAMES[: len(rows[0])], SETTINGS)
    fed(group, rows)
    return group


def test_a_normal_signal_gives_no_alarm_in_a_week() -> None:
    assert alarms(fed(Group(NAMES, SETTINGS), coloured(10_080, 4, seed=1))) == 0


def test_learning_is_visible_until_the_warm_up_is_over() -> None:
    outcomes = fed(Group(NAMES, SETTINGS), coloured(WARMUP + 1, 4, seed=2))
    assert outcomes[99].learning == (100, WARMUP)
    assert outcomes[-1].learning is None


def test_a_step_is_seen_explained_and_dated() -> None:
    rows = coloured(WARMUP + 400, 4, seed=3, offset=70.0)
    before, after = rows[: WARMUP + 200], shifted(rows[WARMUP + 200 :], 2, -6.0)
    group = watching(before)
    outcomes = fed(group, after, len(before))
    first = next(n for n, outcome in enumerate(outcomes) if outcome.anomalous)
    assert first <= 15
    worst = outcomes[first].findings[0]
    assert (worst.channel, worst.detector) == (2, "innovations")
    assert worst.expected == pytest.approx(70, abs=1)
    assert worst.got == pytest.approx(64, abs=3)
    assert worst.since_ms == START_MS + (len(before) + first) * MINUTE_MS
    assert outcomes[first].score >= 1


def test_the_way_back_to_normal_ends_the_anomaly() -> None:
    rows = coloured(WARMUP + 700, 4, seed=4)
    group = watching(rows[: WARMUP + 100])
    fault = fed(group, shifted(rows[WARMUP + 100 : WARMUP + 300], 0, 8.0), WARMUP + 100)
    after = fed(group, rows[WARMUP + 300 :], WARMUP + 300)
    assert alarms(fault) > 150
    assert alarms(after[60:]) == 0


def test_a_person_who_says_false_alarm_makes_it_the_new_normal() -> None:
    rows = coloured(WARMUP + 500, 4, seed=5)
    group = watching(rows[: WARMUP + 50])
    moved = shifted(rows[WARMUP + 50 :], 1, 8.0)
    assert alarms(fed(group, moved[:100], WARMUP + 50)) > 50
    group.rebaseline()
    assert alarms(fed(group, moved[100:], WARMUP + 150)) == 0


def test_what_lasts_a_day_becomes_normal_by_itself() -> None:
    rows = coloured(WARMUP + 4000, 4, seed=6)
    group = watching(rows[: WARMUP + 50])
    outcomes = fed(group, shifted(rows[WARMUP + 50 :], 1, 8.0), WARMUP + 50)
    assert outcomes[1000].anomalous
    assert alarms(outcomes[1600:]) == 0


@pytest.mark.parametrize("offset", [0.0, 1e9, -1e9])
def test_an_offset_of_a_milliard_changes_nothing(offset: float) -> None:
    rows = coloured(WARMUP + 300, 2, seed=7, offset=offset)
    group = watching(rows[: WARMUP + 200])
    assert alarms(fed(group, shifted(rows[WARMUP + 200 :], 0, 8.0), WARMUP + 200)) > 80


def test_a_single_wild_value_is_one_error_and_no_alarm() -> None:
    rows = coloured(WARMUP + 200, 4, seed=8)
    rows[WARMUP + 100][3] = 1e6
    assert alarms(fed(Group(NAMES, SETTINGS), rows)) == 0


def test_three_wild_values_in_the_warm_up_do_not_blind_it() -> None:
    rows = coloured(WARMUP + 300, 2, seed=9)
    for n in (5, 120, 240):
        rows[n][0] = 1e12
    group = watching(rows[: WARMUP + 200])
    assert alarms(fed(group, shifted(rows[WARMUP + 200 :], 0, 8.0), WARMUP + 200)) > 80


def test_a_constant_channel_neither_divides_by_zero_nor_cries_at_one_step() -> None:
    rows: list[Row] = [[row[0], 1.0] for row in coloured(WARMUP + 200, 1, seed=10)]
    outcomes = fed(Group(NAMES[:2], SETTINGS), shifted(rows, 1, 0.0))
    assert all(math.isfinite(outcome.score) for outcome in outcomes)
    stepped = rows[: WARMUP + 100] + shifted(rows[WARMUP + 100 :], 1, 1.0)
    assert alarms(fed(Group(NAMES[:2], SETTINGS), stepped)) == 0


def test_small_groups_need_larger_deviations_and_large_ones_no_smaller() -> None:
    assert threshold(3.25, 8) == pytest.approx(3.25)
    assert 5 < threshold(3.25, 1) < 6
    assert threshold(3.25, 2) < threshold(3.25, 1)
    assert threshold(3.25, 40) == threshold(3.25, 8)


def test_it_goes_on_after_a_restart_exactly_as_if_there_had_been_none() -> None:
    rows = shifted(coloured(WARMUP + 300, 3, seed=11), 0, 5.0)
    for cut in (10, 100, WARMUP + 5, WARMUP + 150):
        straight, first, second = (Group(NAMES[:3], SETTINGS) for _ in range(3))
        whole = fed(straight, rows)
        fed(first, rows[:cut])
        second.restore(first.state())
        after = fed(second, rows[cut:], cut)
        assert [round(o.score, 6) for o in after] == [round(o.score, 6) for o in whole[cut:]]


def test_settings_of_another_warm_up_are_kept_apart() -> None:
    longer = msgspec.structs.replace(SETTINGS, innovations=InnovationsSettings(warmup_rows=2 * WARMUP))
    group = Group(NAMES, longer)
    assert fed(group, coloured(WARMUP + 1, 4, seed=12))[-1].learning == (WARMUP + 1, 2 * WARMUP)


GASES = ("so2", "h2s")
BY_SHARES = DetectSettings(
    innovations=InnovationsSettings(warmup_rows=1000, steps={"so2": 0.02, "h2s": 0.001})
)


def air(rows: int, level: float, seed: int) -> list[Row]:
    """Two gases of one works at a level that the wind decides: gusts of a seventh of it, and slow swings."""
    return [
        [
            level * math.exp((gust or 0.0) / 7 + math.sin(n / 120)) / part
            for gust, part in zip(row, (1, 15), strict=True)
        ]
        for n, row in enumerate(coloured(rows, 2, seed))
    ]


def test_still_air_with_the_fifteenfold_of_everything_is_no_anomaly_by_shares() -> None:
    by_shares, by_value = Group(GASES, BY_SHARES), Group(GASES, SETTINGS)
    rows = air(1200, 0.1, seed=12)
    for n in range(24):
        rows += air(60, 0.1 * 15 ** (n / 23), seed=13 + n)
    assert alarms(fed(by_shares, rows)) == 0
    assert alarms(fed(by_value, rows)) > 0


def test_a_works_that_sends_out_eight_times_as_much_is_seen_by_shares_in_any_wind() -> None:
    group = Group(GASES, BY_SHARES)
    before, after = air(1200, 0.1, seed=15), air(60, 0.8, seed=16)
    fed(group, before)
    outcomes = fed(group, after, len(before))
    first = next(n for n, outcome in enumerate(outcomes) if outcome.anomalous)
    assert first <= 10
    finding = next(found for found in outcomes[first].findings if found.channel == 0)
    assert finding.expected is not None
    assert 0.03 < finding.expected < 0.3
    assert finding.got == pytest.approx(after[first][0])


def test_what_was_learnt_by_other_steps_is_not_gone_on_from() -> None:
    linear, by_shares = Group(GASES, SETTINGS), Group(GASES, BY_SHARES)
    with pytest.raises(StateMisfitError, match="steps"):
        by_shares.restore(linear.state())
