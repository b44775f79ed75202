"""The command line: exit codes, and one sentence for what is wrong."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from firmware_sim.cli import app

TRUE = '{"t_ms":%d,"site":"bh-01","device":"trm","channel":"t","value":5.0,"mode":"asked"}\n'
STORED = (
    '{"t_ms":%d,"site":"bh-01","gateway":"gw","device":"trm","channel":"t","value":5.0,"quality":"good"}\n'
)


def firmware_sim(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def compare(folder: Path, true: list[int], stored: list[int], *more: str) -> Result:
    (folder / "truth.jsonl").write_text("".join(TRUE % t for t in true))
    (folder / "stored.jsonl").write_text("".join(STORED % t for t in stored))
    paths = (str(folder / "truth.jsonl"), str(folder / "stored.jsonl"))
    return firmware_sim("compare", *paths, "--period", "2", *more)


def test_list_names_the_shipped_scenarios() -> None:
    assert "region" in firmware_sim("list").output
    found = {row["name"]: row["sites"] for row in json.loads(firmware_sim("list", "--json").output)}
    assert (found["region"], found["pump-stop"]) == (["bh-01", "bh-02", "ap-01"], ["bh-01"])


def test_show_prints_a_scenario_as_it_is_written() -> None:
    result = firmware_sim("show", "region")
    assert (result.exit_code, result.output.startswith("# A small region")) == (0, True)


@pytest.mark.parametrize("command", ["show", "run"])
def test_an_unknown_scenario_is_one_sentence_and_exit_1(command: str) -> None:
    result = firmware_sim(command, "regoin")
    assert (result.exit_code, result.output) == (1, "no scenario `regoin`; did you mean `region`?\n")


def test_compare_agrees_with_exit_0(tmp_path: Path) -> None:
    result = compare(tmp_path, [1000, 3000], [990, 2990])
    assert (result.exit_code, result.output.splitlines()[0]) == (
        0,
        "2 readings should be there, 2 are: 0 lost, 0 duplicated, 0 wrong",
    )


def test_compare_names_what_is_lost_with_exit_1(tmp_path: Path) -> None:
    result = compare(tmp_path, [1000, 5000], [990])
    assert result.exit_code == 1
    assert "lost: bh-01/trm/t at 5000: 5.0" in result.output


def test_compare_prints_json_for_a_program(tmp_path: Path) -> None:
    verdict = json.loads(compare(tmp_path, [1000, 5000], [990], "--json").output)
    assert [verdict[key] for key in ("true", "stored", "lost", "duplicated")] == [2, 1, 1, 0]


def test_compare_tolerates_the_moment_an_agent_was_killed(tmp_path: Path) -> None:
    result = compare(tmp_path, [1000, 5000], [990], "--tolerate", "bh-01:4000:6000", "--json")
    verdict = json.loads(result.output)
    assert (result.exit_code, verdict["lost"], verdict["unwritten"]) == (0, 0, 1)


@pytest.mark.parametrize("window", ["bh-01:5", "bh-01:a:b", ":1:2"])
def test_a_window_that_is_none_is_wrong_usage(tmp_path: Path, window: str) -> None:
    assert compare(tmp_path, [1000], [990], "--tolerate", window).exit_code == 2


def test_compare_names_a_line_that_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "truth.jsonl").write_text("{}\n")
    (tmp_path / "stored.jsonl").write_text("")
    result = firmware_sim("compare", str(tmp_path / "truth.jsonl"), str(tmp_path / "stored.jsonl"))
    assert result.exit_code == 1
    assert "truth.jsonl:1: no TrueValue" in result.output


def test_compare_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = firmware_sim("compare", str(tmp_path / "no"), str(tmp_path / "no"))
    assert (result.exit_code, result.output) == (
        1,
        f"{tmp_path}/no: cannot be read: No such file or directory\n",
    )
