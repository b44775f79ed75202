"""Instruments whose values are asked for one by one: any bytes in any pieces, and never a value out of a
damaged, echoed or foreign frame."""

import itertools
import struct
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import drivers
from edge_agent.drivers import Ask, DriverError, Framing, RefusedError
from edge_agent.drivers._exchange import steps_of
from edge_agent.samples import Block
from sensor_profiles.model import Space
from tests.firmware_sim.clients import with_crc

PULSAR = Ask(Framing.RTU, 107080, Block(Space.ITEM, 2, 4), 0x90FC)
ASKS = {"pulsar": PULSAR}
FRAMES = {"pulsar": bytes.fromhex("00 10 70 80 01 0E 5A B3 C5 41 FC 90 59 B7")}
"""Whole answers of real hardware to these requests."""
NAMES = sorted(FRAMES)


def sent(name: str, asked: Ask) -> bytes:
    return next(steps_of(drivers.find(name), asked)).send


def taken(name: str, pieces: Iterable[bytes], asked: Ask | None = None) -> list[bytes]:
    """Every block that comes out; a refusal ends the listening, as it does on a line."""
    step, received, found = next(steps_of(drivers.find(name), asked or ASKS[name])), bytearray(), []
    for piece in pieces:
        received += piece
        try:
            while (block := step.take(received)) is not None:
                found.append(block)
        except DriverError:
            received.clear()
    return found


def cut(stream: bytes, at: Iterable[int]) -> Iterator[bytes]:
    edges = [0, *sorted(at), len(stream)]
    return (stream[a:b] for a, b in itertools.pairwise(edges))


@pytest.mark.parametrize("name", NAMES)
@given(st.binary(max_size=120), st.lists(st.integers(0, 120), max_size=6))
@settings(max_examples=60)
def test_any_bytes_in_any_pieces_give_whole_blocks_or_none(name: str, noise: bytes, at: list[int]) -> None:
    assert all(len(block) == ASKS[name].block.count for block in taken(name, cut(noise, at)))


@pytest.mark.parametrize("name", NAMES)
@given(st.binary(max_size=20), st.lists(st.integers(0, 60), max_size=6))
@settings(max_examples=60)
def test_an_answer_comes_out_of_any_pieces_behind_noise_and_echo(
    name: str, noise: bytes, at: list[int]
) -> None:
    quiet = noise.translate(None, FRAMES[name][:1])
    whole = taken(name, [FRAMES[name]])
    assert len(whole) == 1
    assert taken(name, cut(sent(name, ASKS[name]) + quiet + FRAMES[name], at)) == whole


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(max_examples=200)
def test_a_changed_byte_is_never_read(name: str, data: st.DataObject) -> None:
    frame = bytearray(FRAMES[name])
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    assert taken(name, [bytes(frame)]) == []


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(max_examples=60)
def test_a_lost_byte_costs_one_answer_and_no_more(name: str, data: st.DataObject) -> None:
    good = FRAMES[name]
    lost = data.draw(st.integers(0, len(good) - 1))
    found = taken(name, [good[:lost] + good[lost + 1 :], good, good])
    assert found
    assert set(found) == set(taken(name, [good]))


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(max_examples=60)
def test_a_truncated_answer_is_none(name: str, data: st.DataObject) -> None:
    assert taken(name, [FRAMES[name][: data.draw(st.integers(0, len(FRAMES[name]) - 1))]]) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_request_is_no_answer_to_itself(name: str) -> None:
    assert taken(name, [sent(name, ASKS[name])]) == []


def pulsar(unit: str, function: int, data: bytes, number: int = PULSAR.transaction) -> bytes:
    head = bytes.fromhex(unit) + bytes((function, 10 + len(data)))
    return with_crc(head + data + struct.pack("<H", number))


@pytest.mark.parametrize(
    "frame",
    [
        pulsar("00107081", 1, b"\x5a\xb3\xc5\x41"),
        pulsar("00107080", 1, b"\x5a\xb3\xc5\x41", 0x90FB),
        pulsar("00107080", 4, b"\x5a\xb3\xc5\x41"),
        pulsar("00107080", 1, bytes(8)),
        pulsar("00107080", 0, b"\x02", 0x90FB),
        pulsar("00107081", 0, b"\x02"),
    ],
    ids=[
        "another unit",
        "a late answer",
        "another function",
        "longer",
        "a late refusal",
        "another's refusal",
    ],
)
def test_a_meters_answer_to_something_else_is_passed_over(frame: bytes) -> None:
    assert taken("pulsar", [frame]) == []
    assert taken("pulsar", [frame + FRAMES["pulsar"]]) == [b"\x5a\xb3\xc5\x41"]


@pytest.mark.parametrize("code", [1, 2, 3, 0x0B])
def test_a_meter_says_why_it_refuses(code: int) -> None:
    step = next(steps_of(drivers.find("pulsar"), PULSAR))
    with pytest.raises(RefusedError, match=f"exception {code}"):
        step.take(bytearray(pulsar("00107080", 0, bytes((code,)))))


@pytest.mark.parametrize(
    ("channel", "mask"), [(0, "01000000"), (15, "00800000"), (31, "00000080"), (32, "00000000")]
)
def test_a_channel_is_a_bit_of_the_mask(channel: int, mask: str) -> None:
    asked = Ask(Framing.RTU, 99_999_999, Block(Space.ITEM, channel, 8), 1)
    assert sent("pulsar", asked) == with_crc(bytes.fromhex("99999999 010E" + mask + "0100"))


def test_after_a_timeout_a_numbered_answer_needs_no_proof() -> None:
    assert drivers.find("pulsar").resync((PULSAR.block,)) is None
