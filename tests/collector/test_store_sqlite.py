"""The SQLite store when its file, its disk or its process fails."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.arrivals import Selection
from collector.settings import SqliteStore
from collector.store import Store, StoreUnavailableError, StoreUnusableError, open_store
from tests.collector.store_data import T, arrival, expected, one_channel, scans
from wire.messages import Row

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(SqliteStore(path=str(path)))
    yield opened
    opened.close()


def view(path: Path) -> Store:
    return open_store(SqliteStore(path=str(path)), reading=True)


def test_what_is_written_is_durable_and_read_after_reopening(store: Store, path: Path) -> None:
    sent = [one_channel({T: 1.0})]
    store.write(sent)
    store.close()
    again = open_store(SqliteStore(path=str(path)))
    assert list(again.read(Selection())) == expected(sent)
    again.close()


def test_every_commit_waits_for_the_disk(path: Path) -> None:
    from collector.store.sqlite import SqliteReadings

    store = SqliteReadings(str(path))
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


WRITER = """
import sys
from collector.settings import SqliteStore
from collector.store import open_store
from tests.collector.store_data import arrival, scans
from wire.messages import Row

store = open_store(SqliteStore(path=sys.argv[1]))
for number in range(1, 1_000_000):
    rows = [Row(number * 100 + place, (float(number), "x")) for place in range(50)]
    store.write([arrival(scans(["a", "b"], *rows))])
    print(number, flush=True)
"""


def writer(path: Path, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A process that writes 100 readings at a time and says after each write which number it was."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*prefix, sys.executable, "-c", WRITER, str(path)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )


READER_AS_NOBODY = """
import os, sys
import collector.store.sqlite
from collector.arrivals import Selection
from collector.settings import SqliteStore
from collector.store import open_store

