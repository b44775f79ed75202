"""Every encoding in every order, against bytes that were written by arithmetic."""

import math
import struct
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge_agent.samples import Answer, Block
from firmware_sim.devices.encoding import fewest_digits
from sensor_profiles.model import Encoding, Order, Space
from tests.edge_agent.written import (
    INTEGERS,
    answer,
    cases,
    channel,
    decode,
    field,
    ieee,
    on_the_wire,
    registers,
)
from wire.messages import Quality, Value

FEW = settings(max_examples=25, deadline=None)
INTEGER_CASES = [
    (encoding, order) for encoding, (size, _) in INTEGERS.items() for _, order in cases(encoding, size=size)
]
SPACES = st.sampled_from([Space.HOLDING, Space.INPUT, Space.FRAME])


def value_of(written: bytes, encoding: Encoding, order: Order, data: st.DataObject) -> Value:
    """Put the bytes anywhere into a block and read them back."""
    space = data.draw(SPACES, label="space")
    start = data.draw(st.integers(0, 60), label="start of the block")
    before = data.draw(st.integers(0, 3), label="addresses before")
    byte = data.draw(st.integers(0, 1), label="first byte") if space is not Space.FRAME else 0
    width = 1 if space is Space.FRAME else 2
    block = bytes([0xA5]) * (before * width + byte) + written
    block += b"\x5a" * (len(block) % width)
    sizes = {"size": len(written)} if encoding in {Encoding.BCD, Encoding.STRING} else {}
    place = field(encoding, start + before, space, byte=byte, order=order, **sizes)
    decoded = decode([channel(place)], answer(block, start, space))
    [value] = decoded.values
    assert (value is None) == (0 in decoded.faults)
    return value


@pytest.mark.parametrize(("encoding", "order"), INTEGER_CASES)
@given(data=st.data())
@FEW
def test_an_integer_comes_back(encoding: Encoding, order: Order, data: st.DataObject) -> None:
    size, signed = INTEGERS[encoding]
    least = -(2 ** (8 * size - 1)) if signed else 0
    number = data.draw(st.integers(least, least + 2 ** (8 * size) - 1))
    written = on_the_wire(number.to_bytes(size, "big", signed=signed), order)
    assert value_of(written, encoding, order, data) == float(number)


@pytest.mark.parametrize(("encoding", "order"), INTEGER_CASES)
@given(data=st.data())
@FEW
def test_a_mask_takes_its_bits_down_to_the_lowest(
    encoding: Encoding, order: Order, data: st.DataObject
) -> None:
    size, _ = INTEGERS[encoding]
    low = data.draw(st.integers(0, 8 * size - 1))
    high = data.draw(st.integers(low, 8 * size - 1))
    bits = data.draw(st.integers(0, 2 ** (8 * size) - 1))
    place = field(encoding, space=Space.FRAME, order=order, mask=sum(1 << n for n in range(low, high + 1)))
    written = on_the_wire(bits.to_bytes(size, "big"), order)
    wanted = int(f"{bits:0{8 * size}b}"[::-1][low : high + 1][::-1], 2)
    assert decode([channel(place)], answer(written, 0, Space.FRAME)).values == (float(wanted),)


@pytest.mark.parametrize("order", list(Order))
@given(st.integers(0, 2**32 - 1))
@example(0x80000000).via("minus zero")
@example(0x7F7FFFFF).via("the largest")
@example(0x00000001).via("the smallest")
@example(0x3F800000).via("one: the step halves below it")
@example(0x3A7BA882).via("0.00096: a decade ends within the binade")
@settings(max_examples=200, deadline=None)
def test_an_f32_comes_back_in_the_fewest_digits(order: Order, bits: int) -> None:
    written = on_the_wire(bits.to_bytes(4, "big"), order)
    [value] = decode([channel(field(Encoding.F32, order=order))], answer(written)).values
    single = ieee(bits, 8, 23)
    if not math.isfinite(single):
        assert value is None
        return
    assert isinstance(value, float)
    assert as_f32(value) == single
    digits = len(Decimal(repr(value)).normalize().as_tuple().digits)
    assert all(as_f32(float(f"{single:.{fewer}g}")) != single for fewer in range(1, digits)), value


