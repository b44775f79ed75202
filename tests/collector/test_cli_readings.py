"""`collector readings` and `collector export`, as a person or a program uses them."""

import csv
import io
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from collector.cli.readings import register
from collector.cli.times import BadUsageError, iso, local, parse_duration, parse_time
from collector.settings import SqliteStore
from collector.store import open_store
from tests.collector.store_data import T, arrival, one_channel, scans
from tests.servers import Influxdb, free_port
from wire.messages import Row

ALMATY = ZoneInfo("Asia/Almaty")
MINUTE = 60_000

app = typer.Typer()
register(app)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A store with three minutes of two channels; T is 2026-01-26 08:00 in Almaty, 03:00 in UTC."""
    path = tmp_path / "readings.db"
    file = tmp_path / "collector.toml"
    file.write_text(f'[store]\nkind = "sqlite"\npath = "{path}"\n')
    store = open_store(SqliteStore(path=str(path)))
    rows = [
        Row(T, (70.5, "on")),
        Row(T + MINUTE, (71.5, None), {1: "bad.no_answer"}),
        Row(T + 2 * MINUTE, (75.0, "off"), {0: "uncertain.clock"}),
    ]
    store.write([arrival(scans(["t_supply", "pump"], *rows))])
    store.close()
    return str(file)


def lines(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def values(result: Result) -> list[object]:
    return [line["value"] for line in lines(result)]


def test_a_json_line_says_all_about_a_reading(config: str) -> None:
    found = lines(run("readings", "-c", config, "*/t_supply", "--format", "jsonl"))
    assert found[0] == {
        "site": "bh-07",
        "gateway": "gw-1",
        "device": "kv-1",
        "channel": "t_supply",
        "t_ms": T,
        "time": "2026-01-26T03:00:00.000Z",
        "value": 70.5,
        "quality": "good",
    }
    assert [line["quality"] for line in found] == ["good", "good", "uncertain.clock"]


def test_csv_has_a_header_and_the_same_columns(config: str) -> None:
    result = run("readings", "-c", config, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout, newline="")))
    assert [row["value"] for row in rows] == ["on", "", "off", "70.5", "71.5", "75.0"]
    assert list(rows[0]) == ["site", "gateway", "device", "channel", "t_ms", "time", "value", "quality"]


def test_csv_of_nothing_is_its_header(config: str) -> None:
    result = run("readings", "-c", config, "none/*", "--format", "csv")
    assert result.stdout_bytes == b"site,gateway,device,channel,t_ms,time,value,quality\r\n"


def test_a_table_fits_80_columns_and_shows_local_times(config: str) -> None:
    result = run("readings", "-c", config)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "2026-01-26 08:00:00" in result.stdout
    assert "bh-07/kv-1/t_supply" in result.stdout
    assert "uncertain.clock" in result.stdout


def test_a_table_shows_text_as_text_and_never_obeys_it(tmp_path: Path, config: str) -> None:
    store = open_store(SqliteStore(path=str(tmp_path / "readings.db")))
    store.write([one_channel({T: "[red]\x1b[31mобрыв[/red]"}, channel="state")])
    store.close()
    result = run("readings", "-c", config, "*/state")
    assert "[red]\\x1b[31mобрыв[/red]" in result.stdout.replace("\n", "")


def test_a_table_that_is_cut_says_so(config: str) -> None:
    result = run("readings", "-c", config, "--limit", "2")
    assert "the first 2 are shown" in result.stderr
    assert "t_supply" not in result.stdout
    assert "more" not in run("readings", "-c", config, "--limit", "6").stderr


def test_nothing_found_is_said(config: str) -> None:
    result = run("readings", "-c", config, "ap-*")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no reading of ap-*" in result.stderr


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--from", "2026-01-26T03:01Z"], [71.5, 75.0]),
        (["--from", "2026-01-26 08:01"], [71.5, 75.0]),
        (["--from", "2026-01-26 03:01", "--tz", "UTC"], [71.5, 75.0]),
        (["--from", "2026-01-26T08:01+05:00", "--to", "2026-01-26T03:02:00Z"], [71.5]),
        (["--to", "2026-01-26 08:01"], [70.5]),
        (["--to", "2026-01-26 08:02", "--last", "1m"], [71.5]),
        (["--from", "2026-01-26", "--to", "2026-01-27"], [70.5, 71.5, 75.0]),
        (["--last", "1s"], []),
        (["--limit", "1"], [70.5]),
        (["--every", "2m"], [71.0, 75.0]),
        (["--every", "1d", "--aggregate", "max"], [75.0]),
        (["--every", "1d", "--aggregate", "count"], [3.0]),
    ],
)
def test_options_select_and_join(config: str, options: list[str], found: list[float]) -> None:
    assert values(run("readings", "-c", config, "*/t_supply", "--format", "jsonl", *options)) == found


def test_last_counts_back_from_now(tmp_path: Path, config: str) -> None:
    store = open_store(SqliteStore(path=str(tmp_path / "readings.db")))
    store.write([one_channel({int(time.time() * 1000) - 5000: 1.0}, channel="fresh")])
    store.close()
    assert values(run("readings", "-c", config, "--last", "2h", "--format", "jsonl")) == [1.0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--from", "yesterday"], "'yesterday' is no time"),
        (["--to", "2026-02-30"], "'2026-02-30' is no time"),
        (["--from", "1969-01-01"], "lies before 1970"),
        (["--from", "0001-01-01"], "0001-01-01"),
        (["--last", "2 hours"], "'2 hours' is no duration"),
        (["--every", "0m"], "'0m' is no duration"),
        (["--from", "2026-01-26", "--last", "2h"], "give one of them"),
        (["--from", "2026-01-26", "--to", "2026-01-26"], "the end must come after the beginning"),
        (["--aggregate", "mean"], "--every 10m"),
        (["--tz", "Mars/Olympus"], "'Mars/Olympus' is no time zone"),
        (["--tz", "../../etc/passwd"], "is no time zone"),
        (["BH-07/*"], "'BH-07/*' is no glob"),
        (["a/b/c/d"], "'a/b/c/d' is no glob"),
        (["bh-[0"], "'bh-[0' is no glob"),
        (["[]"], "'[]' is no glob"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(config: str, options: list[str], sentence: str) -> None:
    for command in (["readings"], ["export"]):
        result = run(*command, "-c", config, *options)
        assert result.exit_code == 2
        assert sentence in result.stderr
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""


def test_options_that_typer_refuses_are_exit_code_2(config: str) -> None:
    for options in (["--format", "xml"], ["--aggregate", "median"], ["--limit", "0"], ["--limit", "many"]):
        assert run("readings", "-c", config, *options).exit_code == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[store]\nkind = "sqlite"\npath = "/nowhere/readings.db"\n',
            "/nowhere/readings.db: cannot be used now",
        ),
        ('[store]\nkind = "influx"\nurl = "nowhere"\n', "no address"),
        (
            '[store]\nkind = "influx"\nusername = "u"\npassword = "env:NOT_SET_HERE"\n',
            "env:NOT_SET_HERE: not set",
        ),
        ('[store]\nkind = "influx"\nurl = "http://127.0.0.1:PORT"\n', "does not answer"),
        ("[stor]\n", "did you mean `store`?"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_exit_code_1(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "collector.toml"
    file.write_text(text.replace("PORT", str(free_port())))
    result = run("readings", "-c", str(file))
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_export_appears_when_it_is_whole(config: str, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    output.write_text("old")
    result = run("export", "-c", config, "--output", str(output))
    assert (result.exit_code, result.stdout) == (0, "")
    assert [json.loads(line)["value"] for line in output.read_text().splitlines()] == [
        "on",
        None,
        "off",
        70.5,
        71.5,
        75.0,
    ]
    assert not list(tmp_path.glob("*.part"))


def test_an_export_that_fails_leaves_the_old_file(config: str, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    output.write_text("old")
    database = tmp_path / "readings.db"
    database.write_bytes(database.read_bytes()[:8192] + b"\xa5" * 8192)
    result = run("export", "-c", config, "--format", "csv", "--output", str(output))
    assert result.exit_code == 1
    assert "damaged" in result.stderr
    assert output.read_text() == "old"
    assert not list(tmp_path.glob("*.part"))


def test_an_export_to_a_missing_folder_is_a_sentence(config: str, tmp_path: Path) -> None:
    result = run("export", "-c", config, "--output", str(tmp_path / "no" / "out.jsonl"))
    assert result.exit_code == 1
    assert "cannot be written: No such file or directory" in result.stderr


def test_an_export_without_a_file_goes_to_standard_output(config: str) -> None:
    assert len(lines(run("export", "-c", config))) == 6
    assert len(run("export", "-c", config, "--format", "csv").stdout.splitlines()) == 7


@pytest.mark.system
def test_an_export_of_many_readings_needs_little_memory_and_survives_a_closed_pipe(
    config: str, tmp_path: Path
) -> None:
    store = open_store(SqliteStore(path=str(tmp_path / "readings.db")))
    rows = [Row(T + index, (1.5, 2.5, 3.5, 4.5)) for index in range(60_000)]
    store.write(
        [
            arrival(
                scans(
                    ["a", "b", "c", "d"],
                    *rows,
                ),
            )
        ]
    )
    store.close()
    peaks = [_peak_kib(config, "*/pump"), _peak_kib(config, "*")]
    assert peaks[1] - peaks[0] < 8_000
    shell = f'"{sys.executable}" -c "{PROGRAM}" export -c {config} | head -1'
    ended = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    assert len(ended.stdout.splitlines()) == 1


PROGRAM = (
    "import typer; from collector.cli.readings import register; app = typer.Typer(); register(app); app()"
)


def _peak_kib(config: str, points: str) -> int:
    """The largest memory of an export in a process of its own."""
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        "export",
        "-c",
        config,
        points,
        "-o",
        str(Path(config).with_name("big.jsonl")),
    ]
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss


@pytest.mark.system
def test_readings_come_from_influxdb_just_as_well(tmp_path: Path, influxdb: Influxdb) -> None:
    from collector.settings import InfluxStore

    store = open_store(InfluxStore(url=influxdb.url))
    store.write([one_channel({T: 1.0, T + MINUTE: 2.0})])
    store.close()
    file = tmp_path / "collector.toml"
    file.write_text(f'[store]\nkind = "influx"\nurl = "{influxdb.url}"\n')
    assert values(run("readings", "-c", str(file), "--format", "jsonl", "--every", "1h")) == [1.5]


@given(st.text(max_size=12))
def test_any_text_is_a_time_or_a_sentence(text: str) -> None:
    try:
        assert parse_time(text, ALMATY) >= 0
    except BadUsageError as error:
        assert repr(text) in str(error)


@pytest.mark.parametrize(
    ("text", "ms"), [("90s", 90_000), ("15m", 900_000), ("2h", 7_200_000), ("7d", 604_800_000)]
)
def test_durations(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive by contract
def test_a_time_that_is_printed_is_the_time_that_is_read(moment: datetime) -> None:
    t_ms = int(moment.timestamp() * 1000)
    assert parse_time(iso(t_ms) or "", ALMATY) == t_ms


def test_a_time_beyond_the_calendar_is_still_printed() -> None:
    assert iso(2**53) is None
    assert local(2**53, ALMATY) == "9007199254740992 ms"
    assert local(253_402_300_799_999, ALMATY) == "253402300799999 ms"
