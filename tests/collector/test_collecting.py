"""The whole collector against a real mosquitto."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from collector import gateways, ledger, quarantine, state
from collector.arrivals import Arrival, Refused, Selection, StoredReading
from collector.ingest.line import RECEIVE_MAXIMUM
from collector.settings import CollectorFile, SqliteStore, StateTable
from collector.store import Store, StoreUnavailableError, open_store
from tests.collector.collecting import (
    EPOCH,
    GATEWAY,
    NEXT_EPOCH,
    NOW_MS,
    OTHER,
    Agent,
    batch,
    collecting,
    expected,
    hold_session,
    settings,
    stored,
    wait_until,
)
from tests.collector.postgres import Postgres
from tests.programs import Program
from tests.servers import Mosquitto, free_port
from wire.codec import encode
from wire.messages import About, Presence, Row, Status, Table
from wire.topics import Kind

pytestmark = pytest.mark.system


@pytest.fixture
def wanted(tmp_path: Path, mosquitto: Mosquitto) -> CollectorFile:
    found = settings(tmp_path, mosquitto.port)
    hold_session(found)
    return found


def gaps(wanted: CollectorFile) -> list[tuple[str, str, int | None, int | None]]:
    with state.opened(wanted.state.url) as engine, state.reading(engine) as connection:
        return [(g.epoch, g.state.value, g.first_seq, g.last_seq) for g in ledger.list_gaps(connection)]


def quarantined(wanted: CollectorFile) -> list[quarantine.Entry]:
    with state.opened(wanted.state.url) as engine, state.reading(engine) as connection:
        return list(quarantine.entries(connection))


def test_batches_are_stored_and_receipted_whatever_their_order_and_however_often(
    wanted: CollectorFile, mosquitto: Mosquitto
) -> None:
    batches = [batch(n) for n in range(1, RECEIVE_MAXIMUM + 51)]
    with collecting(wanted), Agent(mosquitto.port) as agent:
        agent.send(*batches[20:], *batches[:20], *batches[5:25])
        agent.await_receipts(*range(1, RECEIVE_MAXIMUM + 51))
        wait_until(lambda: agent.receipts.queue[-1].ranges == ((1, 250),))
    assert stored(wanted) == expected(*batches)
    assert gaps(wanted) == []


def test_two_gateways_get_their_own_receipts(wanted: CollectorFile, mosquitto: Mosquitto) -> None:
    with (
        collecting(wanted),
        Agent(mosquitto.port) as agent,
        Agent(mosquitto.port, OTHER) as other,
    ):
        agent.send(batch(1), batch(2))
        other.send(batch(1))
        agent.await_receipts(1, 2)
        other.await_receipts(1)
    assert agent.receipted == {(EPOCH, 1), (EPOCH, 2)}
    assert other.receipted == {(EPOCH, 1)}
    assert stored(wanted) == [*expected(batch(1), site="ap-03"), *expected(batch(1), batch(2))]


def test_a_new_epoch_begins_anew_and_is_listed(wanted: CollectorFile, mosquitto: Mosquitto) -> None:
    with collecting(wanted), Agent(mosquitto.port) as agent:
        agent.send(batch(1), batch(3), batch(1, epoch=NEXT_EPOCH, t_ms=NOW_MS))
        agent.await_receipts(1, 3)
        agent.await_receipts(1, epoch=NEXT_EPOCH)
    assert gaps(wanted) == [(EPOCH, "lost", 2, 2), (EPOCH, "epoch_changed", None, None)]


def test_what_gateways_say_about_themselves_is_kept_even_from_before_the_collector_was_there(
    wanted: CollectorFile, mosquitto: Mosquitto
) -> None:
    about = About(version="1", epoch=EPOCH, boot="b", site_class="boiler_house", started_ms=5, devices=())
    status = Status(state=Presence.ONLINE, epoch=EPOCH, outbox_oldest_seq=4)
    with Agent(mosquitto.port) as agent:
        agent.publish(encode(about), Kind.ABOUT, retain=True)
        agent.publish(encode(status), Kind.STATUS, retain=True)
        with collecting(wanted):
            agent.send(batch(1))
            agent.await_receipts(1)
            wait_until(lambda: gaps(wanted) == [(EPOCH, "lost", 2, 3)])
    with state.opened(wanted.state.url) as engine, state.reading(engine) as connection:
        assert list(gateways.newest(connection, About)) == [(GATEWAY, about)]
        assert list(gateways.newest(connection, Status)) == [(GATEWAY, status)]


def test_bad_messages_are_kept_and_cost_the_good_ones_nothing(
    wanted: CollectorFile, mosquitto: Mosquitto
) -> None:
    plain = msgspec.json.encode(batch(2))
    wrong = plain.replace(b'"supply"', b'"Supply"')
    newer = msgspec.json.encode({**msgspec.to_builtins(batch(3)), "v": 2})
    absurd = (Row(5, (0.0,)), Row(NOW_MS, (1.0,)))
    late = msgspec.structs.replace(
        batch(4), tables=(Table(device="boiler-1", channels=("supply",), rows=absurd),)
    )
    with collecting(wanted), Agent(mosquitto.port) as agent:
        for payload in (wrong, newer, newer, b"", b"\xff", b"{}", encode(late)):
            agent.publish(payload)
        for _ in range(3):
            agent.publish_to("ulba/v1/BH 07/gw-1/batch", encode(batch(1)))
        agent.publish(b"?", Kind.STATUS)
        agent.send(batch(1))
        agent.await_receipts(1, 2, 4)
    assert agent.receipted == {(EPOCH, 1), (EPOCH, 2), (EPOCH, 4)}
    found = sorted((entry.reason.value, entry.times) for entry in quarantined(wanted))
    assert found == [("foreign_topic", 3), *[("malformed", 1)] * 5, ("time", 1), ("version", 2)]
    kept = msgspec.structs.replace(late, tables=(msgspec.structs.replace(late.tables[0], rows=absurd[1:]),))
    assert stored(wanted) == expected(batch(1), kept)


class Sickly:
    """A real store that is away while `away` is set, and refuses what `refuse` names."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.away = threading.Event()
        self.asked_in_vain = threading.Event()
        self.refuse: tuple[Refused, ...] = ()

    def write(self, arrivals: Sequence[Arrival]) -> tuple[Refused, ...]:
        if self.away.is_set():
            self.asked_in_vain.set()
            raise StoreUnavailableError("disk full")
        return (*self.store.write(arrivals), *self.refuse)

    def read(self, selection: Selection) -> Iterator[StoredReading]:
        return self.store.read(selection)

    def newest(self, points: str, since_ms: int) -> Iterator[StoredReading]:
        return self.store.newest(points, since_ms)

    def close(self) -> None:
        self.store.close()


