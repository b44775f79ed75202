"""Every profile in the folder can be used as it is: whoever adds a file has added a profile."""

from pathlib import Path

import pytest

from edge_agent import drivers
from sensor_profiles import loader
from sensor_profiles.model import Space

FILES = sorted(loader.SHIPPED.glob("*.toml"))


def test_the_folder_is_the_library() -> None:
    assert FILES
    assert loader.library() == {file.stem: file for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
class TestEveryProfile:
    def test_nothing_is_wrong_with_it(self, file: Path) -> None:
        assert loader.problems(file) == ()

    def test_it_names_itself_and_where_its_facts_come_from(self, file: Path) -> None:
        profile = loader.load(file)
        assert profile.name == file.stem
        assert profile.vendor
        assert profile.model
        assert profile.title
        assert all(source.title and source.where for source in profile.sources)

    def test_a_driver_reads_it(self, file: Path) -> None:
        profile = loader.load(file)
        assert profile.protocol in drivers.protocols()
        is_framed = all(channel.field.space is Space.FRAME for channel in profile.channels)
        assert is_framed == (profile.protocol != "modbus")

    def test_each_channel_has_a_title(self, file: Path) -> None:
        assert all(channel.title for channel in loader.load(file).channels)

    def test_every_status_is_asked_by_a_channel(self, file: Path) -> None:
        profile = loader.load(file)
        assert {c.status for c in profile.channels} - {None} == {s.name for s in profile.statuses}
