"""What the outbox decides without a file: batching, clock policy, losses, the memory in place of a disk."""

import pytest

from edge_agent.outbox import batching
from edge_agent.outbox.clock_policy import PROGRAM_MS, Release, decide, newest
from edge_agent.outbox.losses import merged
from edge_agent.outbox.unwritten import Group, Unwritten
from tests.edge_agent.outboxes import NAMES, NOW_MS, scan
from wire.messages import Clock, Loss, LossReason, Quality, Row

SYNCED, HOLDOVER, UNSYNCED = Clock


def test_scans_become_one_table_a_device_with_rows_in_order_of_time() -> None:
    tables = batching.tables_of([scan(2), scan(1, device="wide"), scan(1)], NAMES)
    assert [(t.device, t.channels, [row.t_ms for row in t.rows]) for t in tables] == [
        ("boiler-1", ("supply", "return"), [NOW_MS + 60_000, NOW_MS + 120_000]),
        ("wide", NAMES["wide"], [NOW_MS + 60_000]),
    ]
    assert batching.readings_in(tables) == 54
    assert batching.span(tables) == (NOW_MS + 60_000, NOW_MS + 120_000)
    assert batching.first_mono_ms(tables) == 60_000


def test_a_row_keeps_value_quality_clock_and_monotonic_time() -> None:
    taken = scan(3, clock=HOLDOVER, values=(None, 7.5), quality={0: Quality.BAD_NO_ANSWER})
    ((row,),) = (table.rows for table in batching.tables_of([taken], NAMES))
    assert row == Row(NOW_MS + 180_000, (None, 7.5), {0: Quality.BAD_NO_ANSWER}, HOLDOVER, 180_000)


def test_a_true_clock_moves_the_times_and_nothing_else() -> None:
    held = batching.tables_of([scan(1, clock=UNSYNCED, quality={1: Quality.BAD_SENTINEL})], NAMES)
    ((row,),) = (table.rows for table in batching.retimed(held, 5_000_000, SYNCED))
    assert (row.t_ms, row.clock, row.quality) == (5_060_000, SYNCED, {1: Quality.BAD_SENTINEL})


def test_a_doubtful_clock_makes_good_readings_uncertain_and_leaves_bad_ones_bad() -> None:
    taken = scan(1, device="boiler-1", clock=UNSYNCED, values=(1.0, None), quality={1: Quality.BAD_GARBLED})
    held = batching.tables_of([taken], NAMES)
    ((row,),) = (table.rows for table in batching.retimed(held, 0, UNSYNCED))
    assert row.quality == {0: Quality.UNCERTAIN_CLOCK, 1: Quality.BAD_GARBLED}
    assert (row.t_ms, row.clock) == (60_000, UNSYNCED)


KNOWN = PROGRAM_MS + 1000


@pytest.mark.parametrize(
    ("clock", "waited_ms", "newest_ms", "expected"),
    [
        (SYNCED, 0, 0, Release(SYNCED, 0)),
        (SYNCED, 999_999, KNOWN, Release(SYNCED, 0)),
        (HOLDOVER, 0, KNOWN, Release(SYNCED, 0)),
        (UNSYNCED, 0, KNOWN, None),
        (UNSYNCED, 599_999, KNOWN, None),
        (UNSYNCED, 600_000, KNOWN, Release(UNSYNCED, KNOWN)),
        (UNSYNCED, 600_000, 0, Release(UNSYNCED, PROGRAM_MS)),
        (UNSYNCED, 600_000, PROGRAM_MS - 1, Release(UNSYNCED, PROGRAM_MS)),
    ],
)
def test_when_readings_that_wait_may_go(
    clock: Clock, waited_ms: int, newest_ms: int, expected: Release | None
) -> None:
    assert decide(clock, waited_ms=waited_ms, wait_ms=600_000, newest_ms=newest_ms) == expected


@pytest.mark.parametrize(
    ("known_ms", "last_ms", "clock", "expected"),
    [(10, 20, UNSYNCED, 20), (20, 10, UNSYNCED, 20), (10, 20, SYNCED, 20), (20, 10, SYNCED, 10)],
)
def test_only_a_trusted_clock_takes_the_newest_time_back(
    known_ms: int, last_ms: int, clock: Clock, expected: int
) -> None:
    assert newest(known_ms, last_ms, clock) == expected


def test_losses_of_one_cause_are_joined_and_others_kept_apart() -> None:
    thinned = [
        Loss(reason=LossReason.THINNED, from_ms=50, to_ms=60, first_seq=5, last_seq=6, readings=4),
        Loss(reason=LossReason.THINNED, from_ms=10, to_ms=20, first_seq=1, last_seq=2, readings=3),
    ]
    unnumbered = Loss(reason=LossReason.OUTBOX_FULL, readings=1)
    foreign = Loss(reason=LossReason.OUTBOX_FULL, readings=1, epoch="00000000000000ff")
    assert merged([*thinned, unnumbered, foreign, unnumbered]) == (
        Loss(reason=LossReason.THINNED, from_ms=10, to_ms=60, first_seq=1, last_seq=6, readings=7),
        Loss(reason=LossReason.OUTBOX_FULL, readings=2),
        foreign,
    )


def test_an_unknown_time_does_not_hide_a_known_one() -> None:
    (loss,) = merged(
        Loss(reason=LossReason.OUTBOX_FULL, from_ms=from_ms, to_ms=from_ms, readings=1) for from_ms in (0, 7)
    )
    assert (loss.from_ms, loss.to_ms) == (7, 7)


def test_memory_is_bounded_and_counts_what_it_gives_up() -> None:
    memory = Unwritten(limit=4)
    for number in range(1, 5):
        memory.add(Group((scan(number),), NAMES))
    (loss,) = memory.losses
    assert (loss.reason, loss.readings) == (LossReason.OUTBOX_FULL, 4)
    assert (loss.from_ms, loss.to_ms) == (NOW_MS + 60_000, NOW_MS + 120_000)
    assert [memory.pop().scans, memory.pop().scans] == [(scan(3),), (scan(4),)]
    assert memory.oldest() is None


def test_times_of_an_unset_clock_are_not_told_in_a_loss() -> None:
    memory = Unwritten(limit=1)
    memory.add(Group((scan(1, clock=UNSYNCED),), NAMES))
    memory.add(Group((scan(2, clock=UNSYNCED),), NAMES))
    assert memory.losses == (Loss(reason=LossReason.OUTBOX_FULL, readings=2),)
