from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from collector.ledger.ranges import Range, around, merge

sequences = st.lists(st.integers(1, 60), max_size=80)


def point(seq: int) -> Range:
    return Range(seq, seq, 1000 * seq, 1000 * seq + 500)


def runs(numbers: set[int]) -> list[tuple[int, int]]:
    """The model: a set of numbers, read as runs."""
    starts = sorted(n for n in numbers if n - 1 not in numbers)
    ends = sorted(n for n in numbers if n + 1 not in numbers)
    return list(zip(starts, ends, strict=True))


@given(st.lists(sequences, max_size=6))
def test_merging_group_after_group_is_what_a_set_of_numbers_says(groups: list[list[int]]) -> None:
    arrived: list[Range] = []
    model: set[int] = set()
    for group in groups:
        arrived = merge(arrived, map(point, group))
        model.update(group)
        assert [(r.first_seq, r.last_seq) for r in arrived] == runs(model)
        assert all((r.first_ms, r.last_ms) == (1000 * r.first_seq, 1000 * r.last_seq + 500) for r in arrived)


@given(sequences, sequences)
def test_merging_the_same_again_changes_nothing(numbers: list[int], again: list[int]) -> None:
    arrived = merge([], map(point, [*numbers, *again]))
    assert merge(arrived, map(point, again)) == arrived


@given(st.sets(st.integers(1, 60), min_size=1), st.data(), st.integers(1, 5))
def test_a_receipt_holds_what_was_touched_and_then_the_newest(
    numbers: set[int], data: st.DataObject, limit: int
) -> None:
    arrived = merge([], map(point, numbers))
    touched = data.draw(st.sets(st.sampled_from(sorted(numbers)), min_size=1, max_size=4))
    told = around(arrived, touched, limit)
    assert all(any(first <= seq <= last for first, last in told) for seq in touched)
    assert set(told) <= {(r.first_seq, r.last_seq) for r in arrived}
    assert all(left[1] < right[0] for left, right in pairwise(told))
    assert len(told) <= max(limit, len(touched))
    if len(touched) < limit:
        assert told[-1][1] == max(numbers)


def test_a_receipt_for_a_range_of_many_batches_costs_no_loop_over_them() -> None:
    arrived = [Range(1, 2**52, 0, 1)]
    assert around(arrived, [7, 2**52], 100) == ((1, 2**52),)
