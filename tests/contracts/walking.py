"""Pages with commands, run as they stand: `sh` blocks are run, `text` blocks must be in what they print."""

import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.programs import script

DOCS = Path(__file__).parents[2] / "docs"
SIMULATOR = "firmware-sim run"
Block = tuple[str, str]
"""Language and text."""


def blocks(page: str) -> list[Block]:
    """Every block of a page of `docs`, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [(match[1], match[2]) for match in re.finditer(r"```(\w+)\n(.*?)```", text, re.DOTALL)]


def write(found: Sequence[Block], folder: Path, *names: str) -> None:
    """Write the page's TOML blocks to files of these names, in order."""
    texts = [text for kind, text in found if kind == "toml"]
    for name, text in zip(names, texts, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def walk(found: Sequence[Block], folder: Path) -> None:
    """Run all commands; what the page shows must be printed. A simulator runs until the end."""
    with ExitStack() as simulators:
        output = ""
        for kind, text in found:
            if kind == "sh":
                output = "".join(_run(line, folder, simulators) for line in text.splitlines())
            missing = [line for line in text.splitlines() if kind == "text" and not is_printed(line, output)]
            assert not missing, f"{missing} not in:\n{output}"


def is_printed(shown: str, output: str) -> bool:
    """Whether a line of the page stands in the output; `…` and the width of gaps may differ."""
    words = [re.escape(word).replace("…", ".*") for word in shown.split()]
    return re.search(r"\s+".join(words), output) is not None


def _run(line: str, folder: Path, simulators: ExitStack) -> str:
    program, *words = shlex.split(line)
    if line.startswith(SIMULATOR):
        return _start([script(program), *words], folder, simulators)
    done = subprocess.run(
        [script(program), *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stderr + done.stdout


def _start(words: list[str], folder: Path, simulators: ExitStack) -> str:
    process = simulators.enter_context(subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE))
    simulators.callback(process.terminate)
    assert process.stdout is not None
    ready = process.stdout.readline().decode()
    assert json.loads(ready)["links"]
    return ready
