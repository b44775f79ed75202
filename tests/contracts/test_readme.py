"""Every command the README shows exists, with the options it shows."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import command

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SERVICE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
GROUPS = {
    "outbox",
    "profiles",
    "quarantine",
    "alarms",
    "command",
    "service",
    "users",
    "webhooks",
    "reports",
}
PROGRAMS = ("edge-agent", "collector", "firmware-sim")


def shown() -> Iterator[str]:
    """The command lines of the README and of the page about services, comments cut off."""
    for block in re.findall(r"```sh\n(.*?)```", README + SERVICE, re.DOTALL):
        for line in block.splitlines():
            if text := line.split("  #")[0].strip():
                yield text.removeprefix("sudo ").removeprefix("/opt/ulba/bin/")


@pytest.mark.parametrize("line", [line for line in shown() if line.startswith(PROGRAMS)])
def test_a_command_exists_with_its_options(line: str) -> None:
    program, *words = shlex.split(line)
    verbs = [words[0], *(words[1:2] if words[0] in GROUPS else [])]
    done = command(program, *verbs, "--help")
    assert done.returncode == 0, done.stderr
    missing = [w for w in words if w.startswith("-") and not re.search(rf"{w}\b", done.stdout)]
    assert not missing, f"{line}: no {missing}"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z]+)\b", README))))
def test_a_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_a_linked_file_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_program_is_shown() -> None:
    assert {line.split()[0] for line in shown()} >= {*PROGRAMS, "make"}