@pytest.fixture
def sickly(wanted: CollectorFile) -> Iterator[Sickly]:
    store = Sickly(open_store(wanted.store))
    yield store
    store.close()


def test_while_the_store_is_away_nothing_is_receipted_and_afterwards_everything_is(
    wanted: CollectorFile, mosquitto: Mosquitto, sickly: Sickly
) -> None:
    sickly.away.set()
    batches = [batch(n) for n in range(1, 31)]
    with capture_logs() as logs, collecting(wanted, sickly), Agent(mosquitto.port) as agent:
        agent.send(*batches)
        assert sickly.asked_in_vain.wait(30)
        sickly.asked_in_vain.clear()
        assert sickly.asked_in_vain.wait(30)
        assert agent.receipts.empty()
        sickly.away.clear()
        agent.await_receipts(*range(1, 31))
    assert stored(wanted) == expected(*batches)
    said = [entry["event"] for entry in logs if entry["event"].startswith("storing")]
    assert said == ["storing is held up; nothing is acknowledged", "storing goes on"]


def test_what_the_store_refuses_is_in_the_quarantine_before_the_receipt(
    wanted: CollectorFile, mosquitto: Mosquitto, sickly: Sickly
) -> None:
    t_ms = batch(1).tables[0].rows[0].t_ms
    sickly.refuse = (Refused(GATEWAY, "boiler-1", t_ms, "text where numbers were"),)
    with collecting(wanted, sickly), Agent(mosquitto.port) as agent:
        agent.send(batch(1))
        agent.await_receipts(1)
        (entry,) = quarantined(wanted)
    assert (entry.reason.value, entry.detail) == ("store", "text where numbers were")


def test_a_stop_while_the_store_is_away_is_heeded_at_once(
    wanted: CollectorFile, mosquitto: Mosquitto, sickly: Sickly
) -> None:
    sickly.away.set()
    with collecting(wanted, sickly), Agent(mosquitto.port) as agent:
        agent.send(batch(1))
        assert sickly.asked_in_vain.wait(30)
    assert agent.receipts.empty()


def test_a_broker_that_dies_and_returns_is_found_again(wanted: CollectorFile, mosquitto: Mosquitto) -> None:
    with collecting(wanted):
        with Agent(mosquitto.port) as agent:
            agent.send(batch(1))
            agent.await_receipts(1)
        mosquitto.kill()
        mosquitto.start()
        with Agent(mosquitto.port) as agent:
            agent.send_until_receipted(batch(2))
    assert stored(wanted) == expected(batch(1), batch(2))


