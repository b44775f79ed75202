"""A recording through the instruments: what was recorded is what they say, and nothing is said after it."""

import csv
import io
import math
import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware_sim import scenario
from firmware_sim.cli import app
from firmware_sim.devices.image import Layout
from firmware_sim.faults import LineFault
from firmware_sim.library import profiles
from firmware_sim.recording import record
from firmware_sim.replay import MapFile, Recording, Replay, read
from firmware_sim.scenario import Scenario, Site
from firmware_sim.simulation import Simulation
from firmware_sim.truth import RecordError, TrueValue
from tests.firmware_sim.test_simulation import READ_IN3, ask


def story() -> Scenario:
    return scenario.load(scenario.shipped("ordinary-winter"), profiles())


def house() -> Site:
    return story().sites[0]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recording.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_was_recorded_is_shown_again(tmp_path: Path) -> None:
    told, text = story(), io.StringIO(newline="")
    record(told, house(), text, begin_s=told.start_s, end_s=told.start_s + 300)
    played = Replay(house(), read(written(tmp_path, text.getvalue()), MapFile()))
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    for device in house().devices:
        served = Layout(device.profile).served(played.shown(device, told.start_s + 61))
        for measured in device.channels:
            value = served[measured.channel.name]
            assert isinstance(value, float)
            recorded = float(rows[1][f"{device.name}.{measured.name}"])
            assert value * measured.scale + measured.offset == pytest.approx(recorded, rel=1e-6, abs=1e-6)


def test_a_value_holds_until_the_next_row_and_none_is_invented_afterwards(tmp_path: Path) -> None:
    text = "time,trm138.t_supply,trm138.t_return\n100,70,50\n160,71,\n220,,\n280,72,52\n"
    played = Replay(house(), read(written(tmp_path, text), MapFile()))
    device = next(device for device in house().devices if device.name == "trm138")
    assert [played.shown(device, t).get("in1") for t in (99, 100, 159, 160, 220, 280, 339, 340)] == [
        None, 70, 70, 71, None, 72, 72, None,
    ]  # fmt: skip
    assert "in2" not in played.shown(device, 170)
    assert [played.strikes(device, t) for t in (150, 230, 340)] == [
        {},
        {LineFault.SILENT: 1},
        {LineFault.SILENT: 1},
    ]


def test_a_map_gives_columns_to_points(tmp_path: Path) -> None:
    text = "Datum;T1;G\n2026-01-01T00:00:00Z;70,5;3\n2026-01-01T00:01:00Z;71.5;nan\n"
    recording = read(written(tmp_path, text), MapFile(time="Datum", columns={"trm138.t_supply": "T1"}))
    assert recording.times == [1_767_225_600, 1_767_225_660]
    assert math.isnan(recording.columns["trm138.t_supply"][0])  # a decimal comma is no number
    assert recording.columns["trm138.t_supply"][1] == 71.5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "recording.csv:1: no column time or timestamp"),
        ("time,a\n", "recording.csv: no rows"),
        ("a,b\n1,2\n", "recording.csv:1: no column time"),
        ("time,a\n1,2,3\n", "recording.csv:2: 3 cells under 2 columns"),
        ("time,a\nsoon,2\n", "recording.csv:2: 'soon' is no time"),
        ("time,a\n5,2\n4,2\n", "recording.csv:3: 4 is not after the row before it"),
        ("time,a\n5,2\n", "no column for any point of bh-01, such as `mv110.t_boiler_1`"),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence_and_exit_1(tmp_path: Path, text: str, sentence: str) -> None:
    result = CliRunner().invoke(app, ["replay", str(written(tmp_path, text))])
    assert (result.exit_code, sentence in result.output, result.output.count("\n")) == (1, True, 1)


def test_a_map_that_names_no_column_says_which(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no column `T9`, which the map gives to trm138"):
        read(written(tmp_path, "time,a\n1,2\n"), MapFile(columns={"trm138.t_supply": "T9"}))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["replay", str(tmp_path / "no.csv")])
    assert (result.exit_code, result.output) == (
        1,
        f"{tmp_path}/no.csv: cannot be read: No such file or directory\n",
    )


async def test_a_recording_is_served_on_real_lines(tmp_path: Path) -> None:
    truth: list[TrueValue] = []
    told = story()
    recording = Recording([told.start_s - 60, told.start_s + 3600], {"mv210-1.fuel_rate": [0.5, 0.6]})
    played = {"bh-01": Replay(house(), recording)}
    async with Simulation(told, tmp_path, truth.extend, played) as simulation:
        (end,) = [e for e in simulation.endpoints if (e.site, e.link) == ("bh-01", "ethernet")]
        assert end.tcp_port
        answer = await ask(end.tcp_port, READ_IN3, 13)
    assert struct.unpack(">f", answer[9:])[0] == pytest.approx(4 + 16 * 0.5 / 2)
    assert "bh-01" not in simulation.stages
