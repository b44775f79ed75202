"""InfluxDB as it really behaves: down, killed, locked, full, and at odds with a type."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from collector.arrivals import Arrival, Selection
from collector.settings import InfluxStore
from collector.store import Store, StoreUnavailableError, StoreUnusableError, open_store
from tests.collector.store_data import GATEWAY, T, arrival, expected, one_channel, scans
from tests.servers import Influxdb, free_port
from wire.messages import Row

YEAR_MS = 365 * 86_400_000


class Tuned(Influxdb):
    """InfluxDB with a further line in its [http] table."""

    extra = ""

    def command(self) -> list[str]:
        command = super().command()
        file = self.folder / "influxdb.conf"
        file.write_text(
            file.read_text().replace("log-enabled = false\n[monitor]", f"{self.extra}\n[monitor]")
        )
        return command


class Locked(Tuned):
    extra = "auth-enabled = true"


class Narrow(Tuned):
    extra = "max-body-size = 20000"


class Cramped(Influxdb):
    """InfluxDB on a disk of 3 MB."""

    def command(self) -> list[str]:
        (self.folder / "data").mkdir(exist_ok=True)
        (self.folder / "wal").mkdir(exist_ok=True)
        script = f"mount -t tmpfs -o size=3m none {self.folder}/wal && exec {' '.join(super().command())}"
        return ["unshare", "-rm", "sh", "-c", script]


def ask(server: Influxdb, query: str) -> None:
    pool = urllib3.PoolManager()
    response = pool.request("POST", f"{server.url}/query", fields={"q": query}, encode_multipart=False)
    assert response.status == 200, response.data
    pool.clear()


@pytest.fixture
def opened() -> Iterator[Callable[[InfluxStore], Store]]:
    stores: list[Store] = []

    def open_it(settings: InfluxStore) -> Store:
        stores.append(open_store(settings))
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


Open = Callable[[InfluxStore], Store]


def test_nobody_listening_is_a_sentence(opened: Open) -> None:
    store = opened(InfluxStore(url=f"http://127.0.0.1:{free_port()}"))
    for use in (lambda: store.write([one_channel({T: 1.0})]), lambda: list(store.read(Selection()))):
        with pytest.raises(StoreUnavailableError, match=r"^InfluxDB at http://127.0.0.1:\d+ does not answer"):
            use()


def test_an_address_that_is_none_is_a_sentence(opened: Open) -> None:
    for url in ("127.0.0.1:8086", "", "gopher://127.0.0.1", "http://"):
        with pytest.raises(StoreUnusableError, match=r"^\[store\] url: .* is no address"):
            opened(InfluxStore(url=url))
    for url in ("http://no-such-host.invalid:8086", "http://127.0.0.1:99999"):
        with pytest.raises(StoreUnavailableError, match=r"^InfluxDB at "):
            opened(InfluxStore(url=url)).write([one_channel({T: 1.0})])


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nno"])
def test_a_server_that_falls_silent_or_hangs_up_is_a_sentence(opened: Open, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                if answer:
                    connection.sendall(answer)
                else:
                    connection.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        store = opened(InfluxStore(url=url, timeout_s=0.3))
        with pytest.raises(StoreUnavailableError, match=r"did not answer in time|broke the connection off"):
            store.write([one_channel({T: 1.0})])
        store.close()
        thread.join(5)


@pytest.mark.system
def test_the_database_is_made_at_first_use(opened: Open, influxdb: Influxdb) -> None:
    store = opened(InfluxStore(url=influxdb.url, database='odd "name" 1'))
    assert list(store.read(Selection())) == []
    assert store.write([one_channel({T: 1.0})]) == ()
    assert len(list(store.read(Selection()))) == 1


@pytest.mark.system
def test_readings_of_other_programs_are_passed_over(opened: Open, influxdb: Influxdb) -> None:
    store = opened(InfluxStore(url=influxdb.url))
    store.write([one_channel({T: 1.0})])
    foreign = (
        b"cpu,host=a\\,b\\=c value=1 1\nweather t=2 1\nboiler_house,site=s,gateway=g,device=d ok=true,n=3i 1"
    )
    pool = urllib3.PoolManager()
    assert pool.request("POST", f"{influxdb.url}/write?db=ulba", body=foreign).status == 204
    pool.clear()
    assert list(store.read(Selection())) == expected([one_channel({T: 1.0})])


@pytest.mark.system
def test_killed_in_mid_write_and_written_again_each_reading_is_there_once(
    opened: Open, influxdb: Influxdb
) -> None:
    store = opened(InfluxStore(url=influxdb.url, timeout_s=5.0))
    channels = [f"ch{index}" for index in range(20)]
    rows = [
        Row(T + index * 1000, tuple(float(index + place) for place in range(20))) for index in range(40_000)
    ]
    sent = [
        arrival(scans(channels, *rows[start : start + 1000]), seq=start + 1)
        for start in range(0, 40_000, 1000)
    ]
    assert store.write(sent[:5]) == ()
    killer = threading.Thread(target=_kill_when_writing, args=(influxdb, influxdb.folder / "wal"))
    killer.start()
    with pytest.raises(StoreUnavailableError):
        store.write(sent)
    killer.join(20)
    influxdb.start()
    assert store.write(sent) == ()
    found = store.read(Selection())
    assert sum(1 for pair in zip(found, iter(expected(sent)), strict=True) if pair[0] == pair[1]) == 800_000


def _kill_when_writing(server: Influxdb, wal: Path) -> None:
    """Kill -9 once the log has grown by a good part of the write."""
    deadline = time.monotonic() + 20
    begun = _size(wal)
    while _size(wal) < begun + 1_000_000:
        assert time.monotonic() < deadline
    server.kill()


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.wal"))


@pytest.mark.system
def test_a_wrong_password_is_said_to_be_the_login(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIGHT", "пароль: да")
    monkeypatch.setenv("WRONG", "no")
    with Locked(tmp_path / "locked") as server:
        ask(server, "CREATE USER ulba WITH PASSWORD 'пароль: да' WITH ALL PRIVILEGES")
        wrong = opened(InfluxStore(url=server.url, username="ulba", password="env:WRONG"))
        with pytest.raises(StoreUnavailableError, match="refuses the login"):
            wrong.write([one_channel({T: 1.0})])
        with pytest.raises(StoreUnavailableError, match="refuses the login"):
            list(wrong.read(Selection()))
        right = opened(InfluxStore(url=server.url, username="ulba", password="env:RIGHT"))
        assert right.write([one_channel({T: 1.0})]) == ()
        assert list(right.read(Selection())) == expected([one_channel({T: 1.0})])
        token = opened(InfluxStore(url=server.url, token="env:WRONG"))
        with pytest.raises(StoreUnavailableError, match="refuses the login"):
            token.write([one_channel({T: 1.0})])


@pytest.mark.system
def test_a_type_conflict_costs_the_scan_only_that_channel(opened: Open, influxdb: Influxdb) -> None:
    store = opened(InfluxStore(url=influxdb.url))
    store.write([arrival(scans(["a", "b"], Row(T, (1.0, 2.0))))])
    bad = Row(T + 1, ("text", 3.0), {0: "bad.stuck"})
    refused = store.write([arrival(scans(["a", "b"], bad, Row(T + 2, (4.0, 5.0))))])
    assert [(one.gateway, one.device, one.t_ms) for one in refused] == [(GATEWAY, "kv-1", T + 1)]
    assert refused[0].reason == "channel a is a string, but InfluxDB already keeps `a` as float"
    assert [(reading.channel, reading.value) for reading in store.read(Selection())] == [
        ("a", 1.0),
        ("a", 4.0),
        ("b", 2.0),
        ("b", 3.0),
        ("b", 5.0),
    ]


@pytest.mark.system
def test_a_conflict_between_two_scans_of_one_request_is_settled(opened: Open, influxdb: Influxdb) -> None:
    """InfluxDB then stores none of the request and names no field."""
    store = opened(InfluxStore(url=influxdb.url))
    rows = [Row(T + index, (float(index), 1.0)) for index in range(20)]
    rows[7] = Row(T + 7, ("text", 1.0))
    refused = store.write([arrival(scans(["a", "b"], *rows))])
    kept = [reading for reading in store.read(Selection()) if reading.channel == "b"]
    assert len(kept) == 20
    assert [one.t_ms for one in refused] == [T + 7]
    assert len(list(store.read(Selection(points="*/a")))) == 19


@pytest.mark.system
def test_a_field_may_have_another_type_in_another_span_of_time(opened: Open, influxdb: Influxdb) -> None:
    store = opened(InfluxStore(url=influxdb.url))
    store.write([one_channel({T: 1.0})])
    rows = {T + 1: "refused", T + 2: "refused too", T + YEAR_MS: "kept"}
    refused = store.write([one_channel(dict(rows))])
    assert sorted(one.t_ms for one in refused) == [T + 1, T + 2]
    assert [reading.value for reading in store.read(Selection())] == [1.0, "kept"]


@pytest.mark.system
def test_thousands_of_conflicting_scans_are_found_in_a_few_requests(opened: Open, influxdb: Influxdb) -> None:
    store = opened(InfluxStore(url=influxdb.url))
    store.write([arrival(scans(["a", "b"], Row(T, (1.0, "on"))))])
    rows = [Row(T + index, ("x", 2.0)) for index in range(1, 4001)]
    begun = time.monotonic()
    refused = store.write([arrival(scans(["a", "b"], *rows), scans(["c"], Row(T, (5.0,)), device="kv-2"))])
    assert time.monotonic() - begun < 10
    assert len(refused) == 8000
    assert {one.reason.split(" is ")[0] for one in refused} == {"channel a", "channel b"}
    assert len(list(store.read(Selection(points="*/kv-2/c")))) == 1


@pytest.mark.system
def test_a_time_that_influxdb_cannot_hold_is_refused_and_the_rest_kept(
    opened: Open, influxdb: Influxdb
) -> None:
    store = opened(InfluxStore(url=influxdb.url))
    last = 9_223_372_036_854
    refused = store.write([one_channel({T: 1.0, last: 2.0, last + 1: 3.0, 2**53: 4.0})])
    assert [one.t_ms for one in refused] == [last + 1, 2**53]
    assert [reading.t_ms for reading in store.read(Selection())] == [T, last]


@pytest.mark.system
def test_readings_older_than_the_retention_are_refused_and_the_rest_kept(
    opened: Open, influxdb: Influxdb
) -> None:
    ask(influxdb, "CREATE DATABASE ulba WITH DURATION 52w")
    now_ms = int(time.time() * 1000)
    store = opened(InfluxStore(url=influxdb.url))
    refused = store.write([one_channel({1000: 1.0, 2000: 2.0, now_ms: 3.0})])
    assert [one.t_ms for one in refused] == [1000, 2000]
    assert "retention" in refused[0].reason
    assert [reading.value for reading in store.read(Selection())] == [3.0]


@pytest.mark.system
def test_a_request_that_is_too_large_is_halved_until_it_fits(opened: Open, tmp_path: Path) -> None:
    with Narrow(tmp_path / "narrow") as server:
        store = opened(InfluxStore(url=server.url))
        sent = [one_channel({T + index: float(index) for index in range(3000)})]
        assert store.write(sent) == ()
        assert list(store.read(Selection())) == expected(sent)
        refused = store.write([one_channel({T: "x" * 30_000, T + 1: "short"}, channel="s")])
        assert [(one.t_ms, "too large" in one.reason) for one in refused] == [(T, True)]


@pytest.mark.system
def test_a_full_disk_is_unavailable_and_what_was_answered_for_stays(opened: Open, tmp_path: Path) -> None:
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("a small disk of one's own needs user namespaces")
    with Cramped(tmp_path / "cramped") as server:
        store = opened(InfluxStore(url=server.url))
        sent = [
            one_channel({T + start + index: f"{index * 7919}" * 40 for index in range(2000)})
            for start in range(0, 200_000, 2000)
        ]
        stored: list[Arrival] = []
        with pytest.raises(StoreUnavailableError, match=r"no space left|answered 5"):
            _write_each(store, sent, stored)
        assert stored
        assert set(expected(stored)) <= set(store.read(Selection()))


def _write_each(store: Store, sent: list[Arrival], stored: list[Arrival]) -> None:
    for one in sent:
        assert store.write([one]) == ()
        stored.append(one)
