"""The simulator's encoder, written apart from the agent's decoder: what it writes is read as it says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.samples import Answer, Block
from firmware_sim.devices.encoding import codec
from sensor_profiles.model import BITS, REGISTERS, Encoding, Field, Order, Space
from tests.edge_agent.written import channel, decode, field

NUMBERS = st.floats(-1e7, 1e7).map(lambda x: round(x, 3))
SCALES = st.sampled_from([1.0, 0.1, 0.01, 0.001, 0.5, 98.0665, 1000.0, -0.1])
OFFSETS = st.sampled_from([0.0, -40.0, 0.05, 273.15])
SIZED = {Encoding.BCD: 4, Encoding.STRING: 8}
ORDERS = {1: [Order.BIG], 2: [Order.BIG, Order.LITTLE], 3: [Order.BIG, Order.LITTLE]}


@st.composite
def written_fields(draw: st.DrawFn, encoding: Encoding) -> Field:
    spaces = list(Space) if encoding is Encoding.BIT else [s for s in Space if s not in BITS]
    space = draw(st.sampled_from(spaces))
    bare = field(encoding, space=space, size=SIZED.get(encoding))
    order = draw(st.sampled_from(ORDERS.get(codec(bare).size, list(Order))))
    bit = None
    if encoding is Encoding.BIT and space not in BITS:
        bit = draw(st.integers(0, 15 if space in REGISTERS else 7))
    mask = draw(st.sampled_from([None, 0x0F, 0x3C, 0x80])) if encoding[0] in "ui" else None
    return field(encoding, 0, space, size=SIZED.get(encoding), order=order, bit=bit, mask=mask)


def answer_of(place: Field, data: bytes) -> Answer:
    if place.space in BITS:
        return Answer(Block(place.space, 0, 1), data)
    width = 2 if place.space in REGISTERS else 1
    data += b"\0" * (len(data) % width)
    return Answer(Block(place.space, 0, len(data) // width), data)


@pytest.mark.parametrize("encoding", [e for e in Encoding if e is not Encoding.STRING])
@given(data=st.data(), value=NUMBERS, scale=SCALES, offset=OFFSETS)
@settings(max_examples=40, deadline=None)
def test_a_number_is_read_as_the_simulator_says_it_was_written(
    encoding: Encoding, data: st.DataObject, value: float, scale: float, offset: float
) -> None:
    place = data.draw(written_fields(encoding))
    written = codec(place, scale, offset).put(value)
    decoded = decode([channel(place, scale=scale, offset=offset)], answer_of(place, written.data))
    assert decoded.values == (written.value,)


@given(data=st.data(), text=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=10))
@settings(max_examples=40, deadline=None)
def test_text_is_read_as_the_simulator_says_it_was_written(data: st.DataObject, text: str) -> None:
    place = data.draw(written_fields(Encoding.STRING))
    written = codec(place).put(text)
    assert decode([channel(place)], answer_of(place, written.data)).values == (written.value,)