os.setuid(65534)
list(open_store(SqliteStore(path=sys.argv[1]), reading=True).read(Selection()))
"""


def holds_all_up_to(path: Path, number: int) -> bool:
    store = open_store(SqliteStore(path=str(path)))
    found = [reading.t_ms // 100 for reading in store.read(Selection(points="*/b"))]
    store.close()
    complete = [one for one in range(1, number + 1) for _ in range(50)]
    return found[: len(complete)] == complete and len(found) % 50 == 0


@pytest.mark.system
@pytest.mark.parametrize("after", [1, 40, 200])
def test_killed_while_writing_all_that_was_reported_is_there(path: Path, after: int) -> None:
    with writer(path) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == after:
                break
        process.send_signal(signal.SIGKILL)
        reported = max([after, *(int(line) for line in process.stdout if line.endswith("\n"))])
    assert holds_all_up_to(path, reported)


@pytest.mark.system
def test_a_full_disk_is_unavailable_and_what_was_reported_is_there(path: Path, tmp_path: Path) -> None:
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("a small disk of one's own needs user namespaces")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f'mount -t tmpfs -o size=1m none {disk}; "$@"; cp {disk}/readings.db* {tmp_path}'
    with writer(disk / "readings.db", ("unshare", "-rm", "sh", "-c", script, "sh")) as process:
        said, wrong = process.communicate(timeout=60)
    assert wrong.splitlines()[-1].endswith(
        f"{disk}/readings.db: cannot be used now: database or disk is full"
    )
    assert "StoreUnavailableError" in wrong.splitlines()[-1]
    assert holds_all_up_to(path, int(said.split()[-1]))


@pytest.mark.system
def test_a_file_that_may_not_grow_is_unavailable(path: Path) -> None:
    limit = ("sh", "-c", 'ulimit -f 2000; exec "$@"', "sh")
    with writer(path, limit) as process:
        said, wrong = process.communicate(timeout=60)
    assert "StoreUnavailableError" in wrong.splitlines()[-1]
    assert holds_all_up_to(path, int(said.split()[-1]))


def test_after_a_full_disk_the_same_write_succeeds_once_there_is_room(path: Path) -> None:
    from collector.store.sqlite import SqliteReadings

    store = SqliteReadings(str(path))
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    sent = [arrival(scans(["a", "b"], *[Row(T + index, (float(index), "x" * 50)) for index in range(2000)]))]
    with pytest.raises(StoreUnavailableError, match=f"^{path}: cannot be used now: database or disk is full"):
        store.write(sent)
    assert list(store.read(Selection())) == []
    store._connection.execute("PRAGMA max_page_count = 100000")
    assert store.write(sent) == ()
    assert list(store.read(Selection())) == expected(sent)
    store.close()


def test_a_damaged_file_is_refused_and_left_as_it_is(store: Store, path: Path) -> None:
    store.write([one_channel({T: 1.0})])
    store.close()
    for damaged in (b"not a database at all" * 100, b"\x00\xff" * 5000):
        path.write_bytes(damaged)
        for reading in (False, True):
            with pytest.raises(StoreUnusableError, match=f"^{path}: damaged .*restore it from a backup"):
                open_store(SqliteStore(path=str(path)), reading=reading)
        assert path.read_bytes() == damaged


def test_damage_that_shows_only_later_is_named_when_it_does(store: Store, path: Path) -> None:
    store.write([one_channel({T + index: "x" * 100 for index in range(5000)})])
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:20_000] + b"\xa5" * (len(whole) - 20_000))
    again = open_store(SqliteStore(path=str(path)))
    with pytest.raises(StoreUnusableError, match="damaged"):
        list(again.read(Selection()))
    with pytest.raises(StoreUnusableError, match="damaged"):
        again.write([one_channel({T + index: 1.0 for index in range(5000)})])
    again.close()


def test_a_file_of_another_program_is_refused(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(StoreUnusableError, match=r"not a store of this program \(schema version 0"):
        open_store(SqliteStore(path=str(path)))


def test_a_newer_schema_is_refused(store: Store, path: Path) -> None:
    store.close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreUnusableError, match="schema version 99, known: 1"):
        open_store(SqliteStore(path=str(path)))


def test_a_missing_folder_is_unavailable_for_a_disk_may_still_be_mounted(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match=r"away/readings.db: cannot be used now: unable to open"):
        open_store(SqliteStore(path=str(tmp_path / "away" / "readings.db")))


@pytest.mark.system
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_reader_without_the_right_to_write_is_told_whose_rights_it_needs(store: Store, path: Path) -> None:
    store.close()
    path.chmod(0o644)
    for folder in path.parents:
        if folder != Path(tempfile.gettempdir()) and folder.is_relative_to(tempfile.gettempdir()):
            folder.chmod(0o755)
    command = [sys.executable, "-c", READER_AS_NOBODY, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stderr
    assert said.splitlines()[-1].endswith("; run this as the collector's user, who may write to its folder")


def test_reading_a_store_that_is_not_there_makes_none(path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="unable to open"):
        view(path)
    assert not path.exists()


def test_a_locked_file_is_unavailable_and_later_takes_the_same_write(store: Store, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store._connection.execute("PRAGMA busy_timeout = 10")  # type: ignore[attr-defined]  # not to wait five seconds
    sent = [one_channel({T: 1.0})]
    with pytest.raises(StoreUnavailableError, match=f"^{path}: cannot be used now: database is locked"):
        store.write(sent)
    other.execute("ROLLBACK")
    other.close()
    assert store.write(sent) == ()
    assert list(store.read(Selection())) == expected(sent)


def test_many_readers_see_whole_writes_while_one_writes(store: Store, path: Path) -> None:
    store.write([one_channel({0: 0.0})])
    done = threading.Event()
    counts: list[int] = []

    def read() -> None:
        reader = view(path)
        while not done.is_set():
            counts.append(len(list(reader.read(Selection()))))
        reader.close()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for number in range(1, 60):
        store.write([one_channel({number * 10 + place: 1.0 for place in range(10)})])
    done.set()
    for thread in readers:
        thread.join(20)
    assert len(counts) > 3
    assert {count % 10 for count in counts} == {1}


def test_a_reader_that_pauses_does_not_hold_the_log(store: Store, path: Path) -> None:
    store.write([one_channel({T + index: 1.0 for index in range(6000)})])
    reader = view(path)
    found = reader.read(Selection())
    next(found)
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[attr-defined]  # the edge of the store
    assert path.with_name("readings.db-wal").stat().st_size == 0
    assert sum(1 for _ in found) == 5999
    reader.close()
