"""A story without transports: rows as a correct reader would have stored them, as on the lines."""

import csv
import io
import math
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from firmware_sim import scenario
from firmware_sim.cli import app
from firmware_sim.devices.image import Layout
from firmware_sim.library import profiles
from firmware_sim.offline import Recorder
from firmware_sim.recording import record
from firmware_sim.scenario import Scenario, Site
from firmware_sim.stage import Stage
from firmware_sim.telling import Season, Telling

LIBRARY = profiles()


def story(name: str, telling: Telling = Telling()) -> Scenario:  # noqa: B008 - frozen
    return scenario.load(scenario.shipped(name), LIBRARY, telling)


def site(told: Scenario, name: str) -> Site:
    return next(site for site in told.sites if site.name == name)


@pytest.mark.parametrize("name", ["bh-01", "bh-02", "ap-01"])
def test_rows_say_what_the_instruments_on_the_lines_say(name: str) -> None:
    told = story("region")
    stage, here = Stage(site(told, name), told.start_s), site(told, name)
    begin_s = told.start_s + 35  # a sensor of bh-01 is broken then
    (row,) = Recorder(here, told.start_s).rows(begin_s, begin_s + 60)
    for device in here.devices:
        served = Layout(device.profile).served(stage.shown(device, begin_s))
        for measured in device.channels:
            value = served[measured.channel.name]
            expected = value * measured.scale + measured.offset if isinstance(value, float) else None
            recorded = row[1][device.name][measured.name]
            assert recorded == expected or recorded == pytest.approx(expected, rel=1e-12)


def test_rows_come_once_a_minute_and_any_stretch_is_the_same() -> None:
    told = story("ordinary-winter")
    recorder = Recorder(site(told, "bh-01"), told.start_s)
    whole = list(recorder.rows(told.start_s, told.start_s + 3600))
    part = list(Recorder(site(told, "bh-01"), told.start_s).rows(told.start_s + 1800, told.start_s + 3600))
    assert [t for t, _ in whole] == [int(told.start_s * 1000) + 60_000 * n for n in range(60)]
    assert whole[30:] == part


def test_what_happens_before_the_story_can_be_read_too() -> None:
    told = story("pump-stop")
    recorder = Recorder(site(told, "bh-01"), told.start_s)
    (row,) = islice(recorder.rows(told.start_s - 30 * 86_400, told.start_s), 1)
    assert row[1]["tsrv"]["flow_supply"] == pytest.approx(206, rel=0.05)


def test_a_device_that_does_not_answer_is_not_in_the_row() -> None:
    told = story("power-outage")
    recorder = Recorder(site(told, "bh-01"), told.start_s)
    before, during = (next(recorder.rows(told.start_s + t, told.start_s + t + 60))[1] for t in (540, 660))
    assert before.keys() - during.keys() == {"sdm630"}


def test_a_broken_sensor_has_no_value_and_its_neighbours_do() -> None:
    told = story("sensor-break")
    ((_, row),) = Recorder(site(told, "bh-01"), told.start_s).rows(told.start_s + 900, told.start_s + 901)
    assert row["trm138"]["t_supply"] is None
    assert row["trm138"]["t_return"] is not None
    assert row["tsrv"]["t_supply"] is not None


def test_two_instruments_do_not_agree_to_the_last_digit() -> None:
    told = story("ordinary-winter")
    ((_, row),) = Recorder(site(told, "bh-01"), told.start_s).rows(told.start_s, told.start_s + 60)
    one, other = row["trm138"]["t_supply"], row["tsrv"]["t_supply"]
    assert one != other
    assert one == pytest.approx(other, abs=0.1)


def test_another_seed_is_another_winter_and_the_same_seed_the_same() -> None:
    def first(seed: int) -> object:
        told = story("ordinary-winter", Telling(seed=seed))
        return next(Recorder(site(told, "bh-01"), told.start_s).rows(told.start_s, told.start_s + 60))

    assert first(1) == first(1) != first(2)


