"""Scans over real pseudo-terminals and sockets, as somebody in a boiler house runs them."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from firmware_sim.devices import PtyLine, RtuTcpLine, TcpLine
from firmware_sim.faults import LineFault, LineFaults
from sensor_profiles import loader
from tests.edge_agent.commissioning import edge_agent, instrument
from tests.edge_agent.peer import ModbusPeer, PtyWire, Request, Step, TcpWire, image
from tests.firmware_sim.examples import Bench

pytestmark = pytest.mark.system
PORT = "by-id/usb-FTDI_RS485-if00"


def faulty(kind: LineFault, **more: int) -> LineFaults:
    faults = LineFaults()
    faults.arm(kind, **more)
    return faults


async def test_the_time_told_in_advance_is_kept_for_a_whole_healthy_line(tmp_path: Path) -> None:
    """The number printed before the scan of 247 addresses at 9600 against the time it took."""
    instruments = [
        instrument("owen_trm138", 24),
        instrument("renke_rs_fxjt", 2),
        instrument("eastron_sdm630", 7),
    ]
    async with PtyLine(instruments, tmp_path / PORT, 9600):
        done = await edge_agent("scan", "--port", str(tmp_path / PORT), "--units", "1-247", "--json")
    told = re.search(r"247 addresses at 9600 8N1: (\d+) s", done.err)
    assert told, done.err
    found = done.json
    print(f"told {told[1]} s, took {found['took_s']} s")  # noqa: T201  the two numbers themselves
    assert abs(found["took_s"] - int(told[1])) <= 0.2 * found["took_s"]
    named = {device["unit"]: device["matches"][0]["profile"] for device in found["devices"]}
    assert named == {24: "owen_trm138", 2: "renke_rs_fxjt", 7: "eastron_sdm630"}
    assert found["notes"] == []
    assert [one.writes_attempted for one in instruments] == [0, 0, 0]


async def test_a_tcp_host_and_a_serial_server_are_scanned_over_their_units() -> None:
    async with TcpLine([instrument("owen_mv210_101", 3)]) as line:
        words = ("scan", "--host", "127.0.0.1", "--tcp-port", str(line.port), "--units", "1-5", "--json")
        found = (await edge_agent(*words)).json
    assert [d["unit"] for d in found["devices"]] == [3]
    assert found["devices"][0]["matches"][0]["profile"] == "owen_mv210_101"
    async with RtuTcpLine([instrument("renke_rs_fxjt", 4)]) as server:
        words = ("scan", "--host", "127.0.0.1", "--tcp-port", str(server.port), "--units", "3-5", "--json")
        found = (await edge_agent(*words, "--rtu-over-tcp")).json
    assert [d["unit"] for d in found["devices"]] == [4]


async def test_people_read_a_table_and_are_told_what_to_check_when_nobody_answers(tmp_path: Path) -> None:
    async with PtyLine([instrument("renke_rs_fxjt", 2)], tmp_path / PORT, 9600):
        done = await edge_agent("scan", "--port", str(tmp_path / PORT), "--units", "1-3")
        assert "renke_rs_fxjt 100%" in done.out
        nobody = await edge_agent("scan", "--port", str(tmp_path / PORT), "--units", "5")
    assert nobody.status == 0
    assert "nobody answered: check power, A and B" in nobody.out


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (LineFault.WRONG_UNIT, "asked for unit 4, unit 5 answered"),
        (LineFault.BAD_CRC, "unit 4: 3 of 3 answers were no valid frame: two devices have this address"),
        (LineFault.ECHO, "the adapter hears its own requests"),
    ],
)
async def test_what_is_wrong_on_the_line_is_said(kind: LineFault, sentence: str, tmp_path: Path) -> None:
    spoilt = instrument("renke_rs_fxjt", 4, faults=faulty(kind))
    async with PtyLine([spoilt], tmp_path / PORT, 9600):
        done = await edge_agent("scan", "--port", str(tmp_path / PORT), "--units", "3-6")
    assert sentence in done.out


async def test_a_slow_device_is_found_by_its_late_answer(tmp_path: Path) -> None:
    slow = instrument("renke_rs_fxjt", 4, faults=faulty(LineFault.LATE, amount=450))
    async with PtyLine([slow], tmp_path / PORT, 9600):
        words = ("--port", str(tmp_path / PORT), "--units", "3-9", "--no-match", "--json")
        found = (await edge_agent("scan", *words)).json
    assert [d["unit"] for d in found["devices"]] == [4]


def both_at_once(_: ModbusPeer, request: Request) -> Iterable[Step]:
    """Two devices with one address: what each drives low on the wires is low."""
    one = request.wrap(bytes([3, 2, 0x12, 0x34]))
    other = request.wrap(bytes([3, 2, 0x40, 0x7F]))
    return [(0.0, bytes(a & b for a, b in zip(one, other, strict=True)))]


async def test_two_devices_on_one_address_are_told_from_silence(tmp_path: Path) -> None:
    peer = ModbusPeer({1})
    peer.rtu = True
    peer.always(2, both_at_once)
    async with PtyWire(peer, tmp_path) as wire:
        done = await edge_agent("scan", "--port", str(wire.path), "--units", "1-4", "--no-match", "--json")
    assert [d["unit"] for d in done.json["devices"]] == [1]
    assert done.json["notes"][0].startswith("unit 2: 3 of 3 answers were no valid frame: two devices")


def alike(_: ModbusPeer, request: Request) -> Iterable[Step]:
    data = image(1, request.start, request.count)
    return [(0.0, request.wrap(bytes([request.function, len(data)]) + data))]


async def test_a_device_that_answers_every_address_is_one_device_and_the_scan_ends_early() -> None:
    peer = ModbusPeer()
    for unit in range(256):
        peer.always(unit, alike)
    async with TcpWire(peer) as wire:
        words = ("--host", "127.0.0.1", "--tcp-port", str(wire.port), "--no-match", "--json")
        found = (await edge_agent("scan", *words)).json
    assert len(found["devices"]) == 1
    assert found["asked"] == 6
    assert "one device answers every address" in found["notes"][0]


async def test_an_adapter_unplugged_in_mid_scan_keeps_what_was_found(tmp_path: Path) -> None:
    first, further = instrument("renke_rs_fxjt", 1), instrument("renke_rs_fxjt", 5)
    async with PtyLine([first, further], tmp_path / PORT, 9600) as line:
        scan = asyncio.create_task(
            edge_agent("scan", "--port", str(tmp_path / PORT), "--json", "--no-match"), name="scan"
        )
        async with asyncio.timeout(20):
            while not further.requests:  # noqa: ASYNC110  an instrument has no event for it
                await asyncio.sleep(0.01)
        await line.unplug()
        done = await scan
    assert done.status == 1
    assert [d["unit"] for d in done.json["devices"]][:1] == [1], "and of the one that was asked just then"
    assert re.search(r"usb-FTDI_RS485-if00: lost after unit \d+ \(.*\); check the cable", done.err)


async def test_no_such_port_and_no_permission_are_one_sentence_each(tmp_path: Path) -> None:
    done = await edge_agent("scan", "--port", str(tmp_path / "by-id" / "ttyUSB9"), "--units", "1")
    assert done.status == 1
    assert "is not there and there is no other serial adapter: plug it in" in done.err
    assert "Traceback" not in done.err


async def test_a_port_that_does_not_take_a_setting_is_one_sentence(tmp_path: Path) -> None:
    """A pseudo-terminal has no parity, as some adapters have not."""
    async with PtyWire(ModbusPeer(), tmp_path) as wire:
        done = await edge_agent("scan", "--port", str(wire.path), "--parity", "E", "--units", "1")
    assert done.status == 1
    assert "it does not take 9600 8E1 (Invalid argument); set another line" in done.err


async def test_wrong_words_are_wrong_usage() -> None:
    neither = await edge_agent("scan")
    assert neither.status == 2
    assert "write one of --port" in neither.err
    both = await edge_agent("scan", "--port", "x", "--parity", "Q")
    assert both.status == 2
    assert "parity `Q` is not known; write N, E or O" in re.sub(r"\s*│\n│\s*", " ", both.err)


async def test_instruments_without_modbus_are_heard_when_they_stream_and_asked_when_they_do_not(
    tmp_path: Path,
) -> None:
    instruments = [instrument("nova_sds011", 1), instrument("omnicomm_lls", 3)]
    async with PtyLine(instruments, tmp_path / PORT, 19200, stream_every_s=0.5):
        words = ("--port", str(tmp_path / PORT), "--units", "1-4", "--json")
        named = await edge_agent("scan", *words, "--protocol", "omnicomm_lls,nova_sds011")
        modbus = await edge_agent("scan", *words)
    found = {(d["protocol"], d["unit"]): d for d in named.json["devices"]}
    assert set(found) == {("nova_sds011", 1), ("omnicomm_lls", 3)}
    assert found["nova_sds011", 1]["streams"]
    assert not found["omnicomm_lls", 3]["streams"]
    assert found["omnicomm_lls", 3]["profiles"] == ["omnicomm_lls"]
    assert "nova_sds011, omnicomm_lls: at most" in named.err
    assert modbus.json["devices"] == []
    assert [one.writes_attempted for one in instruments] == [0, 0]


@pytest.mark.parametrize(
    ("profile", "protocol", "units", "unit"),
    [
        ("eksis_ivtm7", "eksis_ascii", "1-4", 3),
        ("pulsar_heat", "pulsar", "10264060-10264061", 10264061),
        ("owen_trm201_ascii", "owen_ascii", "15-17", 16),
        ("mercury_230", "mercury_230", "31-34", 33),
        ("teplocom_vkt7", "teplocom_vkt7", "7-7", 7),
        ("kamstrup_multical", "kamstrup_kmp", "1-1", 1),
    ],
)
async def test_instruments_that_only_answer_are_found_by_their_protocol(
    profile: str, protocol: str, units: str, unit: int, tmp_path: Path
) -> None:
    one = instrument(profile, unit)
    async with PtyLine([one], tmp_path / PORT, 9600):
        words = ("--port", str(tmp_path / PORT), "--units", units, "--protocol", protocol, "--json")
        done = await edge_agent("scan", *words)
    found = {(d["protocol"], d["unit"], name) for d in done.json["devices"] for name in d["profiles"]}
    assert (protocol, unit, profile) in found
    refused = {("pulsar", "pulsar_water"), ("owen_ascii", "owen_trm138_ascii")}
    assert not {(name, model) for name, _, model in found} & refused
    assert {number for _, number, _ in found} == {unit}
    assert done.json["asked"] == len(range(*map(int, units.split("-")))) + 1
    assert one.writes_attempted == 0


async def test_a_meter_with_a_session_is_found_with_the_factorys_password(tmp_path: Path) -> None:
    bench = Bench(loader.find("mercury_230"), {}, unit=33)
    async with PtyLine([bench.instrument], tmp_path / PORT, 9600):
        words = ("--port", str(tmp_path / PORT), "--units", "33", "--protocol", "mercury_230", "--json")
        await edge_agent("scan", *words)
    assert bench.served, "it opened its session, so the password was the right one"


async def test_all_protocols_are_tried_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    async with PtyLine([instrument("plantower_pms5003", 1)], tmp_path / PORT, 9600, stream_every_s=0.5):
        words = ("--port", str(tmp_path / PORT), "--units", "1", "--protocol", "all", "--json")
        done = await edge_agent("scan", *words)
    assert "plantower_pms" in {device["protocol"] for device in done.json["devices"]}
    unknown = await edge_agent("scan", "--port", "x", "--protocol", "omnicom_lls")
    assert unknown.status == 2
    assert "omnicomm_lls" in unknown.err
