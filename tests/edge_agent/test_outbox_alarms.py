"""Alarm events and state in the outbox: ahead of readings, kept longest, timed once, one transaction."""

import sqlite3
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from edge_agent.outbox import batching
from edge_agent.outbox.unwritten import ALARMS, Group, Unwritten
from edge_agent.samples import Instant
from tests.edge_agent.outboxes import (
    NAMES,
    NOW_MS,
    alarms,
    append,
    batches,
    everything,
    losses,
    outbox,
    scan,
    times,
    told,
)
from wire.messages import Clock, Loss, LossReason

UNSYNCED = Clock.UNSYNCED
BOUND = 256 * 1024


def test_alarm_events_travel_with_the_readings_of_one_batch(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        assert box.append([scan(1)], NAMES, [told(1), told(2)]) == 1
        (batch,) = batches(box)
    assert batch.alarms == (told(1).event, told(2).event)
    assert times([batch]) == [NOW_MS + 60_000]


def test_alarm_events_need_no_readings(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        assert box.append([], NAMES, [told(1)]) == 1
        assert (box.depth().batches, box.depth().readings) == (1, 0)
        assert box.depth().oldest_ms == NOW_MS + 60_000


# --- when room is made


def test_batches_with_alarm_events_outlive_all_others(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db", max_bytes=BOUND) as box:
        for number in range(1, 2000):
            box.append([scan(number, device="wide")], NAMES, [told(number)] if number % 40 == 1 else ())
        assert {loss.reason for loss in losses(box)} == {LossReason.THINNED, LossReason.OUTBOX_FULL}
        kept = [event.id for event in alarms(batches(box))]
        assert kept == [told(number).event.id for number in range(1, 2000, 40)]
        assert len(batches(box)) > 2 * len(kept)


def test_when_nothing_else_is_left_the_oldest_alarm_events_go_and_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path, max_bytes=BOUND) as box:
        for number in range(1, 1500):
            box.append([scan(number, device="wide")], NAMES, [told(number)])
            assert path.stat().st_size <= BOUND
        kept = [one.seq for one in everything(box)]
        assert kept == list(range(kept[0], 1500))
        (loss,) = merged_numbers(losses(box))
        assert loss == (1, kept[0] - 1)


def merged_numbers(found: list[Loss]) -> set[tuple[int, int]]:
    numbered = [loss for loss in found if loss.first_seq]
    return {(min(loss.first_seq for loss in numbered), max(loss.last_seq for loss in numbered))}


def test_held_readings_go_before_held_alarm_events(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db", max_bytes=128 * 1024) as box:
        for number in range(1, 800):
            event = [told(number, clock=UNSYNCED)] if number % 40 == 1 else ()
            box.append([scan(number, device="wide", clock=UNSYNCED)], NAMES, event)
        assert box.depth().held < 799 * 50
        box.release("boot-1", NOW_MS)
        assert len(alarms(batches(box))) == len(range(1, 800, 40))


def test_memory_gives_readings_up_and_keeps_their_alarm_events_and_the_newest_state() -> None:
    memory = Unwritten(limit=5)
    for number in range(1, 5):
        memory.add(Group((scan(number),), NAMES, (told(number),), {"a": b"%d" % number}))
    memory.add(Group((scan(5),), NAMES, (), {"b": b"5"}))
    group = memory.pop()
    assert memory.oldest() is None
    assert [one.event.id for one in group.alarms] == [told(number).event.id for number in range(1, 5)]
    assert (group.scans, group.state) == ((scan(5),), {"a": b"4", "b": b"5"})
    assert [loss.readings for loss in memory.losses] == [8]


def test_memory_is_bounded_for_alarm_events_too() -> None:
    memory = Unwritten(limit=4)
    for number in range(3):
        memory.add(Group((), NAMES, tuple(told(number) for _ in range(ALARMS // 2))))
    group = memory.pop()
    assert memory.oldest() is None
    assert len(group.alarms) == ALARMS
    assert group.alarms[0] == told(1)
    assert memory.losses == ()


# --- events of a clock that was not set


def test_a_true_clock_moves_an_event_and_its_beginning_together() -> None:
    (event,) = batching.retimed_alarms([told(1, clock=UNSYNCED)], 1_900_000_000_000, Clock.SYNCED)
    assert (event.t_ms, event.since_ms) == (1_900_000_060_000, 1_900_000_059_000)
    assert event == replace(told(1).event, t_ms=event.t_ms, since_ms=event.since_ms)


def test_an_event_of_an_unset_clock_waits_and_gets_its_true_time(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        unsure = [told(1, clock=UNSYNCED), told(2)]
        assert box.append([scan(1, clock=UNSYNCED)], NAMES, unsure) == 1
        assert alarms(batches(box)) == [told(2).event]
        assert box.release("boot-1", 1_900_000_000_000) == 2
        assert [event.t_ms for event in alarms(batches(box))] == [NOW_MS + 120_000, 1_900_000_060_000]
        assert times(batches(box)) == [1_900_000_060_000]
        assert box.release("boot-1", 0) == 0


def test_after_the_wait_an_event_goes_with_a_doubtful_time_even_one_that_cannot_be(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        box.append([scan(1, clock=UNSYNCED)], NAMES, [told(1, clock=UNSYNCED)])
        assert box.settle(Instant(659_999, 659_999), UNSYNCED, 600_000) == 0
        assert box.settle(Instant(660_000, 660_000), UNSYNCED, 600_000) == 1
        (event,) = alarms(batches(box))
        assert (event.t_ms, event.clock) == (60_000, UNSYNCED)
        assert box.depth().held == 2


def test_an_event_of_an_earlier_boot_goes_with_its_doubtful_time(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        box.append([scan(1, clock=UNSYNCED)], NAMES, [told(1, clock=UNSYNCED)])
    with outbox(tmp_path / "o.db", boot="boot-2") as box:
        assert alarms(batches(box)) == [told(1, clock=UNSYNCED).event]
        append(box, scan(2))
        assert losses(box) == [Loss(reason=LossReason.CLOCK_UNKNOWN, readings=2)]


# --- state


def test_state_is_there_after_a_restart_each_stage_its_own(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        assert box.state() == {}
        assert box.append([], NAMES, [], {"conditions": b"1", "validate": b"a"}) is None
        box.append([scan(1)], NAMES, [told(1)], {"conditions": b"2"})
    with outbox(tmp_path / "o.db") as box:
        assert box.state() == {"conditions": b"2", "validate": b"a"}


def test_a_state_that_does_not_fit_is_kept_aside_and_the_newest_few_stay(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path) as box:
        for number in range(6):
            box.append([], NAMES, [], {"conditions": b"%d" % number, "validate": b"v"})
            assert box.set_state_aside("conditions").startswith("misfit.conditions.2")
            assert box.state() == {"validate": b"v"}
    with closing(sqlite3.connect(path)) as looked:
        found = looked.execute("SELECT value FROM meta WHERE key GLOB 'misfit.*' ORDER BY key").fetchall()
    assert found == [(b"2",), (b"3",), (b"4",), (b"5",)]


# --- a database of the version before


def _as_version_1(path: Path) -> None:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "DROP INDEX with_alarms; ALTER TABLE batch DROP COLUMN alarms;"
            "ALTER TABLE held DROP COLUMN alarms; PRAGMA user_version = 1;"
        )


def test_an_outbox_of_the_first_version_is_carried_over_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path) as box:
        append(box, scan(1), scan(2, clock=UNSYNCED))
        before = everything(box)
    _as_version_1(path)
    with outbox(path) as box:
        assert everything(box) == before
        assert box.append([scan(3)], NAMES, [told(3)]) == 2
        assert box.release("boot-1", NOW_MS) == 1
        assert len(times(batches(box))) == 3
        assert len(alarms(batches(box))) == 1
    with closing(sqlite3.connect(path)) as new:
        assert new.execute("PRAGMA user_version").fetchone() == (2,)


def test_alarms_are_found_without_reading_payloads(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path):
        pass
    with closing(sqlite3.connect(path)) as looked:
        plan = looked.execute("EXPLAIN QUERY PLAN SELECT seq FROM batch WHERE alarms > 0").fetchall()
    assert "COVERING INDEX with_alarms" in plan[0][3]
