"""Any rows whatever: no exception, no poisoned memory, and the short way ends where the long way does."""

import itertools
import math
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge_agent.settings.checks import USUAL, Checks, usual
from edge_agent.validate import RECOVERY_ROWS, SiteValidator, Validator
from edge_agent.validate.past import Past
from sensor_profiles.model import Encoding
from tests.edge_agent.rows import MINUTE_MS, Q, device, flow, scan, temperature, usual_day
from tests.edge_agent.written import channel, field
from wire.messages import Clock, Quality, Value
from wire.quantities import Quantity

HUGE = 1.7e308
NUMBERS = (
    st.floats(-HUGE, HUGE, allow_nan=False)
    | st.floats(-100, 100)
    | st.sampled_from([0.0, 1e9, -1e9, 60.0, HUGE, -HUGE])
)
STEPS = st.sampled_from([1.0, 1.0, 1.0, 0.05, 0.0, -1.0, -500.0, 2.0, 4.0, 10_000.0])
ROWS = st.lists(
    st.tuples(STEPS, NUMBERS | st.none(), st.sampled_from(list(Clock)), st.booleans()), max_size=60
)
Rows = list[tuple[float, float | None, Clock, bool]]
JUMPY: Rows = [(1.0, (-1) ** n * HUGE, Clock.SYNCED, False) for n in range(60)]
OFFSET: Rows = [(1.0, 1e9, Clock.SYNCED, False)] * 60


def play(site: SiteValidator, rows: Rows) -> float:
    """Feed rows to both devices; the minute of the last one."""
    minute = 0.0
    for step, value, clock, after_fault in rows:
        minute = max(0.0, minute + step)
        for name in ("a", "b"):
            faults = {"c0": Q.BAD_SENTINEL} if value is None else {}
            verdict = site.validate(scan(minute, (value, 1.0), name, **faults), clock, after_fault)
            assert set(verdict.scan.quality) <= {0, 1}
            assert verdict.scan.values == (value, 1.0)
    return minute


@given(ROWS, st.sampled_from(sorted(USUAL)), st.sampled_from([1.0, 0.1]))
@example(JUMPY, Quantity.PRESSURE, 1.0)
@example(OFFSET, Quantity.MASS_FLOW, 1.0)
@settings(max_examples=60, deadline=None)
def test_after_any_rows_an_ordinary_signal_is_good_again_within_the_stated_rows(
    rows: Rows, quantity: Quantity, step: float
) -> None:
    known = channel(field(Encoding.F32), quantity=quantity)
    site = SiteValidator([device("a", [known, flow()]), device("b", [known, flow()])])
    last = play(site, rows)
    spread = (usual(known).spike or 1.0) / 20
    found = [
        site.validate(scan(last + step * n, (value, 1.0 + value), "a"), Clock.SYNCED).scan.quality
        for n, value in enumerate(usual_day(RECOVERY_ROWS + 40, 50.0, spread, seed=4), 1)
    ]
    assert all(0 not in quality for quality in found[RECOVERY_ROWS:])


@given(ROWS)
@example(JUMPY)
@settings(max_examples=60, deadline=None)
def test_no_memory_is_poisoned(rows: Rows) -> None:
    site = SiteValidator([device("a", [temperature(), flow()]), device("b", [temperature(), flow()])])
    last = play(site, rows)
    for n, value in enumerate(usual_day(400, spread=0.3, seed=5), 1):
        site.validate(scan(last + n, (value, 1.0), "a"), Clock.SYNCED)
    levels = site.state().devices["a"].levels
    assert all(math.isfinite(level) for level in levels.values())
    spiked = site.validate(scan(last + 401, (100.0, 1.0), "a"), Clock.SYNCED).scan.quality
    assert spiked[0] is Q.UNCERTAIN_SPIKE


@pytest.mark.parametrize("offset", [1e9, -1e9, 0.0])
def test_an_offset_changes_nothing_but_where_a_signal_is(offset: float) -> None:
    def judged(values: Sequence[float]) -> list[dict[int, Quality]]:
        validator = Validator((flow(),))
        return [validator.validate(scan(n, (value,)), Clock.SYNCED).quality for n, value in enumerate(values)]

    signal = [*usual_day(200, 0.0, 0.5), 40.0, *usual_day(30, 0.0, 0.5, seed=2), *[9.0, -9.0] * 8]
    assert judged([value + offset for value in signal]) == judged(signal)


class LongWay(Past):
    """Judges every row in full."""

    def _is_ordinary(self, elapsed_ms: int, row: Sequence[float | None]) -> bool:
        return False


@given(
    st.lists(
        st.tuples(st.floats(59, 61) | st.sampled_from([70.0, 75.0, 400.0]), st.floats(0, 3)),
        min_size=20,
        max_size=120,
    )
)
@settings(max_examples=60, deadline=None)
def test_the_short_way_ends_where_the_long_way_does(rows: list[tuple[float, float]]) -> None:
    checks = [Checks(rate_per_min=50.0, spike=2.0)] * 2
    short, long = Past(checks, MINUTE_MS), LongWay(checks, MINUTE_MS)
    for n, row in enumerate(itertools.chain([(60.0, 1.0)] * 20, rows)):
        found = [past.judge(n * MINUTE_MS, row) for past in (short, long)]
        assert found[0] == found[1]
        for past in (short, long):
            past.learn(found[0])
    assert short.levels() == long.levels()


def test_text_beside_numbers_is_left_alone() -> None:
    text = channel(field(Encoding.STRING, size=4), "e", quantity=Quantity.TEXT)
    validator = Validator((temperature(), text))
    rows: list[tuple[Value, ...]] = [(60.0 + n / 10, "E-04" if n % 2 else None) for n in range(40)]
    assert all(validator.validate(scan(n, row), Clock.SYNCED).quality == {} for n, row in enumerate(rows))
