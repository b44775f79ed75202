"""`edge-agent backtest`: the live detection over a file, its measures, and a sentence for every bad shape."""

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.cli import app
from edge_agent.cli._recording import RecordingError, read
from edge_agent.cli._scores import pooled, score
from tests.edge_agent.signals import Row, coloured, shifted

BEGIN = datetime(2026, 1, 26, tzinfo=UTC)
FAULT = range(400, 500)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, words)])


def recording(rows: int = 600) -> list[Row]:
    """Two channels; one leaves in the rows of `FAULT`."""
    made = coloured(rows, 2, seed=31, offset=50.0)
    return made[: FAULT.start] + shifted(made[FAULT.start : FAULT.stop], 1, 9.0) + made[FAULT.stop :]


def written(path: Path, rows: list[Row], separator: str = ",", comma: str = ".") -> Path:
    """The rows as a CSV with a time column and labels."""
    lines = [separator.join(("datetime", "supply", "return", "anomaly"))]
    for n, row in enumerate(rows):
        time = (BEGIN + timedelta(minutes=n)).strftime("%Y-%m-%d %H:%M:%S")
        cells = ["" if value is None else f"{value:.4f}".replace(".", comma) for value in row]
        lines.append(separator.join([time, *cells, str(float(n in FAULT))]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "run.csv", recording())


def test_one_row_for_each_row_with_exactly_the_columns(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert run(file, "--warmup", 300, "--output", out).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert list(rows[0]) == ["time", "anomalous", "score", "channels", "expected", "got"]
    assert len(rows) == 600
    assert rows[0]["time"] == "2026-01-26 00:00:00"
    worst = rows[450]
    assert (worst["anomalous"], worst["channels"]) == ("1", "return")
    assert float(worst["expected"]) == pytest.approx(50, abs=2)
    assert float(worst["got"]) == pytest.approx(59, abs=4)
    assert {row["anomalous"] for row in rows[:400]} == {"0"}


def test_without_an_output_file_the_rows_come_on_standard_output(file: Path) -> None:
    result = run(file, "--warmup", 300)
    assert len(list(csv.DictReader(io.StringIO(result.stdout)))) == 600
    assert "alarms 1" in result.stderr


def test_labels_give_the_measures_and_are_never_channels(file: Path) -> None:
    answer = json.loads(run(file, "--warmup", 300, "--labels", "anomaly", "--json").stdout)["total"]
    assert answer["channels"] == 2
    assert answer["scored"] == 300
    scores = answer["scores"]
    assert scores["f1"] > 0.8
    assert scores["far"] < 0.15
    assert scores["mar"] < 0.15
    assert scores["delays"][0] <= 15
    assert scores["tp"] + scores["fp"] + scores["fn"] + scores["tn"] == 300


def test_several_files_start_afresh_and_their_counts_are_pooled(file: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other.csv", recording())
    answer = json.loads(run(file, other, "--warmup", 300, "--labels", "anomaly", "--json").stdout)
    one, two = (part["scores"] for part in answer["files"])
    assert one == two
    assert answer["total"]["scores"]["tp"] == one["tp"] + two["tp"]
    assert "F1 0." in run(file, other, "--warmup", 300, "--labels", "anomaly").stdout


def test_an_output_folder_gets_a_file_for_each_recording(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "judged"
    folder.mkdir()
    other = written(tmp_path / "other.csv", recording(50))
    assert run(file, other, "--output", folder).exit_code == 0
    assert {path.name: path.read_text().count("\n") for path in folder.iterdir()} == {
        "run.csv": 601,
        "other.csv": 51,
    }


def test_semicolons_bring_decimal_commas_and_say_the_same(file: Path, tmp_path: Path) -> None:
    comma = written(tmp_path / "comma.csv", recording(), ";", ",")
    plain = run(file, "--warmup", 300).stdout
    assert run(comma, "--warmup", 300).stdout == plain


def test_holes_are_missing_values(tmp_path: Path) -> None:
    rows = recording()
    chance = random.Random(5)
    for row in rows:
        if chance.random() < 0.05:
            row[chance.randrange(2)] = None
    text = written(tmp_path / "holes.csv", rows).read_text().replace(",,", ",NaN,", 5)
    (tmp_path / "holes.csv").write_text(text)
    answer = run(tmp_path / "holes.csv", "--warmup", 300, "--labels", "anomaly", "--json").stdout
    assert json.loads(answer)["total"]["scores"]["f1"] > 0.8


def test_a_configuration_chooses_channels_and_constants(file: Path, tmp_path: Path) -> None:
    config = tmp_path / "detect.toml"
    config.write_text('[[group]]\nchannels = ["return"]\n[group.innovations]\nwarmup_rows = 200\n')
    answer = json.loads(run(file, "--config", config, "--labels", "anomaly", "--json").stdout)
    assert answer["total"]["channels"] == 1
    assert answer["total"]["scored"] == 400
    config.write_text('[[group]]\nchannels = ["retrun"]\n')
    assert "no column `retrun`; did you mean `return`?" in run(file, "--config", config).stderr
    config.write_text('[[group]]\n[[group.expected]]\ntarget = "return"\ndrivers = ["suply"]\n')
    assert "`suply` of a relation is no channel; did you mean `supply`?" in run(file, "-c", config).stderr
    config.write_text("[[group]]\n[group.innovations]\nwarm_rows = 3\n")
    assert "unknown key" in run(file, "--config", config).stderr


TIMES = {
    "2026-01-26T00:00:00Z": 1769385600000,
    "2026-01-26 06:00:00+06:00": 1769385600000,
    "26.01.2026 00:00": 1769385600000,
    "1769385600": 1769385600000,
    "1769385600.5": 1769385600500,
    "1769385600000": 1769385600000,
}


@pytest.mark.parametrize(("text", "t_ms"), TIMES.items(), ids=TIMES)
def test_times_are_read_in_every_usual_form(text: str, t_ms: int, tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    path.write_text(f"a,Timestamp\n1,{text}\n")
    assert read(path).times_ms == (t_ms,)


SHAPES = {
    "": "empty",
    "time,a\n": "no rows",
    "time,a\nyesterday,1\n": ":2: `yesterday` is no time",
    "time,a,a\n1,1,1\n": ":1: two columns are named `a`",
    "time,a\n1,1\n\n2,1,7\n": ":4: 3 columns; the header has 2",
    "time,a\n1,warm\n2,cold\n": "no column of numbers",
    "time,anomaly\n1,0\n": "no column of numbers",
    "1,2\n3,4\n": "numbers only",
    'time,a\n1,"x': "no column of numbers",
    "time,a\n1e30,4\n": "is no time",
}


@pytest.mark.parametrize(("text", "sentence"), SHAPES.items())
def test_a_bad_shape_is_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    result = run(path)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_no_text_and_one_that_is_not_there_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes("time,a\n1,2\n".encode("utf-16"))
    with pytest.raises(RecordingError, match="neither UTF-8 nor Windows-1251"):
        read(path)
    path.write_bytes("время;подача\n1;2,5\n".encode("cp1251"))
    assert read(path).columns == {"подача": [2.5]}
    assert "No such file" in run(tmp_path / "none.csv").stderr


def test_a_label_column_that_is_not_there_and_an_unknown_class_are_refused(file: Path) -> None:
    assert "no column `anomly`; did you mean `anomaly`?" in run(file, "--labels", "anomly").stderr
    assert run(file, "--profile-class", "submarine").exit_code == 2


def test_a_file_where_nothing_may_be_written_is_one_sentence(file: Path, tmp_path: Path) -> None:
    result = run(file, "--output", tmp_path / "no" / "where.csv")
    assert (result.exit_code, "cannot be written" in result.stderr) == (1, True)


def test_scores_count_rows_and_waiting() -> None:
    labels = [False, True, True, True, False, True, False]
    alarms = [False, False, True, True, True, False, False]
    scores = score(alarms, labels)
    assert (scores.tp, scores.fp, scores.fn, scores.tn) == (2, 1, 2, 2)
    assert scores.delays == (1, None)
    assert scores.f1 == pytest.approx(4 / 7)
    assert pooled([scores, scores]).f1 == scores.f1
    assert score([], []).f1 is None
