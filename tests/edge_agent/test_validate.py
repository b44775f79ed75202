import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.samples import DecodedScan, Scan
from edge_agent.validate import PRECEDENCE, Validator
from sensor_profiles.model import Channel, Encoding
from tests.edge_agent.written import TAKEN, channel, field
from wire.messages import Clock, Quality, Value

NUMBER = field(Encoding.F32)
RANGED = channel(NUMBER, low=-40.0, high=150.0)


def validate(
    values: tuple[Value, ...],
    faults: dict[int, Quality] | None = None,
    clock: Clock = Clock.SYNCED,
    *,
    after_fault: bool = False,
    channels: tuple[Channel, ...] | None = None,
) -> Scan:
    channels = channels or (RANGED,) * len(values)
    decoded = DecodedScan("boiler", TAKEN, values, faults or {})
    return Validator(channels).validate(decoded, clock, after_fault)


@pytest.mark.parametrize("value", [-40.0, 0.0, 150.0])
def test_a_value_in_range_is_good_and_both_ends_belong_to_it(value: float) -> None:
    assert validate((value,)).quality == {}


@pytest.mark.parametrize("value", [-40.1, 150.1, 1e308])
def test_a_value_out_of_range_is_bad_and_kept(value: float) -> None:
    scan = validate((20.0, value))
    assert (scan.values, scan.quality) == ((20.0, value), {1: Quality.BAD_OUT_OF_RANGE})


@pytest.mark.parametrize(("low", "high", "bad"), [(None, 5.0, (6.0,)), (5.0, None, (4.0,)), (None, None, ())])
def test_a_range_may_be_open(low: float | None, high: float | None, bad: tuple[float, ...]) -> None:
    channels = (channel(NUMBER, low=low, high=high),)
    assert [value for value in (4.0, 5.0, 6.0) if validate((value,), channels=channels).quality] == list(bad)


def test_what_decode_found_outweighs_the_range() -> None:
    scan = validate((999.0, None), {0: Quality.BAD_DEVICE_STATUS, 1: Quality.BAD_NO_ANSWER})
    assert scan.quality == {0: Quality.BAD_DEVICE_STATUS, 1: Quality.BAD_NO_ANSWER}


def test_text_has_no_range() -> None:
    text = channel(field(Encoding.STRING, size=4), low=0.0, high=1.0)
    assert validate(("E-04",), channels=(text,)).quality == {}


def test_a_clock_that_was_never_set_makes_uncertain_what_is_otherwise_good() -> None:
    scan = validate((20.0, 999.0, None), {2: Quality.BAD_SENTINEL}, Clock.UNSYNCED)
    assert scan.clock is Clock.UNSYNCED
    assert scan.quality == {
        0: Quality.UNCERTAIN_CLOCK,
        1: Quality.BAD_OUT_OF_RANGE,
        2: Quality.BAD_SENTINEL,
    }


@pytest.mark.parametrize("clock", [Clock.SYNCED, Clock.HOLDOVER])
def test_a_clock_that_runs_on_from_a_good_time_leaves_readings_good(clock: Clock) -> None:
    assert validate((20.0,), clock=clock).quality == {}


def test_after_a_fault_what_is_otherwise_good_is_uncertain() -> None:
    scan = validate((20.0, 999.0), clock=Clock.UNSYNCED, after_fault=True)
    assert scan.quality == {0: Quality.UNCERTAIN_AFTER_FAULT, 1: Quality.BAD_OUT_OF_RANGE}


def test_the_decoded_scan_is_left_as_it_was() -> None:
    decoded = DecodedScan("boiler", TAKEN, (999.0,), {})
    Validator((RANGED,)).validate(decoded, Clock.UNSYNCED)
    assert decoded.faults == {}


def test_every_quality_has_its_place_and_bad_comes_before_uncertain() -> None:
    assert set(PRECEDENCE) == set(Quality)
    assert len(PRECEDENCE) == len(Quality)
    bad = [quality.startswith("bad.") for quality in PRECEDENCE]
    assert bad == sorted(bad, reverse=True)


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            st.none() | st.sampled_from([q for q in Quality if q.startswith("bad.")]),
        ),
        max_size=12,
    ),
    st.sampled_from(list(Clock)),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_one_channel_has_one_quality_and_the_worst_wins(
    found: list[tuple[Value, Quality | None]], clock: Clock, after_fault: bool
) -> None:
    faults = {n: fault for n, (_, fault) in enumerate(found) if fault}
    scan = validate(tuple(value for value, _ in found), faults, clock, after_fault=after_fault)
    assert len(scan.values) == len(found)
    assert all(0 <= index < len(found) for index in scan.quality)
    for n, (value, fault) in enumerate(found):
        outside = isinstance(value, float) and not -40 <= value <= 150
        reasons = [fault] if fault else []
        reasons += [Quality.BAD_OUT_OF_RANGE] * outside
        reasons += [Quality.UNCERTAIN_AFTER_FAULT] * after_fault
        reasons += [Quality.UNCERTAIN_CLOCK] * (clock is Clock.UNSYNCED)
        assert scan.quality.get(n) == (min(reasons, key=PRECEDENCE.index) if reasons else None)