@pytest.mark.parametrize(
    ("season", "outdoor"), [(Season.DEEP_WINTER, -25), (Season.MILD_WINTER, -6), (Season.AUTUMN, 2)]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_season_has_its_weather_whatever_the_seed(season: Season, outdoor: float, seed: int) -> None:
    told = story("pump-stop", Telling(seed=seed, season=season))
    (truth,) = told.truths
    assert truth.begin_s == told.start_s + 600
    ((_, row),) = Recorder(site(told, "bh-01"), told.start_s).rows(told.start_s, told.start_s + 60)
    assert row["trm138"]["t_outdoor"] == pytest.approx(outdoor, abs=7)


@pytest.mark.parametrize("name", ["bh-01", "bh-02"])
def test_an_ordinary_winter_holds_the_schedule_and_nothing_alarming_happens(name: str) -> None:
    told = story("ordinary-winter")
    here = site(told, name)
    columns = Recorder(here, told.start_s).columns(told.start_s + np.arange(0, 90 * 86_400, 600.0))
    seen = {channel: values for device in columns.values() for channel, values in device.items()}
    assert not any(np.isnan(values).any() for values in seen.values())
    assert 58 <= seen["t_supply"].min() < seen["t_supply"].max() < 98
    assert (seen["t_supply"] - seen["t_return"]).min() > 5
    assert seen["draught"].max() < -10
    assert seen["fuel_level"].min() > 5
    assert np.ptp(seen["flow_supply"]) < 0.08 * seen["flow_supply"].mean()


def test_the_pumps_change_over_on_a_tuesday_at_ten() -> None:
    told = story("ordinary-winter")
    times = told.start_s + np.arange(0, 14 * 86_400, 60.0)
    duty = Recorder(site(told, "bh-01"), told.start_s).columns(times)["mv110"]["pump_1_current"] > 10
    changes = times[1:][np.diff(duty.astype(int)) != 0]
    assert len(changes) == 2
    assert {int((t + 5 * 3600) % 86_400) // 3600 for t in changes} == {10}
    assert {int((t + 5 * 3600) // 86_400 + 3) % 7 for t in changes} == {1}


def test_a_recording_has_a_column_for_each_point_and_a_label_where_it_is_asked_for() -> None:
    told, text = story("device-silent"), io.StringIO(newline="")
    count = record(
        told, site(told, "bh-01"), text, begin_s=told.start_s, end_s=told.start_s + 1200, labels=True
    )
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert (count, len(rows), rows[0]["time"]) == (20, 20, "2026-01-15T22:00:00Z")
    assert [row["anomaly"] for row in rows] == ["0"] * 10 + ["1"] * 10
    assert [row["trm138.t_supply"] == "" for row in rows] == [False] * 10 + [True] * 10
    assert math.isfinite(float(rows[-1]["tsrv.t_supply"]))


def test_the_command_records_the_site_where_something_happens(tmp_path: Path) -> None:
    file = tmp_path / "story.csv"
    arguments = ("record", "inversion", "--output", str(file), "--days", "0.01", "--before", "0.01")
    result = CliRunner().invoke(app, [*arguments, "--season", "deep_winter", "--seed", "4"])
    assert (result.exit_code, result.output) == (0, f"{file}: 29 rows of ap-01\n")
    assert file.read_text().splitlines()[0].startswith("time,gas.so2,gas.no2")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("record", "pump-stopp"), "no scenario `pump-stopp`; did you mean `pump-stop`?"),
        (("record", "pump-stop", "--site", "bh-1"), "no site `bh-1`; did you mean `bh-01`?"),
    ],
)
def test_a_wrong_order_is_one_sentence_and_exit_1(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    result = CliRunner().invoke(app, [*arguments, "--output", str(tmp_path / "x.csv")])
    assert (result.exit_code, result.output) == (1, f"{sentence}\n")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "no" / "x.csv"
    result = CliRunner().invoke(app, ["record", "pump-stop", "--output", str(file)])
    assert (result.exit_code, result.output) == (1, f"{file}: cannot be written: No such file or directory\n")
