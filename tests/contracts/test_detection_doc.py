"""The configurations that the page about detection shows are those that `edge-agent backtest` takes."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.cli import app
from tests.edge_agent.signals import coloured

PAGE = (Path(__file__).parents[2] / "docs" / "detection.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_a_relation_and_a_model_are_shown() -> None:
    assert ["expected" in shown for shown in SHOWN] == [False, True]
    assert ["model" in shown for shown in SHOWN] == [True, False]


@pytest.mark.parametrize("shown", SHOWN)
def test_what_is_shown_judges_a_recording(shown: str, tmp_path: Path) -> None:
    config, recording = tmp_path / "detect.toml", tmp_path / "run.csv"
    config.write_text(shown, encoding="utf-8")
    rows = [",".join(map(str, (1_700_000_000 + 60 * n, *row))) for n, row in enumerate(coloured(100, 3, 71))]
    recording.write_text("\n".join(["time,supply,return,outdoor", *rows]) + "\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["backtest", str(recording), "--config", str(config), "--warmup", "48"])
    assert done.exit_code == 0, done.output
    assert done.stdout.count("\n") == 101
