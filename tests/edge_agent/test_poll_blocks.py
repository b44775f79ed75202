"""From fields to requests."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.poll.blocks import Plan, has_hole, plan, without_holes
from edge_agent.samples import Block
from sensor_profiles.layout import MAX_BITS, Extent, extent
from sensor_profiles.model import Encoding, Field, Space, StatusField
from tests.edge_agent.plant import TWENTY_FLOATS, channel, device, field, profile


def blocks_of(*fields: Field, max_hole: int = 0, max_registers: int = 125) -> list[tuple[str, int, int]]:
    whole = plan(device("a", model=profile(fields, max_hole=max_hole, max_registers=max_registers)))
    return [(block.space.value, block.start, block.count) for block in whole.blocks]


def test_fields_that_touch_are_one_request() -> None:
    assert plan(device("a", model=TWENTY_FLOATS)).blocks == (Block(Space.HOLDING, 0, 40),)


def test_a_hole_is_read_only_as_far_as_the_profile_allows() -> None:
    fields = (field(0), field(4), field(20))
    assert blocks_of(*fields) == [("holding", 0, 2), ("holding", 4, 2), ("holding", 20, 2)]
    assert blocks_of(*fields, max_hole=2) == [("holding", 0, 6), ("holding", 20, 2)]
    assert blocks_of(*fields, max_hole=14) == [("holding", 0, 22)]


def test_no_request_is_longer_than_the_device_takes() -> None:
    assert blocks_of(*(field(2 * n) for n in range(5)), max_registers=5) == [
        ("holding", 0, 4),
        ("holding", 4, 4),
        ("holding", 8, 2),
    ]


def test_a_field_is_never_cut_in_two() -> None:
    text = Field(space=Space.HOLDING, address=0, encoding=Encoding.STRING, size=40)
    assert blocks_of(text, max_registers=10) == [("holding", 0, 20)]


def test_tables_are_read_apart_and_bits_as_bits() -> None:
    fields = (
        field(3, Encoding.BIT, Space.COIL),
        field(4, Encoding.BIT, Space.COIL),
        field(3, Encoding.U16, Space.INPUT),
        field(4, Encoding.U16),
        Field(space=Space.HOLDING, address=5, encoding=Encoding.BIT, bit=15),
    )
    assert blocks_of(*fields) == [("coil", 3, 2), ("holding", 4, 2), ("input", 3, 1)]


def test_a_field_inside_a_register_needs_the_registers_it_touches() -> None:
    """Escort TD-500: a temperature in the first byte, a level in the second and third."""
    temperature = Field(space=Space.HOLDING, address=0, encoding=Encoding.I8)
    level = Field(space=Space.HOLDING, address=0, byte=1, encoding=Encoding.U16)
    assert blocks_of(temperature) == [("holding", 0, 1)]
    assert blocks_of(level, temperature) == [("holding", 0, 2)]


def test_a_status_is_read_with_the_channels_that_depend_on_it() -> None:
    status = StatusField(name="state", field=field(10, Encoding.U16))
    other = StatusField(name="other", field=field(50, Encoding.U16))
    model = profile([field(0)], statuses=(status, other))
    depends = device("a", model=model)
    depends = type(depends)("a", "lan", model, 1, 200, 100, (channel(field(0), status="state"),))
    assert [block.start for block in plan(depends).blocks] == [0, 10]


def test_a_frame_protocol_is_asked_for_its_whole_frame() -> None:
    model = profile([field(2, Encoding.U16, Space.FRAME)], protocol="nova_sds011", frame_bytes=10)
    assert plan(device("a", model=model)).blocks == (Block(Space.FRAME, 0, 10),)


def test_without_holes_only_what_is_needed_is_asked() -> None:
    model = profile([field(0), field(4), field(6)], max_hole=4)
    whole = plan(device("a", model=model))
    assert [has_hole(whole, block) for block in whole.blocks] == [True]
    strict = without_holes(whole, 125)
    assert [(block.start, block.count) for block in strict.blocks] == [(0, 2), (4, 4)]
    assert not any(has_hole(strict, block) for block in strict.blocks)


FIELDS = st.lists(
    st.builds(
        field,
        st.integers(0, 300),
        st.sampled_from([Encoding.U16, Encoding.F32, Encoding.F64]),
        st.sampled_from([Space.HOLDING, Space.INPUT]),
    )
    | st.builds(field, st.integers(0, 300), st.just(Encoding.BIT), st.just(Space.COIL)),
    min_size=1,
    max_size=20,
)


def _covers(whole: Plan, wanted: Extent) -> bool:
    return any(
        block.space is wanted.space
        and block.start <= wanted.start
        and wanted.start + wanted.count <= block.start + block.count
        for block in whole.blocks
    )


@given(FIELDS, st.integers(0, 20), st.integers(4, 125))
@settings(max_examples=80)
def test_every_field_lies_whole_in_some_block_within_the_limits(
    fields: list[Field], max_hole: int, max_registers: int
) -> None:
    model = profile(fields, max_hole=max_hole, max_registers=max_registers)
    whole = plan(device("a", model=model))
    for each in (whole, without_holes(whole, max_registers)):
        assert all(_covers(each, extent(wanted)) for wanted in each.fields)
        for block in each.blocks:
            assert block.count <= (MAX_BITS if block.space is Space.COIL else max_registers)
    assert not any(has_hole(each, block) for block in each.blocks)


@pytest.mark.parametrize("space", [Space.COIL, Space.DISCRETE])
def test_bits_stop_at_the_most_one_read_may_hold(space: Space) -> None:
    fields = [field(n, Encoding.BIT, space) for n in range(MAX_BITS + 5)]
    assert [count for _, _, count in blocks_of(*fields)] == [MAX_BITS, 5]
