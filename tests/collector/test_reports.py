"""Reports of commissioning at the centre: kept once, byte for byte, answered each time, whoever is killed."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from typer.testing import CliRunner

from collector import reports, state
from collector.arrivals import Reason
from collector.cli import app
from collector.ingest.sorting import Sorted, sort
from tests.collector.collecting import GATEWAY, NOW_MS, OTHER, PATIENCE_S, letter, wait_until
from tests.programs import Program, command
from tests.servers import Mosquitto
from wire import topics
from wire.codec import decode, encode
from wire.reports import (
    MOST_BYTES,
    Kept,
    Report,
    ReportDocument,
    ReportedDevice,
    ReportedLink,
    ReportLanguage,
)
from wire.topics import Gateway, Kind

TOPIC = topics.build(GATEWAY, Kind.REPORT)
NUMBER = "00000000000000a1"
DOCUMENT = ReportDocument(
    language=ReportLanguage.KAZAKH,
    title="Хаттама",
    site="bh-07",
    site_class="boiler_house",
    gateway="gw-1",
    made_ms=NOW_MS,
    utc_offset_min=300,
    program="0.1.0",
    person="Ә. Ғани",
    links=(ReportedLink(name="rs485", where="/dev/ttyUSB0", trouble="no such port: plug it in"),),
    devices=(
        ReportedDevice(name="heat", profile="p", model="OWEN", link="rs485", address=24, period_s=60.0),
    ),
)
JSON = msgspec.json.encode(msgspec.to_builtins(DOCUMENT) | {"of_a_newer_agent": [1, 2]})
PDF = b"%PDF-1.3 " + bytes(range(256)) * 100


def report(number: str = NUMBER, document: bytes = JSON, pdf: bytes = PDF) -> bytes:
    return encode(Report(id=number, document=msgspec.Raw(document), pdf=pdf))


def sorted_one(payload: bytes) -> Sorted:
    return sort([letter(payload, TOPIC)], NOW_MS)


def keep(engine: sa.Engine, payload: bytes, gateway: Gateway = GATEWAY, now_ms: int = NOW_MS) -> list[Any]:
    found = sort([letter(payload, topics.build(gateway, Kind.REPORT))], NOW_MS).reports
    with state.writing(engine) as transaction:
        return reports.keep(transaction, found, now_ms)


def test_a_report_is_kept_once_byte_for_byte_and_answered_each_time(engine: sa.Engine) -> None:
    told = [keep(engine, report(), now_ms=now_ms) for now_ms in (5, 6)]
    keep(engine, report(number="00000000000000a2", pdf=b""), OTHER)
    assert told == [[(GATEWAY, Kept(id=NUMBER))]] * 2
    with state.reading(engine) as connection:
        newest, first = sorted(
            reports.entries(connection, 10), key=lambda entry: entry.received_ms, reverse=True
        )
        assert reports.files(connection, NUMBER) == reports.Files(JSON, PDF)
        assert reports.files(connection, "0" * 16) is None
        assert len(list(reports.entries(connection, 1))) == 1
    assert (first.received_ms, first.person, first.language, first.devices, first.troubles) == (
        *(5, "Ә. Ғани", "kk", 1, 1),
    )
    assert (first.json_size, first.pdf_size) == (len(JSON), len(PDF))
    assert newest.site == OTHER.site


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        (b"{}", Reason.MALFORMED, "not a report"),
        (
            msgspec.json.encode({"v": 2, "id": NUMBER}),
            Reason.VERSION,
            "schema version 2; this program knows 1",
        ),
        (report(document=b'{"site": 5}'), Reason.MALFORMED, "not the document of a report"),
        (b"x" * (MOST_BYTES + 1), Reason.MALFORMED, f"a report of {MOST_BYTES + 1} bytes; at most"),
    ],
)
def test_what_is_no_report_is_set_aside_and_not_answered(payload: bytes, reason: Reason, detail: str) -> None:
    found = sorted_one(payload)
    assert not found.reports
    (aside,) = found.set_aside
    assert (aside.reason, aside.gateway) == (reason, GATEWAY)
    assert detail in aside.detail


@given(
    st.binary(max_size=200)
    | st.binary(max_size=200).map(lambda data: report(document=b'"%s"' % data.hex().encode()))
)
def test_any_bytes_are_a_report_or_set_aside(payload: bytes) -> None:
    found = sorted_one(payload)
    assert len(found.reports) + len(found.set_aside) == 1


@contextmanager
def gateway(port: int) -> Iterator[tuple[Client, list[str]]]:
    """A gateway reduced to its reports, and what it was told is kept."""
    kept: list[str] = []
    subscribed = threading.Event()

    def note(_client: Client, _data: object, message: MQTTMessage) -> None:
        kept.append(decode(Kept, bytes(message.payload)).id)

    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = note
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(topics.build(GATEWAY, Kind.KEPT), qos=1)
    assert subscribed.wait(PATIENCE_S)
    yield client, kept
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as server:
        yield server


def written(folder: Path, port: int) -> Path:
    path = folder / "collector.toml"
    path.write_text(
        f'[broker]\nport = {port}\n[store]\nkind = "sqlite"\npath = "{folder}/readings.db"\n'
        f'[state]\nurl = "sqlite:///{folder}/state.db"\n'
    )
    return path


def listed(config: Path) -> list[dict[str, Any]]:
    done = command("collector", "reports", "list", "-c", str(config), "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.system
def test_killed_between_receiving_and_answering_the_collector_loses_nothing(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """Whoever holds the database's write lock keeps the collector between the two; then it is killed."""
    config = written(tmp_path, broker.port)
    with (
        Program("collector", ["collector", "run", "-c", str(config)], tmp_path) as collector,
        gateway(broker.port) as (client, kept),
    ):
        collector.await_ready()
        with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            client.publish(TOPIC, report(), qos=1).wait_for_publish(PATIENCE_S)
            wait_until(lambda: "storing is held up" in collector.log.read_text())
            collector.kill()
            lock.execute("ROLLBACK")
        assert kept == []
        assert listed(config) == []
        collector.start()
        wait_until(lambda: kept == [NUMBER])
        assert [entry["id"] for entry in listed(config)] == [NUMBER]
        client.publish(TOPIC, report(), qos=1)
        wait_until(lambda: kept == [NUMBER, NUMBER])
        assert len(listed(config)) == 1, "a report that is sent again is one report"


