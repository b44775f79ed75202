"""The walk-through of docs/commissioning.md runs as it stands, and prints what it shows."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.programs import script

PAGE = (Path(__file__).parents[2] / "docs" / "commissioning.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
"""Language and text of every block, in order."""


@contextmanager
def simulator(words: list[str], folder: Path) -> Iterator[None]:
    with subprocess.Popen([script(words[0]), *words[1:]], cwd=folder, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["links"]
            yield
        finally:
            process.terminate()


def run(line: str, folder: Path) -> str:
    program, *words = shlex.split(line)
    done = subprocess.run(
        [script(program), *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stderr + done.stdout


def is_printed(shown: str, output: str) -> bool:
    """Whether a line of the page stands in the output; `…` and the width of gaps may differ."""
    words = [re.escape(word).replace("…", ".*") for word in shown.split()]
    return re.search(r"\s+".join(words), output) is not None


@pytest.mark.system
def test_the_walk_through_prints_what_it_shows(tmp_path: Path) -> None:
    scenario, config = (text for kind, text in BLOCKS if kind == "toml")
    (tmp_path / "boiler-room.toml").write_text(scenario, encoding="utf-8")
    (tmp_path / "agent.toml").write_text(config, encoding="utf-8")
    commands = [(kind, text) for kind, text in BLOCKS if kind != "toml"]
    assert commands[0][1].startswith("firmware-sim run")
    output = ""
    with simulator(shlex.split(commands[0][1]), tmp_path):
        for kind, text in commands[1:]:
            if kind == "sh":
                output = "".join(run(line, tmp_path) for line in text.splitlines())
            missing = [line for line in text.splitlines() if kind == "text" and not is_printed(line, output)]
            assert not missing, f"{missing} not in:\n{output}"


def test_every_kind_of_line_is_told_apart() -> None:
    assert is_printed("a  … b", "a  1.5   b")
    assert not is_printed("a … c", "a b")
