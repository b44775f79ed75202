"""The outbox on a real file: numbers, receipts, clocks, the size bound, damage, a full disk."""

import itertools
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_agent.outbox import Outbox, UnusableError
from edge_agent.outbox.clock_policy import PROGRAM_MS
from edge_agent.samples import Instant
from tests.edge_agent.outboxes import (
    MIB,
    NAMES,
    NOW_MS,
    append,
    batches,
    epochs,
    everything,
    losses,
    outbox,
    scan,
    times,
)
from wire.messages import Clock, Loss, LossReason, Quality

UNSYNCED = Clock.UNSYNCED


def on_disk(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists())


def test_a_batch_carries_all_a_collector_needs(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        assert append(box, scan(1), scan(1, device="wide")) == 1
        (batch,) = batches(box)
        assert (batch.epoch, batch.seq, batch.boot, batch.site_class) == (
            box.epoch,
            1,
            "boot-1",
            "boiler_house",
        )
        assert [table.device for table in batch.tables] == ["boiler-1", "wide"]


def test_no_scans_make_no_batch(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        assert append(box) is None
        assert everything(box) == []


def test_numbers_go_on_after_everything_was_receipted_and_the_outbox_reopened(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        assert [append(box, scan(n)) for n in (1, 2)] == [1, 2]
        assert box.receipted(box.epoch, [(1, 2)]) == 2
    with outbox(tmp_path / "o.db", epoch_source=epochs(99)) as box:
        assert append(box, scan(3)) == 3
        assert box.epoch == f"{1:016x}"


def test_a_receipt_of_a_foreign_epoch_changes_nothing(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        append(box, scan(1))
        assert box.receipted("00000000000000ff", [(1, 9)]) == 0
        assert len(everything(box)) == 1


def test_pending_keeps_to_its_limits_but_always_gives_one(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        for number in range(1, 6):
            append(box, scan(number))
        size = len(everything(box)[0].payload)
        assert [p.seq for p in box.pending(1, 3, MIB)] == [2, 3, 4]
        assert [p.seq for p in box.pending(0, 9, 2 * size + 20)] == [1, 2]
        assert [p.seq for p in box.pending(3, 9, 1)] == [4]
        assert box.pending(5, 9, MIB) == []


def test_depth_tells_the_oldest_and_when_empty_the_next_number(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        assert box.depth().oldest_seq == 1
        for number in (1, 2):
            append(box, scan(number), scan(number, device="wide"))
        depth = box.depth()
        assert (depth.batches, depth.readings) == (2, 104)
        assert (depth.oldest_seq, depth.oldest_ms) == (1, NOW_MS + 60_000)
        box.receipted(box.epoch, [(1, 2)])
        depth = box.depth()
        assert (depth.batches, depth.readings, depth.oldest_ms, depth.oldest_seq) == (0, 0, 0, 3)
    with outbox(tmp_path / "o.db") as box:
        append(box, scan(3))
        assert (box.depth().batches, box.depth().readings) == (1, 2)


def test_a_second_agent_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with (
        outbox(tmp_path / "o.db"),
        pytest.raises(UnusableError, match="another agent uses"),
        outbox(tmp_path / "o.db"),
    ):
        pass


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE series (id)")
    before = path.read_bytes()
    with pytest.raises(UnusableError, match="another program"), outbox(path):
        pass
    assert path.read_bytes() == before


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="nowhere"), outbox(tmp_path / "nowhere" / "o.db"):
        pass


# --- readings taken before the clock was set


def test_unset_clock_readings_wait_and_get_true_times_once_it_is_set(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        assert append(box, scan(1, clock=UNSYNCED), scan(2, clock=UNSYNCED)) is None
        assert (box.depth().batches, box.depth().held) == (0, 4)
        assert append(box, scan(3)) == 1
        assert box.release("boot-1", 1_900_000_000_000) == 1
        assert box.depth().held == 0
        assert times(batches(box)) == [NOW_MS + 180_000, 1_900_000_060_000, 1_900_000_120_000]
        assert box.release("boot-1", 0) == 0


def test_held_readings_survive_a_restart_of_the_agent_in_the_same_boot(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        append(box, scan(1, clock=UNSYNCED))
    with outbox(tmp_path / "o.db") as box:
        assert box.settle(Instant(NOW_MS + 500_000, 500_000), Clock.SYNCED, 600_000) == 1
        assert times(batches(box)) == [NOW_MS + 60_000]


def test_held_readings_of_an_earlier_boot_are_given_up_by_name(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        append(box, scan(1, clock=UNSYNCED))
    with outbox(tmp_path / "o.db", boot="boot-2") as box:
        assert box.depth().held == 0
        append(box, scan(9))
        assert losses(box) == [Loss(reason=LossReason.CLOCK_UNKNOWN, readings=2)]


def test_a_plausible_clock_is_believed_after_the_wait_and_marked(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        append(box, scan(1, clock=UNSYNCED))
        later = Instant(NOW_MS + 659_999, 659_999)
        assert box.settle(later, UNSYNCED, 600_000) == 0
        assert box.settle(Instant(NOW_MS + 660_000, 660_000), UNSYNCED, 600_000) == 1
        (batch,) = batches(box)
        (row,) = batch.tables[0].rows
        assert (row.t_ms, row.clock) == (NOW_MS + 60_000, UNSYNCED)
        assert set(row.quality.values()) == {Quality.UNCERTAIN_CLOCK}
        before = everything(box)
        box.release("boot-1", 5)
        assert everything(box) == before


def test_a_clock_that_would_go_back_is_not_believed(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        append(box, scan(1000))
        append(box, scan(1, clock=UNSYNCED), scan(2, clock=UNSYNCED))
        assert box.settle(Instant(NOW_MS + 700_000, 700_000), UNSYNCED, 600_000) == 0
        assert box.settle(Instant(PROGRAM_MS - 1, 800_000), UNSYNCED, 600_000) == 0
        assert box.depth().held == 4
        assert box.settle(Instant(NOW_MS + 800_000, 800_000), Clock.SYNCED, 600_000) == 1


# --- the size bound


def lost_numbers(box: Outbox) -> set[int]:
    return {
        number
        for loss in losses(box)
        for number in range(loss.first_seq, loss.last_seq + 1)
        if loss.first_seq
    }


def test_a_full_outbox_thins_its_older_half_then_drops_and_tells_all_of_it(tmp_path: Path) -> None:
    path, bound = tmp_path / "o.db", 256 * 1024
    with outbox(path, max_bytes=bound) as box:
        reasons = set()
        for number in range(1, 1500):
            assert append(box, scan(number, device="wide")) == number
            assert on_disk(path) <= bound + 64 * 1024
            reasons |= {loss.reason for loss in losses(box)} if number % 100 == 99 else set()
        left = {one.seq for one in everything(box)}
        untold = box.depth().oldest_seq
        append(box, scan(1500, device="wide"))
        assert reasons == {LossReason.THINNED, LossReason.OUTBOX_FULL}
        assert set(range(1, 1500)) - left <= lost_numbers(box)
        assert {1499, 1498, 1497} <= left
        older, newer = [[n for n in left if untold <= n < 1300], [n for n in left if n >= 1400]]
        assert newer == list(range(1400, 1500))
        assert older


def test_thinning_halves_the_density_of_the_older_part(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db", max_bytes=256 * 1024) as box:
        numbers = itertools.count(1)
        while not losses(box):
            append(box, scan(next(numbers), device="wide"))
        left = [one.seq for one in everything(box)]
        (loss,) = losses(box)
        assert loss.reason is LossReason.THINNED
        assert left[:4] == [1, 3, 5, 7]
        gone = set(range(1, left[-1])) - set(left)
        assert (loss.first_seq, loss.last_seq) == (2, max(gone))
        assert loss.readings == 50 * len(gone)


def test_held_readings_keep_to_the_same_bound(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path, max_bytes=128 * 1024) as box:
        for number in range(1, 800):
            append(box, scan(number, device="wide", clock=UNSYNCED))
            assert on_disk(path) <= 192 * 1024
        held = box.depth().held
        append(box, scan(800))
        (loss,) = losses(box)
        assert (loss.reason, loss.readings, loss.first_seq) == (LossReason.OUTBOX_FULL, 50 * 799 - held, 0)


def test_a_loss_carried_by_a_batch_that_is_given_up_is_told_again(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db") as box:
        append(box, scan(1, clock=UNSYNCED))
    with outbox(tmp_path / "o.db", boot="boot-2", max_bytes=128 * 1024) as box:
        for number in range(1, 1000):
            append(box, scan(number, device="wide"))
        assert 1 not in {one.seq for one in everything(box)}
        assert [loss.readings for loss in losses(box) if loss.reason is LossReason.CLOCK_UNKNOWN] == [2]


# --- damage


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _zero_a_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:5120] = bytes(1024)
    path.write_bytes(content)


def _zero_the_first_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[:1024] = bytes(1024)
    path.write_bytes(content)


def _random_bytes(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 200)


def _number_back(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE meta SET value = 3 WHERE key = 'next_seq'")
        other.commit()


@pytest.mark.parametrize(
    "damage", [_truncate, _zero_a_page, _zero_the_first_page, _random_bytes, _number_back]
)
def test_a_damaged_file_is_set_aside_and_a_new_epoch_says_so(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "o.db"
    with outbox(path) as box:
        for number in range(1, 60):
            append(box, scan(number, device="wide"))
    damage(path)
    content = path.read_bytes()
    with capture_logs() as logs, outbox(path, epoch_source=epochs(7)) as box:
        assert box.epoch == f"{7:016x}"
        assert append(box, scan(60)) == 1
        (loss,) = losses(box)
    assert loss.reason is LossReason.CORRUPT
    assert loss.epoch in (None, f"{1:016x}")
    (kept,) = tmp_path.glob("o.db.corrupt-*Z")
    assert kept.read_bytes() == content
    assert [entry["kept_as"] for entry in logs if "set aside" in entry["event"]] == [str(kept)]


def test_the_epoch_of_a_damaged_file_is_told_where_it_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path) as box:
        append(box, scan(1))
    _number_back(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE meta SET value = 1 WHERE key = 'next_seq'")
        other.commit()
    with outbox(path, epoch_source=epochs(7)) as box:
        append(box, scan(2))
        assert losses(box) == [Loss(reason=LossReason.CORRUPT, epoch=f"{1:016x}")]


def test_damage_while_running_costs_no_new_reading(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with capture_logs() as logs, outbox(path) as box:
        for number in range(1, 60):
            append(box, scan(number, device="wide"))
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TABLE batch")
        assert append(box, scan(60)) == 1
        assert box.epoch == f"{2:016x}"
        assert losses(box) == [Loss(reason=LossReason.CORRUPT, epoch=f"{1:016x}")]
        assert times(batches(box)) == [NOW_MS + 3_600_000]
    assert len([entry for entry in logs if "set aside" in entry["event"]]) == 1


def test_a_batch_that_is_not_as_it_was_written_is_given_up_alone(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path) as box:
        for number in range(1, 4):
            append(box, scan(number))
        with closing(sqlite3.connect(path)) as other:
            other.execute("UPDATE batch SET payload = zeroblob(bytes) WHERE seq = 2")
            other.commit()
        assert [one.seq for one in everything(box)] == [1, 3]
        append(box, scan(4))
        (loss,) = losses(box)
        assert (loss.reason, loss.first_seq, loss.last_seq, loss.readings) == (LossReason.CORRUPT, 2, 2, 2)


def test_damaged_files_do_not_pile_up(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    for _ in range(6):
        _random_bytes(path)
        with outbox(path):
            pass
    assert len(list(tmp_path.glob("o.db.corrupt-*Z"))) == 4


# --- a full disk


@contextmanager
def _tmpfs(folder: Path) -> Iterator[Callable[[], object]]:
    """A disk of one megabyte that another file fills up; the result gives the room back."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True, capture_output=True
    )
    ballast = folder / "ballast"
    try:
        yield ballast.unlink
    finally:
        subprocess.run(["umount", folder], check=True)


def _fill(folder: Path) -> None:
    with (folder / "ballast").open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1024))
        except OSError:
            return


@contextmanager
def _small_files(path: Path) -> Iterator[Callable[[], object]]:
    """Where nothing may be mounted: files of this process may not grow; the result lifts the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{path}-wal").stat().st_size, hard))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _write_through_a_full_disk(box: Outbox, first: int, make_room: Callable[[], object]) -> None:
    """Append from number `first` until the disk is full and then after it has room again."""
    numbers = itertools.count(first)
    with capture_logs() as logs:
        while append(box, scan(next(numbers), device="wide")) is not None:
            pass
        for _ in range(5):
            assert append(box, scan(next(numbers), device="wide")) is None
        assert box.receipted("00000000000000ff", [(1, 1)]) == 0
        make_room()
        last = next(numbers)
        assert append(box, scan(last, device="wide")) == last
    assert times(batches(box)) == [NOW_MS + 60_000 * n for n in range(1, last + 1)]
    assert (box.depth().batches, box.depth().readings) == (last, 50 * last)
    assert [entry["event"] for entry in logs] == [
        "outbox cannot be written; readings wait in memory",
        "outbox is written again",
    ]


def test_a_full_disk_delays_and_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    try:
        with _tmpfs(folder) as make_room, outbox(folder / "o.db") as box:
            append(box, scan(1, device="wide"))
            _fill(folder)
            _write_through_a_full_disk(box, 2, make_room)
    except subprocess.CalledProcessError:
        pytest.skip("mount is not permitted here; the next test fills a file instead")


def test_a_file_that_may_not_grow_delays_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path) as box:
        append(box, scan(1, device="wide"))
        with _small_files(path) as make_room:
            _write_through_a_full_disk(box, 2, make_room)


def test_what_memory_cannot_hold_is_told_when_the_disk_has_room(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with outbox(path) as box:
        append(box, scan(1, device="wide"))
        with _small_files(path) as make_room:
            crowd = [scan(2, device="wide")] * 1000
            for _ in range(4):
                assert box.append(crowd, NAMES) is None
            make_room()
            append(box, scan(3, device="wide"))
        (loss,) = losses(box)
        assert (loss.reason, loss.first_seq, loss.readings) == (LossReason.OUTBOX_FULL, 0, 150_000)
        assert (loss.from_ms, loss.to_ms) == (NOW_MS + 120_000, NOW_MS + 120_000)
