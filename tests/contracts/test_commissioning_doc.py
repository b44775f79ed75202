"""The walk-throughs of commissioning and of a device of one's own run, and print what they show."""

from pathlib import Path

import pytest

from tests.contracts.walking import blocks, is_printed, walk, write


@pytest.mark.system
@pytest.mark.parametrize(
    ("page", "files"),
    [
        ("commissioning.md", ("boiler-room.toml", "agent.toml")),
        ("adding-a-device.md", ("profiles/example_t2.toml", "bench.toml")),
    ],
)
def test_the_walk_through_prints_what_it_shows(page: str, files: tuple[str, ...], tmp_path: Path) -> None:
    found = blocks(page)
    write(found, tmp_path, *files)
    walk(found, tmp_path)


def test_every_kind_of_line_is_told_apart() -> None:
    assert is_printed("a  … b", "a  1.5   b")
    assert not is_printed("a … c", "a b")
