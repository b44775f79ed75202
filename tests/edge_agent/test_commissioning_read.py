"""`edge-agent identify` and `read` on simulated instruments."""

from pathlib import Path

import pytest

from firmware_sim.devices import PtyLine, RtuTcpLine
from firmware_sim.faults import LineFault, LineFaults
from tests.edge_agent.commissioning import edge_agent, instrument
from tests.edge_agent.peer import ModbusPeer, TcpWire

pytestmark = pytest.mark.system
PORT = "by-id/usb-FTDI_RS485-if00"
SUPPLY = {"in1": 68.25, "in2": None}


async def test_a_device_is_identified_with_evidence_and_open_questions(tmp_path: Path) -> None:
    async with PtyLine([instrument("vzlet_tsrv_02x", 3)], tmp_path / PORT, 9600):
        words = ("identify", "--port", str(tmp_path / PORT), "--unit", "3")
        done = await edge_agent(*words)
        found = (await edge_agent(*words, "--json")).json
    assert found["identity"]["product"] == "TSRV-02x"
    assert [match["profile"] for match in found["matches"]] == ["vzlet_tsrv_02x"]
    assert any("calls itself" in one["text"] for one in found["matches"][0]["evidence"])
    assert found["matches"][0]["questions"]
    assert "? " in done.out
    assert f"next: edge-agent read --port {tmp_path / PORT} --unit 3 --profile vzlet_tsrv_02x" in done.out


async def test_questions_are_asked_and_open_ones_counted() -> None:
    async with RtuTcpLine([instrument("owen_trm138", 1)]) as line:
        at = ("--host", "127.0.0.1", "--tcp-port", str(line.port), "--rtu-over-tcp")
        words = (*at, "--unit", "1", "--ask")
        profile = (await edge_agent("profiles", "show", "owen_trm138", "--json")).json
        answers = "y\n" + "n\n" * (len(profile["conflicts"]) - 1)
        done = await edge_agent("identify", *words, answers=answers)
    assert f"{len(profile['conflicts']) - 1} questions are open" in done.out


async def test_nobody_at_an_address_is_one_sentence(tmp_path: Path) -> None:
    async with PtyLine([instrument("renke_rs_fxjt", 1)], tmp_path / PORT, 9600):
        done = await edge_agent("identify", "--port", str(tmp_path / PORT), "--unit", "9")
    assert done.status == 1
    assert "unit 9 does not answer within 1.5 s: check the address" in done.err


async def test_a_value_that_is_asked_for_by_itself_stands_beside_its_own_bytes(tmp_path: Path) -> None:
    values = {"in1": 68.25, "in2": 20.5, "time1": 4660.0, "time2": 4661.0, "in3": None}
    async with PtyLine([instrument("owen_trm138_ascii", 300, values)], tmp_path / PORT, 9600):
        words = ("read", "--port", str(tmp_path / PORT), "--unit", "300", "--profile", "owen_trm138_ascii")
        poll = (await edge_agent(*words, "--json")).json
    raw = {c["name"]: (c["raw"], c["quality"]) for c in poll["channels"]}
    assert raw["in1"] == ("42 88 80 00", "good")
    assert raw["in2"] == ("41 A4 00 00", "good")
    assert raw["time1"] == ("12 34", "good")
    assert raw["time2"] == ("12 35", "good")
    assert raw["in3"] == ("FF FF FF FF", "bad.device_status")


@pytest.mark.parametrize(
    ("words", "last"),
    [
        (("identify",), "255"),
        (("read", "--register", "0"), "255"),
        (("read", "--profile", "owen_trm138"), "255"),
        (("read", "--profile", "pulsar_heat"), None),
    ],
)
async def test_an_address_beyond_the_last_is_one_sentence(words: tuple[str, ...], last: str | None) -> None:
    done = await edge_agent(*words, "--port", "/dev/not-there", "--unit", "10264061")
    assert "Traceback" not in done.err
    assert done.status == (1 if last is None else 2)
    assert last is None or last in done.err


