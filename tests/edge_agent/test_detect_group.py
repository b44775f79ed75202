"""A group survives everything that can come in, and its state survives restart or is refused."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.detect import (
    DetectSettings,
    Group,
    StateMisfitError,
    decode_state,
    encode_state,
)
from edge_agent.settings.detection import (
    ExpectedSettings,
    InnovationsSettings,
    MultivariateModel,
    MultivariateSettings,
    SeasonalSettings,
)
from tests.edge_agent.signals import JUNK, MINUTE_MS, START_MS, Row, alarms, coloured, fed, shifted

WARMUP = 120
NAMES = ("a", "b", "c")
VARIANTS = {
    "innovations": DetectSettings(innovations=InnovationsSettings(warmup_rows=WARMUP)),
    "seasonal": DetectSettings(innovations=None, seasonal=SeasonalSettings(warmup_rows=WARMUP)),
    "expected": DetectSettings(
        innovations=None,
        expected=(ExpectedSettings(target="a", drivers=("b", "c"), warmup_rows=WARMUP),),
    ),
} | {
    f"multivariate-{model}": DetectSettings(
        innovations=None, multivariate=MultivariateSettings(model=model, warmup_rows=480)
    )
    for model in MultivariateModel
}
BY_CHANNEL = {name: VARIANTS[name] for name in ("innovations", "seasonal")}
every_variant = pytest.mark.parametrize("chosen", VARIANTS.values(), ids=VARIANTS)


@every_variant
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_after_any_junk_it_still_scores_and_still_sees_a_step(chosen: DetectSettings, data: Any) -> None:
    rows = coloured(600, 3, seed=21)
    junk = st.sampled_from(JUNK) | st.just(3.5) | st.floats(-1e6, 1e6)
    wild = data.draw(st.lists(st.tuples(junk, junk, junk), max_size=3))
    holes = data.draw(st.lists(st.tuples(st.integers(0, 350), st.integers(0, 2)), max_size=60))
    at = data.draw(st.integers(0, 350))
    for n, row in enumerate(wild):
        rows[at + n] = list(row)
    for n, channel in holes:
        rows[n][channel] = None
    group = Group(NAMES, chosen)
    outcomes = fed(group, rows[:500])
    after = fed(group, shifted(rows[500:], 0, 30.0), 500)
    assert all(math.isfinite(outcome.score) and outcome.score >= 0 for outcome in outcomes + after)
    assert alarms(after) > 0


@every_variant
def test_three_accidents_in_the_first_rows_make_nobody_blind(chosen: DetectSettings) -> None:
    rows = coloured(600, 3, seed=21)
    for row, value in zip(rows, (658.0, 658.0, -1316.0), strict=False):
        row[0] = value
    group = Group(NAMES, chosen)
    fed(group, rows[:500])
    assert alarms(fed(group, shifted(rows[500:], 0, 30.0), 500)) > 0


@every_variant
def test_what_is_no_number_is_exactly_as_good_as_missing(chosen: DetectSettings) -> None:
    rows = coloured(600, 3, seed=20)
    holed, junked = ([list(row) for row in rows] for _ in range(2))
    for n in range(3, 600, 7):
        holed[n][n % 3] = None
        junked[n][n % 3] = JUNK[n % len(JUNK)]
    one, two = Group(NAMES, chosen), Group(NAMES, chosen)
    assert fed(one, holed) == fed(two, junked)
    assert encode_state(one.state()) == encode_state(two.state())


@every_variant
@given(times=st.lists(st.integers(-(2**40), 2**45), max_size=60))
@settings(max_examples=8, deadline=None)
def test_no_order_of_times_is_an_error(chosen: DetectSettings, times: list[int]) -> None:
    group = Group(NAMES, chosen, MINUTE_MS)
    for t_ms in times:
        assert math.isfinite(group.step(t_ms, (1.0, None, math.nan)).score)


@every_variant
@given(rows=st.lists(st.lists(st.floats() | st.none(), min_size=3, max_size=3), max_size=150))
@settings(max_examples=8, deadline=None)
def test_no_values_are_an_error(chosen: DetectSettings, rows: list[Row]) -> None:
    group = Group(NAMES, chosen)
    assert all(math.isfinite(outcome.score) for outcome in fed(group, rows))
    again = Group(NAMES, chosen)
    again.restore(decode_state(encode_state(group.state())))


@every_variant
def test_rows_of_one_time_count_once(chosen: DetectSettings) -> None:
    group = Group(NAMES, chosen)
    rows = coloured(40, 3, seed=22)
    fed(group, rows)
    before = encode_state(group.state())
    group.step(START_MS + 39 * MINUTE_MS, [1e5, 1e5, 1e5])
    assert encode_state(group.state()) == before


@every_variant
def test_a_clock_that_goes_back_costs_one_row(chosen: DetectSettings) -> None:
    rows = coloured(80, 3, seed=23)
    straight, back = Group(NAMES, chosen), Group(NAMES, chosen)
    fed(back, rows[:40], 1000)
    seen = fed(back, rows[40:], 0)[-1].learning
    expected = fed(straight, rows[:-1])[-1].learning
    assert seen == expected


@every_variant
def test_a_burst_is_judged_once_a_period(chosen: DetectSettings) -> None:
    group = Group(NAMES, chosen, MINUTE_MS)
    for n, row in enumerate(coloured(60, 3, seed=24)):
        outcome = group.step(START_MS + n * 5_000, row)
    assert outcome.learning is not None
    assert outcome.learning[0] <= 6


@every_variant
def test_a_burst_makes_no_minute_count_twice(chosen: DetectSettings) -> None:
    """Polls each minute, and in every tenth one from half a minute on every five seconds."""
    polls = [(60 * n + second) for n in range(100) for second in (range(30, 60, 5) if n % 10 == 3 else ())]
    regular, hurried = Group(NAMES, chosen, MINUTE_MS), Group(NAMES, chosen, MINUTE_MS)
    rows = coloured(100 + len(polls), 3, seed=24)
    seen = fed(regular, rows[:100])[-1].learning
    for second, row in zip(sorted([*range(0, 6000, 60), *polls]), rows, strict=True):
        outcome = hurried.step(START_MS + second * 1000, row)
    assert outcome.learning == seen


@every_variant
def test_a_channel_that_vanishes_and_comes_back_is_no_anomaly(chosen: DetectSettings) -> None:
    rows = coloured(1500, 3, seed=25)
    for row in rows[600:900]:
        row[1] = None
    assert alarms(fed(Group(NAMES, chosen), rows)) == 0


@pytest.mark.parametrize("chosen", BY_CHANNEL.values(), ids=BY_CHANNEL)
def test_a_channel_that_appears_late_is_learnt_while_the_others_are_watched(chosen: DetectSettings) -> None:
    rows = coloured(900, 3, seed=26)
    for row in rows[:500]:
        row[2] = None
    outcomes = fed(Group(NAMES, chosen), rows)
    assert outcomes[499].learning is None
    assert outcomes[500].learning is not None
    assert outcomes[-1].learning is None
    assert alarms(outcomes) == 0


@every_variant
def test_a_suspended_group_neither_judges_nor_learns(chosen: DetectSettings) -> None:
    rows = coloured(900, 3, seed=27)
    paused, spared = Group(NAMES, chosen), Group(NAMES, chosen)
    for group in (paused, spared):
        fed(group, rows[:600])
        group.suspend()
    assert alarms(fed(paused, shifted(rows[600:700], 0, 50.0), 600)) == 0
    for group in (paused, spared):
        group.resume()
    assert fed(paused, rows[700:], 700) == fed(spared, rows[700:], 700)
    assert encode_state(paused.state()) == encode_state(spared.state())


@every_variant
def test_state_stays_small(chosen: DetectSettings) -> None:
    group = Group(NAMES, chosen)
    sizes = []
    for n, row in enumerate(coloured(400, 3, seed=28)):
        group.step(START_MS + n * MINUTE_MS, row)
        sizes.append(len(encode_state(group.state())))
    assert max(sizes) / len(NAMES) <= 4096


@every_variant
def test_a_state_that_does_not_fit_is_refused_in_one_sentence(chosen: DetectSettings) -> None:
    group = Group(NAMES, chosen)
    fed(group, coloured(50, 3, seed=29))
    state = group.state()
    for wrong in (
        msgspec.structs.replace(state, version=99),
        msgspec.structs.replace(state, channels=("x",)),
        msgspec.structs.replace(state, detectors=state.detectors * 2),
    ):
        with pytest.raises(StateMisfitError):
            group.restore(wrong)
    assert encode_state(group.state()) == encode_state(state)


@pytest.mark.parametrize("saved", [b"", b"\x00", b"not a state", msgspec.msgpack.encode({"version": 1})])
def test_bytes_that_are_no_state_are_refused(saved: bytes) -> None:
    with pytest.raises(StateMisfitError):
        decode_state(saved)


def test_a_row_of_another_width_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="2 values for 3 channels"):
        Group(NAMES, DetectSettings()).step(START_MS, (1.0, 2.0))
