"""The byte-order detective finds how registers must be read, and says when it cannot know."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.commissioning.detective import Proposal, Reading, investigate
from sensor_profiles.model import Encoding, Order, Space
from wire.quantities import Quantity

FORMS = {Encoding.F32: ">f", Encoding.F64: ">d", Encoding.I32: ">i", Encoding.U32: ">I"}


def ordered(data: bytes, order: Order) -> bytes:
    """Bytes A B C D … as the wire carries them in an order; written apart from the decoder."""
    words = [data[n : n + 2] for n in range(0, len(data), 2)]
    swapped = [word[::-1] for word in words]
    return {
        Order.BIG: b"".join(words),
        Order.LITTLE: data[::-1],
        Order.WORD_SWAP: b"".join(reversed(words)),
        Order.BYTE_SWAP: b"".join(swapped),
    }[order]


def found(values: list[float], encoding: Encoding, order: Order, **more: object) -> Proposal:
    samples = [ordered(struct.pack(FORMS[encoding], value), order) for value in values]
    return investigate(space=Space.HOLDING, start=100, samples=samples, **more)  # type: ignore[arg-type]  # named by each test


def of(proposal: Proposal, encoding: Encoding, order: Order) -> Reading:
    return next(
        r
        for r in proposal.readings
        if (r.encoding, r.order, r.register, r.scale) == (encoding, order, 100, 1.0)
    )


@pytest.mark.parametrize("order", list(Order))
def test_a_temperature_as_f32_is_recognised_in_every_order(order: Order) -> None:
    proposal = found([68.31, 68.42, 68.40, 68.53], Encoding.F32, order, quantity=Quantity.TEMPERATURE)
    assert proposal.best is not None
    assert (proposal.best.encoding, proposal.best.order) == (Encoding.F32, order)
    assert proposal.best.values == (68.31, 68.42, 68.4, 68.53)
    assert "always in -60…1300, steps up to 0.13" in proposal.reason


@settings(max_examples=40)
@given(
    value=st.floats(20, 140, width=32),
    drift=st.lists(st.floats(-0.4, 0.4), min_size=2, max_size=4),
    order=st.sampled_from(list(Order)),
)
def test_the_true_reading_of_a_slow_float_is_the_best(value: float, drift: list[float], order: Order) -> None:
    values = [value + d for d in (0.0, 0.3, *drift)]
    proposal = found(values, Encoding.F32, order, quantity=Quantity.TEMPERATURE, low=0.0, high=150.0)
    true = of(proposal, Encoding.F32, order)
    assert true.bits > 0
    rivals = [r for r in proposal.readings if r.bits > true.bits]
    assert not rivals, [r.name for r in rivals]


@settings(max_examples=40)
@given(st.lists(st.binary(min_size=8, max_size=8), min_size=1, max_size=4))
def test_any_registers_are_judged_and_only_what_fits_is_proposed(samples: list[bytes]) -> None:
    proposal = investigate(space=Space.INPUT, start=0, samples=samples, quantity=Quantity.HUMIDITY)
    assert len(proposal.readings) == len({(r.name) for r in proposal.readings})
    assert list(proposal.readings) == sorted(proposal.readings, key=lambda r: -r.bits)
    if proposal.best is not None:
        assert all(0 <= value <= 100 for value in proposal.best.values)  # type: ignore[operator]


@settings(max_examples=30)
@given(st.permutations(list(Order)), st.floats(1, 90, width=32))
def test_a_smoother_reading_never_scores_less(orders: list[Order], value: float) -> None:
    near = found([value, value * 1.001], Encoding.F32, orders[0], quantity=Quantity.LEVEL)
    far = found([value, value * 0.5], Encoding.F32, orders[0], quantity=Quantity.LEVEL)
    assert of(near, Encoding.F32, orders[0]).bits >= of(far, Encoding.F32, orders[0]).bits


def test_tenths_of_a_degree_in_one_register_are_recognised_by_the_stated_range() -> None:
    samples = [struct.pack(">h", tenths) for tenths in (684, 685, 683)]
    proposal = investigate(
        space=Space.HOLDING, start=7, samples=samples, quantity=Quantity.TEMPERATURE, low=30, high=110
    )
    assert proposal.best is not None
    assert (proposal.best.order, proposal.best.scale) == (Order.BIG, 0.1)
    assert proposal.best.values == (68.4, 68.5, 68.3)


def test_zeros_prove_nothing() -> None:
    proposal = investigate(
        space=Space.HOLDING, start=0, samples=[bytes(8)] * 3, quantity=Quantity.TEMPERATURE
    )
    assert proposal.best is None
    assert proposal.reason.startswith("nothing fits: state the quantity or its range")


def test_readings_that_fit_as_well_are_named() -> None:
    samples = [bytes.fromhex("0102"), bytes.fromhex("0102")]
    proposal = investigate(space=Space.HOLDING, start=0, samples=samples, quantity=Quantity.VOLTAGE)
    assert "fit as well: compare with the instrument's display" in proposal.reason