async def test_live_values_stand_beside_their_registers_and_quality(tmp_path: Path) -> None:
    async with PtyLine([instrument("owen_trm138", 24, SUPPLY)], tmp_path / PORT, 9600):
        words = ("read", "--port", str(tmp_path / PORT), "--unit", "24", "--profile", "owen_trm138")
        table = await edge_agent(*words)
        lines = await edge_agent(*words, "--json", "--repeats", "2", "--every", "0.1")
    assert "4288 8000" in table.out
    channels = [{c["name"]: c for c in poll["channels"]} for poll in lines.json_lines]
    assert len(channels) == 2
    assert channels[0]["in1"] == {
        "name": "in1",
        "title": "Input 1",
        "raw": "4288 8000",
        "value": 68.25,
        "unit": "Cel",
        "quality": "good",
    }
    assert (channels[1]["in2"]["value"], channels[1]["in2"]["quality"]) == (None, "bad.device_status")


async def test_an_instrument_of_another_protocol_is_read_too(tmp_path: Path) -> None:
    async with PtyLine([instrument("omnicomm_lls", 5)], tmp_path / PORT, 19200):
        words = ("read", "--port", str(tmp_path / PORT), "--unit", "5", "--profile", "omnicomm_lls", "--json")
        found = (await edge_agent(*words)).json
    assert all(channel["quality"] == "good" for channel in found["channels"])


async def test_the_detective_reads_registers_without_a_profile(tmp_path: Path) -> None:
    async with PtyLine([instrument("owen_trm138", 24, SUPPLY)], tmp_path / PORT, 9600):
        words = ("read", "--port", str(tmp_path / PORT), "--unit", "24", "--space", "input")
        asked = (
            "--register",
            "3",
            "--count",
            "2",
            "--quantity",
            "temperature",
            "--samples",
            "2",
            "--every",
            "0.1",
        )
        found = (await edge_agent(*words, *asked, "--json")).json
        shown = await edge_agent(*words, *asked)
        refused = await edge_agent(*words, "--register", "9000", "--samples", "1")
    assert (found["best"]["encoding"], found["best"]["order"]) == ("f32", "big")
    assert found["samples"] == ["4288 8000"] * 2
    assert "proposed: f32 big at 3" in shown.out
    assert "input 9000–9001: refused with exception 2; ask for fewer or other registers" in refused.err


async def test_a_device_that_says_nothing_fails_and_bad_frames_are_called_garbled(tmp_path: Path) -> None:
    faults = LineFaults()
    faults.arm(LineFault.BAD_CRC)
    async with PtyLine([instrument("renke_rs_fxjt", 1, faults=faults)], tmp_path / PORT, 4800):
        words = ("--port", str(tmp_path / PORT), "--profile", "renke_rs_fxjt", "--json")
        garbled = await edge_agent("read", *words, "--unit", "1")
        silent = await edge_agent("read", *words, "--unit", "2")
    assert {c["quality"] for c in garbled.json["channels"]} == {"bad.garbled"}
    assert silent.status == 1
    assert "unit 2 gave nothing: check the address and settings" in silent.err


async def test_a_profile_with_overlapping_registers_is_refused_with_its_line(tmp_path: Path) -> None:
    shown = (await edge_agent("profiles", "list", "--json")).json
    source = next(Path(entry["file"]) for entry in shown if entry["name"] == "renke_rs_fxjt")
    wrong = source.read_text(encoding="utf-8").replace("renke_rs_fxjt", "my_vane").replace('"u16"', '"u32"')
    (tmp_path / "my_vane.toml").write_text(wrong, encoding="utf-8")
    async with TcpWire(ModbusPeer()) as wire:
        at = ("--host", "127.0.0.1", "--tcp-port", str(wire.port), "--folder", str(tmp_path))
        done = await edge_agent("read", *at, "--unit", "1", "--profile", "my_vane")
        scan = await edge_agent("scan", *at, "--units", "1")
    for one in (done, scan):
        assert one.status == 1
        assert "my_vane.toml:" in one.err
        assert "reads the same bytes as `sector`" in one.err


async def test_wrong_words_are_wrong_usage() -> None:
    both = await edge_agent("read", "--port", "x", "--unit", "1")
    assert both.status == 2
    unknown = await edge_agent("read", "--port", "x", "--unit", "1", "--profile", "renke_rs_fxj")
    assert (unknown.status, unknown.err) == (
        1,
        "there is no profile `renke_rs_fxj`; did you mean `renke_rs_fxjt`?\n",
    )