def test_reports_are_listed_shown_and_exported(tmp_path: Path) -> None:
    config = written(tmp_path, 1)
    with state.opened(f"sqlite:///{tmp_path}/state.db") as engine:
        keep(engine, report())
    runner = CliRunner()
    words = ["-c", str(config)]
    lines = runner.invoke(app, ["reports", "list", *words])
    assert f"{NUMBER}  2026-09-21T14:13:20.000Z  bh-07/gw-1  kk  1 devices, 1 links failed" in lines.output
    assert "Ә. Ғани" in lines.output
    shown = runner.invoke(app, ["reports", "show", NUMBER, *words])
    assert "! no such port: plug it in" in shown.output
    assert "device heat: OWEN, address 24 on rs485; 0 of 0 channels good" in shown.output
    assert (
        json.loads(runner.invoke(app, ["reports", "show", NUMBER, *words, "--json"]).output)["title"]
        == "Хаттама"
    )
    out = ["-o", str(tmp_path / "out")]
    assert runner.invoke(app, ["reports", "export", NUMBER, *words, *out]).exit_code == 0
    assert (tmp_path / "out.pdf").read_bytes() == PDF
    assert (tmp_path / "out.json").read_bytes() == JSON
    again = runner.invoke(app, ["reports", "export", NUMBER, *words, *out])
    assert again.exit_code == 1
    assert "is there already; write another --output" in again.output
    missing = runner.invoke(app, ["reports", "show", "0" * 16, *words])
    assert "no report 0000000000000000; `collector reports list` names them" in missing.output
