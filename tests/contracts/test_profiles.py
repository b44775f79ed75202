"""Every profile in the folder can be used as it is: whoever adds a file has added a profile."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import drivers
from edge_agent.decode import Decoder
from edge_agent.samples import Answer, Block, Instant, RawScan
from firmware_sim.devices.image import Block as SimulatedBlock
from firmware_sim.devices.image import Layout
from sensor_profiles import loader
from sensor_profiles.layout import requests
from sensor_profiles.model import Encoding, Order, Space
from tests.sensor_profiles.test_loader import HEAD, SOURCE

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
        spaces = {channel.field.space for channel in profile.channels}
        assert (spaces in ({Space.FRAME}, {Space.ITEM})) == (profile.protocol != "modbus")

    def test_each_channel_has_a_title(self, file: Path) -> None:
        assert all(channel.title for channel in loader.load(file).channels)

    def test_every_status_is_asked_by_a_channel(self, file: Path) -> None:
        profile = loader.load(file)
        assert {c.status for c in profile.channels} - {None} == {s.name for s in profile.statuses}

    def test_the_decoder_and_the_simulator_take_it(self, file: Path) -> None:
        profile = loader.load(file)
        Decoder(profile.channels, profile.statuses)
        Layout(profile)


FIELDS = st.fixed_dictionaries(
    {"encoding": st.sampled_from(list(Encoding)), "space": st.sampled_from([*Space])},
    optional={
        "order": st.sampled_from(list(Order)),
        "byte": st.integers(0, 3),
        "bit": st.integers(0, 17),
        "mask": st.integers(1, 0x1FF),
        "size": st.integers(1, 9),
        "sentinels": st.lists(st.integers(-1, 256), max_size=1),
    },
)


@settings(max_examples=300)
@given(FIELDS)
def test_what_the_loader_takes_the_decoder_and_the_simulator_take(field: dict[str, object]) -> None:
    keys = {
        "name": "a",
        "address": 7,
        "quantity": "text" if field["encoding"] == "string" else "count",
        **field,
    }
    text = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
    frame = "frame_bytes = 32\n" if field["space"] == "frame" else ""
    with TemporaryDirectory() as folder:
        file = Path(folder, "acme_t1.toml")
        file.write_text(f"{HEAD}{frame}{SOURCE}[[channel]]\n{text}\n", encoding="utf-8")
        if loader.problems(file):
            return
        profile = loader.load(file)
    decoder = Decoder(profile.channels, profile.statuses)
    channel, layout = profile.channels[0], Layout(profile)
    value = "7" if channel.field.encoding is Encoding.STRING else 1.0
    (block,) = requests([channel.field], 125, 0)
    answer = layout.answer(SimulatedBlock(block.space, block.start, block.count), {"a": value})
    assert answer is not None
    taken = Block(block.space, block.start, block.count)
    scan = decoder.decode(RawScan("d", Instant(0, 0), (Answer(taken, answer.data),)))
    assert scan.values == ((value,) if value not in channel.sentinels else (None,))
