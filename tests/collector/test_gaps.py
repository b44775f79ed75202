from hypothesis import given
from hypothesis import strategies as st

from collector.ledger.gaps import Gap, GapState, Stream, gaps
from collector.ledger.ranges import Range, merge
from wire.messages import Loss, LossReason

OLD, NEW = "00000000000000aa", "00000000000000bb"


def arrived(*numbers: int) -> tuple[Range, ...]:
    return tuple(merge([], [Range(n, n, 1000 * n, 1000 * n + 500) for n in numbers]))


def stream(
    *numbers: int, epoch: str = OLD, passed: int = 0, losses: tuple[Loss, ...] = (), seen_ms: int = 0
) -> Stream:
    return Stream(
        site="bh-07",
        gateway="gw-1",
        epoch=epoch,
        seen_ms=seen_ms,
        passed_seq=passed,
        arrived=arrived(*numbers),
        losses=losses,
    )


def brief(found: list[Gap]) -> list[tuple[str, int | None, int | None]]:
    return [(gap.state.value, gap.first_seq, gap.last_seq) for gap in found]


def full(first: int, last: int) -> Loss:
    return Loss(
        reason=LossReason.OUTBOX_FULL, from_ms=11, to_ms=22, first_seq=first, last_seq=last, readings=9
    )


def test_nothing_is_missing_when_all_has_arrived() -> None:
    assert gaps([stream(1, 2, 3, passed=4)]) == []


def test_a_hole_waits_as_long_as_the_agent_may_have_it() -> None:
    assert brief(gaps([stream(1, 2, 5)])) == [("waiting", 3, 4)]
    assert brief(gaps([stream(1, 2, 5, passed=3)])) == [("waiting", 3, 4)]


def test_a_hole_has_the_times_of_its_neighbours() -> None:
    (gap,) = gaps([stream(1, 2, 5)])
    assert (gap.from_ms, gap.to_ms) == (2500, 5000)


def test_a_hole_the_agent_has_passed_is_lost() -> None:
    assert brief(gaps([stream(1, 2, 5, passed=6)])) == [("lost", 3, 4)]


def test_a_hole_is_cut_where_the_outbox_begins() -> None:
    assert brief(gaps([stream(1, 8, passed=5)])) == [("lost", 2, 4), ("waiting", 5, 7)]


def test_batches_before_the_first_that_arrived_are_missing_too() -> None:
    assert brief(gaps([stream(3, passed=3)])) == [("lost", 1, 2)]


def test_batches_the_agent_has_passed_after_the_last_that_arrived_are_missing_too() -> None:
    assert brief(gaps([stream(1, 2, passed=6)])) == [("lost", 3, 5)]
    assert brief(gaps([stream(passed=4)])) == [("lost", 1, 3)]


def test_a_loss_explains_only_what_has_not_arrived() -> None:
    found = gaps([stream(1, 2, 5, 9, passed=9, losses=(full(2, 6),))])
    assert brief(found) == [("explained", 3, 4), ("explained", 6, 6), ("lost", 7, 8)]
    assert (found[0].reason, found[0].readings, found[0].from_ms, found[0].to_ms) == (
        "outbox_full",
        9,
        11,
        22,
    )


def test_a_loss_of_batches_that_all_arrived_is_no_gap() -> None:
    assert gaps([stream(1, 2, 3, losses=(full(2, 3),))]) == []


def test_a_loss_without_numbers_is_always_listed() -> None:
    loss = Loss(reason=LossReason.CLOCK_UNKNOWN, readings=12)
    (gap,) = gaps([stream(1, 2, losses=(loss,))])
    assert (gap.state, gap.first_seq, gap.from_ms, gap.readings) == (GapState.EXPLAINED, None, None, 12)


def test_a_new_epoch_is_listed_with_the_times_between_and_the_old_one_waits_no_more() -> None:
    found = gaps([stream(6, 7, epoch=NEW), stream(1, 2, 4, epoch=OLD)])
    assert brief(found) == [("lost", 3, 3), ("epoch_changed", None, None), ("waiting", 1, 5)]
    assert (found[1].epoch, found[1].next_epoch, found[1].from_ms, found[1].to_ms) == (OLD, NEW, 4500, 6000)


def test_two_gateways_are_no_change_of_epoch() -> None:
    other = Stream(site="bh-07", gateway="gw-2", epoch=NEW, seen_ms=0, arrived=arrived(1))
    assert gaps([stream(1), other]) == []


numbers = st.sets(st.integers(1, 40))
spans = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 10)), max_size=4)


@given(numbers, st.integers(0, 45), spans)
def test_each_missing_number_is_listed_once_with_the_state_a_set_model_gives_it(
    have: set[int], passed: int, lost: list[tuple[int, int]]
) -> None:
    losses = tuple(full(first, first + length) for first, length in lost)
    end = max([*have, passed - 1], default=0)
    explained = {n for loss in losses for n in range(loss.first_seq, loss.last_seq + 1)}
    model = {
        n: "explained" if n in explained else "lost" if n < passed else "waiting"
        for n in set(range(1, end + 1)) - have
    }
    listed: dict[int, str] = {}
    for gap in gaps([stream(*have, passed=passed, losses=losses)]):
        assert gap.first_seq is not None
        assert gap.last_seq is not None
        for n in range(gap.first_seq, gap.last_seq + 1):
            assert n not in listed
            listed[n] = gap.state.value
    assert listed == model