def as_f32(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.inf


@given(st.integers(-(10**6) + 1, 10**6 - 1), st.integers(0, 6))
@settings(max_examples=300, deadline=None)
def test_what_an_instrument_meant_in_six_digits_is_stored_so(digits: int, decimals: int) -> None:
    meant = digits / 10**decimals
    written = struct.pack(">f", meant)
    assert decode([channel(field(Encoding.F32))], answer(written)).values == (meant,)


@pytest.mark.parametrize(("encoding", "order"), cases(Encoding.F24, size=3))
@given(data=st.data(), bits=st.integers(0, 2**24 - 1))
@settings(max_examples=200, deadline=None)
def test_an_f32_without_its_last_byte_is_the_shortest_decimal_that_begins_so(
    encoding: Encoding, order: Order, data: st.DataObject, bits: int
) -> None:
    value = value_of(on_the_wire(bits.to_bytes(3, "big"), order), encoding, order, data)
    least, most = ieee(bits << 8, 8, 23), ieee(bits << 8 | 0xFF, 8, 23)
    if not math.isfinite(least):
        assert value is None
        return
    assert isinstance(value, float)
    assert value == least == 0 or abs(least) <= abs(value) <= abs(most)
    digits = len(Decimal(repr(value)).normalize().as_tuple().digits)
    fewer = Decimal(abs(most)).normalize(Context(prec=max(1, digits - 1), rounding=ROUND_DOWN))
    assert digits == 1 or fewer < abs(least), "no decimal has fewer digits"
    assert value == 0 or fewest_digits(bits.to_bytes(3, "big")) == value, "the simulator says the same"


@given(st.integers(-9999, 9999), st.integers(0, 4))
@settings(max_examples=300, deadline=None)
def test_what_an_instrument_meant_in_four_digits_survives_the_cut(digits: int, decimals: int) -> None:
    meant = digits / 10**decimals
    place = field(Encoding.F24, space=Space.FRAME)
    written = answer(struct.pack(">f", meant)[:3], 0, Space.FRAME)
    [value] = decode([channel(place)], written).values
    assert value == meant
    assert decode([channel(place, sentinels=(meant,))], written).faults == {0: Quality.BAD_SENTINEL}


@pytest.mark.parametrize(("encoding", "order"), cases(Encoding.F64, size=8))
@given(data=st.data(), bits=st.integers(0, 2**64 - 1))
@FEW
def test_an_f64_comes_back_exactly(encoding: Encoding, order: Order, data: st.DataObject, bits: int) -> None:
    expected = ieee(bits, 11, 52)
    value = value_of(on_the_wire(bits.to_bytes(8, "big"), order), encoding, order, data)
    assert value == (expected if math.isfinite(expected) else None)


@pytest.mark.parametrize("order", list(Order))
@given(data=st.data(), digits=st.text("0123456789", min_size=12, max_size=12))
@FEW
def test_packed_decimals_come_back(order: Order, data: st.DataObject, digits: str) -> None:
    written = on_the_wire(bytes.fromhex(digits), order)
    assert value_of(written, Encoding.BCD, order, data) == float(digits)


@pytest.mark.parametrize("order", list(Order))
@given(data=st.data(), text=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8))
@FEW
def test_text_comes_back(order: Order, data: st.DataObject, text: str) -> None:
    written = on_the_wire(text.encode().ljust(8, b"\0"), order)
    assert value_of(written, Encoding.STRING, order, data) == text


@given(st.integers(0, 2**16 - 1), st.integers(0, 15), st.integers(1, 300), st.data())
@FEW
def test_every_bit_of_a_register_and_of_a_space_of_bits_comes_back(
    word: int, bit: int, count: int, data: st.DataObject
) -> None:
    bits = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    packed = bytes(sum(b << n for n, b in enumerate(bits[i : i + 8])) for i in range(0, count, 8))
    at = data.draw(st.integers(0, count - 1))
    decoded = decode(
        [channel(field(Encoding.BIT, 7, bit=bit)), channel(field(Encoding.BIT, 100 + at, Space.COIL))],
        answer(registers(word), 7),
        Answer(Block(Space.COIL, 100, count), packed),
    )
    assert decoded.values == (float(f"{word:016b}"[::-1][bit]), float(bits[at]))


DECIMALS = st.decimals(-1000, 1000, places=4).map(float)


@given(st.integers(-32768, 32767), DECIMALS, DECIMALS)
@settings(max_examples=200, deadline=None)
def test_a_scaled_integer_is_the_decimal_one_would_compute_by_hand(
    raw: int, scale: float, offset: float
) -> None:
    place = channel(field(Encoding.I16), scale=scale, offset=offset)
    by_hand = float(Fraction(raw) * Fraction(str(scale)) + Fraction(str(offset)))
    assert decode([place], answer(raw.to_bytes(2, "big", signed=True))).values == (by_hand,)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), DECIMALS, DECIMALS)
@settings(max_examples=300, deadline=None)
def test_a_scaled_f32_is_its_own_decimal_scaled_by_hand(raw: float, scale: float, offset: float) -> None:
    place = field(Encoding.F32)
    words = answer(struct.pack(">f", raw))
    plain, scaled = decode([channel(place), channel(place, scale=scale, offset=offset)], words).values
    by_hand = float(Fraction(repr(plain)) * Fraction(str(scale)) + Fraction(str(offset)))
    assert scaled == by_hand


@pytest.mark.parametrize(
    ("raw", "scale", "offset", "expected"),
    [(3, 0.1, 0.0, 0.3), (401, 0.1, -40.0, 0.1), (217, 98.0665, 0.0, 21280.4305), (-5, 0.01, 0.0, -0.05)],
)
def test_no_rounding_noise_is_seen(raw: int, scale: float, offset: float, expected: float) -> None:
    place = channel(field(Encoding.I16), scale=scale, offset=offset)
    [value] = decode([place], answer(raw.to_bytes(2, "big", signed=True))).values
    assert repr(value) == repr(expected)


def test_a_scale_beyond_float64_gives_no_number() -> None:
    places = [
        channel(field(Encoding.U16), scale=1e308),
        channel(field(Encoding.F32), scale=1e308),
        channel(field(Encoding.F64, 2), scale=1e308),
        channel(field(Encoding.BCD, size=250)),
    ]
    decoded = decode(places, answer(registers(0x4999, 0x9999, 0x4599) + b"\x99" * 244))
    assert decoded.values == (None,) * 4
    assert set(decoded.faults.values()) == {Quality.BAD_NOT_FINITE}
