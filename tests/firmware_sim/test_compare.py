"""The judge is judged: for generated stories with known mishaps it must count exactly those."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.compare import Verdict, compare
from firmware_sim.truth import RecordError, StoredValue, TrueValue, TruthFile, read_lines
from wire.messages import Value

PERIOD = 2000
TOLERANCE = 2000


def true(t_ms: int, value: Value, mode: str = "asked") -> TrueValue:
    return TrueValue(t_ms, "bh-01", "trm", "t_supply", value, mode)  # type: ignore[arg-type]  # a test's word


def stored(t_ms: int, value: Value, quality: str | None = "good") -> StoredValue:
    return StoredValue(t_ms, "bh-01", "trm", "t_supply", value, quality)


def judge(truth: list[TrueValue], kept: list[StoredValue], **more: object) -> Verdict:
    return compare(truth, kept, TOLERANCE, retry_ms=PERIOD // 2, **more)  # type: ignore[arg-type]  # as given


def counts(verdict: Verdict) -> dict[str, int]:
    names = ("lost", "duplicated", "wrong", "missed", "unwritten", "unmeasured", "repeated")
    return {name: count for name in names if (count := getattr(verdict, name))}


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[TrueValue], list[StoredValue]]:
    """Polls with jitter, of a value that moves or stands, and readings taken a little before the answers."""
    length = draw(st.integers(1, 40))
    steady = draw(st.booleans())
    jitter = st.integers(0, 900)
    truth = [true(n * PERIOD + draw(jitter), 1.0 if steady else float(n)) for n in range(length)]
    return truth, [stored(value.t_ms - draw(st.integers(0, 90)), value.value) for value in truth]


@settings(max_examples=60)
@given(story=stories(), data=st.data())
def test_what_is_stored_once_is_right_in_any_order(
    story: tuple[list[TrueValue], list[StoredValue]], data: st.DataObject
) -> None:
    truth, kept = story
    verdict = judge(data.draw(st.permutations(truth)), data.draw(st.permutations(kept)))
    assert (verdict.expected, verdict.stored, counts(verdict)) == (len(truth), len(truth), {})
    assert verdict.good


@settings(max_examples=60)
@given(story=stories(), data=st.data())
def test_each_missing_reading_is_lost(
    story: tuple[list[TrueValue], list[StoredValue]], data: st.DataObject
) -> None:
    truth, kept = story
    gone = data.draw(st.sets(st.sampled_from(range(len(kept)))))
    verdict = judge(truth, [r for n, r in enumerate(kept) if n not in gone])
    assert counts(verdict) == ({"lost": len(gone)} if gone else {})
    assert verdict.expected == len(truth)


@settings(max_examples=60)
@given(story=stories(), data=st.data())
def test_each_second_copy_is_a_duplicate(
    story: tuple[list[TrueValue], list[StoredValue]], data: st.DataObject
) -> None:
    truth, kept = story
    again = data.draw(st.sets(st.sampled_from(range(len(kept)))))
    verdict = judge(truth, kept + [stored(kept[n].t_ms + 1, kept[n].value) for n in again])
    assert counts(verdict) == ({"duplicated": len(again)} if again else {})


@settings(max_examples=60)
@given(story=stories(), times=st.sets(st.integers(-5000, 90_000), max_size=5))
def test_each_invention_is_wrong(story: tuple[list[TrueValue], list[StoredValue]], times: set[int]) -> None:
    truth, kept = story
    verdict = judge(truth, kept + [stored(t, -99.0) for t in times])
    assert counts(verdict) == ({"wrong": len(times)} if times else {})


@settings(max_examples=60)
@given(story=stories(), data=st.data())
def test_streamed_frames_may_go_unused(
    story: tuple[list[TrueValue], list[StoredValue]], data: st.DataObject
) -> None:
    asked, kept = story
    streamed = [true(value.t_ms, value.value, "stream") for value in asked]
    used = data.draw(st.sets(st.sampled_from(range(len(kept)))))
    verdict = judge(streamed, [kept[n] for n in used])
    assert (verdict.expected, verdict.stored, counts(verdict)) == (len(used), len(used), {})


def test_a_streamed_frame_serves_once() -> None:
    verdict = judge([true(0, 5.0, "stream")], [stored(0, 5.0), stored(10, 5.0)])
    assert counts(verdict) == {"duplicated": 1}


def test_a_reading_with_a_right_value_at_a_wrong_time_is_an_invention() -> None:
    assert counts(judge([true(0, 5.0)], [stored(TOLERANCE + 1, 5.0)])) == {"lost": 1, "wrong": 1}


@pytest.mark.parametrize("second", [5.0, 5.1])
def test_a_poll_that_was_asked_again_counts_once(second: float) -> None:
    verdict = judge([true(0, 5.0), true(600, second)], [stored(0, second)])
    assert (verdict.expected, verdict.stored, counts(verdict)) == (1, 1, {"repeated": 1})


def test_a_poll_that_was_asked_again_and_heard_neither_answer_is_missed_once() -> None:
    verdict = judge([true(0, 1.0), true(400, 2.0)], [stored(100, None, "bad.no_answer")])
    assert counts(verdict) == {"missed": 1, "unmeasured": 1, "repeated": 1}


def test_two_polls_are_not_one() -> None:
    assert counts(judge([true(0, 5.0), true(PERIOD, 5.0)], [stored(0, 5.0)])) == {"lost": 1}


def test_a_broken_sensor_must_be_stored_as_bad() -> None:
    assert counts(judge([true(0, None)], [stored(0, None, "bad.sentinel")])) == {}
    assert counts(judge([true(0, None)], [stored(0, 850.0, "bad.device_status")])) == {}
    assert counts(judge([true(0, None)], [stored(0, 0.0)])) == {"lost": 1, "wrong": 1}


def test_an_agent_that_says_it_got_no_answer_has_missed_it_and_not_lost_it() -> None:
    verdict = judge([true(0, 5.0)], [stored(20, None, "bad.no_answer")])
    assert counts(verdict) == {"missed": 1, "unmeasured": 1}


def test_no_answer_and_nothing_measured_is_as_it_should_be() -> None:
    verdict = judge([true(0, 5.0)], [stored(0, 5.0), stored(PERIOD, None, "bad.no_answer")])
    assert (verdict.stored, counts(verdict), verdict.good) == (1, {"unmeasured": 1}, True)


def test_what_was_read_when_the_agent_was_killed_is_counted_apart() -> None:
    truth = [true(n * PERIOD, 1.0) for n in range(9)]
    kept = [stored(value.t_ms, 1.0) for value in truth if value.t_ms != 4 * PERIOD]
    window = ("bh-01", 4 * PERIOD - 300, 4 * PERIOD + 300)
    assert counts(judge(truth, kept, tolerated=(window,))) == {"unwritten": 1}
    elsewhere = ("bh-02", *window[1:])
    assert counts(judge(truth, kept, tolerated=(elsewhere,))) == {"lost": 1}


@settings(max_examples=60)
@given(story=stories(), data=st.data())
def test_a_hole_in_a_steady_value_is_found_in_its_window_however_the_rest_lines_up(
    story: tuple[list[TrueValue], list[StoredValue]], data: st.DataObject
) -> None:
    truth, kept = story
    hole = data.draw(st.sampled_from(range(len(truth))))
    at = truth[hole].t_ms
    del kept[hole]
    assert counts(judge(truth, kept, tolerated=[("bh-01", at, at)])) == {"unwritten": 1}


def test_a_doubtful_answer_may_be_taken_or_refused() -> None:
    truth = [true(0, 5.0, "doubtful"), true(PERIOD, 6.0, "doubtful")]
    assert counts(judge(truth, [stored(0, 5.0), stored(PERIOD, None, "bad.garbled")])) == {"unmeasured": 1}


def test_text_is_compared_as_text() -> None:
    assert counts(judge([true(0, "TSRV-024")], [stored(0, "TSRV-024")])) == {}
    assert counts(judge([true(0, "TSRV-024")], [stored(0, 24.0)])) == {"lost": 1, "wrong": 1}


def test_nothing_stored_is_never_good() -> None:
    assert not judge([], []).good


def test_examples_name_what_went_wrong() -> None:
    (example,) = judge([true(0, 5.0), true(PERIOD, 6.0)], [stored(0, 5.0)]).examples
    assert (example.kind, example.t_ms, example.value) == ("lost", PERIOD, 6.0)


def test_a_long_steady_series_is_judged_quickly() -> None:
    truth = [true(n * PERIOD, 0.0) for n in range(20_000)]
    kept = [stored(value.t_ms + 3, 0.0) for value in truth if value.t_ms % 977]
    verdict = judge(truth, kept)
    assert verdict.lost == len(truth) - len(kept)


def test_truth_is_written_and_read_back(tmp_path: Path) -> None:
    values = [true(1, 5.5), true(2, None, "stream"), true(3, "text", "doubtful")]
    with TruthFile(tmp_path / "truth.jsonl") as file:
        file.write(values[:1])
        file.flush()
        assert list(read_lines(file.path, TrueValue)) == values[:1]
        file.write(values[1:])
    assert list(read_lines(tmp_path / "truth.jsonl", TrueValue)) == values


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / "stored.jsonl"
    path.write_text('{"t_ms":1,"site":"a","device":"b","channel":"c"}\n{"t_ms":"x"}\n')
    with pytest.raises(RecordError, match=r"stored\.jsonl:2: no StoredValue: "):
        list(read_lines(path, StoredValue))


def test_a_reading_makes_room_when_another_value_serves_it_as_well() -> None:
    truth = [true(0, 1.0, "stream"), true(1500, 1.0, "stream")]
    assert counts(judge(truth, [stored(1000, 1.0), stored(3400, 1.0)])) == {}


def test_a_value_that_must_be_there_comes_before_one_that_need_not() -> None:
    window = ("bh-01", 0, 0)
    verdict = judge([true(0, 1.0), true(1500, 1.0)], [stored(600, 1.0)], tolerated=[window])
    assert counts(verdict) == {"unwritten": 1}