def test_a_state_database_that_dies_and_returns_costs_nothing(
    wanted: CollectorFile, mosquitto: Mosquitto, postgres: Postgres
) -> None:
    elsewhere = msgspec.structs.replace(wanted, state=StateTable(url=postgres.url("postgres")))
    with capture_logs() as logs, collecting(elsewhere), Agent(mosquitto.port) as agent:
        agent.send(batch(1))
        agent.await_receipts(1)
        postgres.kill()
        agent.send(batch(2))
        wait_until(lambda: any(entry["event"].startswith("storing is held up") for entry in logs))
        postgres.start()
        agent.await_receipts(2)
    assert gaps(elsewhere) == []
    assert stored(wanted) == expected(batch(1), batch(2))


KILLED_BETWEEN = """
import os, signal, sys, threading
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from collector import pipeline, settings
from collector.store import open_store

wanted = settings.load(Path(sys.argv[1]))

class Deadly:
    def __init__(self, store):
        self.write_through, self.read, self.close = store.write, store.read, store.close

    def write(self, arrivals):
        refused = self.write_through(arrivals)
        os.kill(os.getpid(), signal.SIGKILL)
        return refused

pipeline.serve(wanted, Deadly(open_store(wanted.store)), threading.Event())
"""


def write_config(wanted: CollectorFile, folder: Path) -> Path:
    file = folder / "collector.toml"
    assert isinstance(wanted.store, SqliteStore)
    file.write_text(
        f'client_id = "{wanted.client_id}"\n[broker]\nport = {wanted.broker.port}\n'
        f'[store]\nkind = "sqlite"\npath = "{wanted.store.path}"\n[state]\nurl = "{wanted.state.url}"\n'
    )
    return file


@contextmanager
def process(*command: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stderr=subprocess.PIPE) as child:
        try:
            yield child
        finally:
            child.kill()


def collector(file: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return process(Path(sys.executable).parent / "collector", "run", "-c", file)


def test_killed_between_store_and_ledger_again_and_again_everything_ends_stored_once_and_receipted(
    wanted: CollectorFile, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    file = write_config(wanted, tmp_path)
    batches = [batch(n) for n in range(1, 21)]
    with Agent(mosquitto.port) as agent:
        for attempt in range(3):
            with process(sys.executable, "-c", KILLED_BETWEEN, file) as child:
                agent.send(*batches[5 * attempt : 5 * attempt + 5])
                assert child.wait(30) == -signal.SIGKILL
        assert agent.receipts.empty()
        assert stored(wanted)
        with collector(file) as child:
            agent.send(*batches[15:])
            agent.await_receipts(*range(1, 21))
            child.send_signal(signal.SIGTERM)
            _, log = child.communicate(timeout=10)
    assert child.returncode == 0, log
    assert stored(wanted) == expected(*batches)
    assert gaps(wanted) == []


def test_sigterm_in_mid_flow_ends_within_five_seconds_and_loses_nothing(
    wanted: CollectorFile, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    file = write_config(wanted, tmp_path)
    batches = [batch(n, rows=20) for n in range(1, 401)]
    with Agent(mosquitto.port) as agent:
        with collector(file) as child:
            sender = threading.Thread(target=lambda: agent.send(*batches))
            sender.start()
            wait_until(lambda: not agent.receipts.empty())
            child.send_signal(signal.SIGTERM)
            _, log = child.communicate(timeout=5)
            assert child.returncode == 0, log
            sender.join()
        with collector(file) as child:
            # All receipts may be there already; one more batch is answered by this collector alone.
            batches.append(batch(401, rows=20))
            agent.send(batches[-1])
            agent.await_receipts(*range(1, 402))
            child.send_signal(signal.SIGINT)
            _, log = child.communicate(timeout=5)
    assert child.returncode == 0, log
    assert b"Traceback" not in log
    assert stored(wanted) == expected(*batches)


def test_systemd_is_told_when_the_collector_is_ready_and_when_it_stops(
    wanted: CollectorFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        monkeypatch.setitem(os.environ, "NOTIFY_SOCKET", str(tmp_path / "notify"))
        with collector(write_config(wanted, tmp_path)) as child:
            said: list[bytes] = []
            while not {b"READY=1", b"WATCHDOG=1"} <= set(said):
                said.append(manager.recv(100))
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=5)
        while said[-1] != b"STOPPING=1":
            said.append(manager.recv(100))
    assert {b"READY=1", b"WATCHDOG=1", b"STOPPING=1"} == set(said)


def test_without_a_broker_the_collector_is_ready_when_it_has_said_so(tmp_path: Path) -> None:
    file = write_config(settings(tmp_path, free_port()), tmp_path)
    with Program("collector", ["collector", "run", "-c", str(file)], tmp_path) as program:
        program.await_ready()
        said = [json.loads(line)["event"] for line in program.log.read_text().splitlines()]
        assert said[-2:] == ["broker lost", "ready"]
        program.stop()
