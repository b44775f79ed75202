"""Values to bytes: every encoding and order, what a broken sensor looks like, and what is then served."""

import math
import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.devices.encoding import MisfitError, arrange, shortest_f32
from firmware_sim.devices.image import Image, encode
from sensor_profiles.model import Encoding, Order, Space, StatusField
from tests.firmware_sim.examples import channel, field, profile, trm138
from wire.messages import Value

HOLDING, FRAME = Space.HOLDING, Space.FRAME


def one(encoding: Encoding, value: Value, *, registers: int, order: Order = Order.BIG, **more: Any) -> Image:
    size = more.pop("size", None)
    place = field(encoding, 7, order=order, size=size)
    image = encode(profile(channel("x", place, **more)), {"x": value})
    assert image.read(HOLDING, 7, registers + 1) is None, "nothing behind the field"
    assert image.read(HOLDING, 6, 1) is None, "nothing before it"
    return image


def wire(image: Image, registers: int) -> str:
    data = image.read(HOLDING, 7, registers)
    assert data is not None
    return data.hex().upper()


@pytest.mark.parametrize(
    ("order", "two", "four", "eight"),
    [
        (Order.BIG, "AB", "ABCD", "ABCDEFGH"),
        (Order.LITTLE, "BA", "DCBA", "HGFEDCBA"),
        (Order.WORD_SWAP, "AB", "CDAB", "GHEFCDAB"),
        (Order.BYTE_SWAP, "BA", "BADC", "BADCFEHG"),
    ],
)
def test_orders_are_those_the_manuals_draw(order: Order, two: str, four: str, eight: str) -> None:
    for drawn in (two, four, eight):
        in_order = bytes(sorted(drawn.encode()))
        assert arrange(in_order, order) == drawn.encode()
        assert arrange(drawn.encode(), order) == in_order


@pytest.mark.parametrize(
    ("encoding", "value", "registers", "expected"),
    [
        (Encoding.U16, 65535.0, 1, "FFFF"),
        (Encoding.I16, -205.0, 1, "FF33"),
        (Encoding.U32, 305419896.0, 2, "12345678"),
        (Encoding.I32, -2.0, 2, "FFFFFFFE"),
        (Encoding.U64, 2.0**53, 4, "0020000000000000"),
        (Encoding.I64, -1.0, 4, "FFFFFFFFFFFFFFFF"),
        (Encoding.F32, 15.12193, 2, "4171F36D"),
        (Encoding.F64, 0.1, 4, "3FB999999999999A"),
    ],
)
def test_numbers_are_written_as_their_encoding_says(
    encoding: Encoding, value: float, registers: int, expected: str
) -> None:
    image = one(encoding, value, registers=registers)
    assert wire(image, registers) == expected
    assert image.served == {"x": value}


@pytest.mark.parametrize(
    ("encoding", "value", "expected"),
    [
        (Encoding.U8, 200.0, "C8"),
        (Encoding.I8, -3.0, "FD"),
        (Encoding.U24, 70000.0, "011170"),
        (Encoding.I24, -2.0, "FFFFFE"),
        (Encoding.F24, 123.45, "42F6E6"),
        (Encoding.F24, -199.9, "C347E6"),
    ],
)
def test_odd_sizes_stand_in_frames(encoding: Encoding, value: float, expected: str) -> None:
    image = encode(profile(channel("x", field(encoding, 3, FRAME))), {"x": value})
    assert image.read(FRAME, 3, len(expected) // 2) == bytes.fromhex(expected)
    assert image.read(FRAME, 0, 3) == bytes(3)
    assert image.served == {"x": value}


def test_a_scaled_integer_serves_a_clean_decimal() -> None:
    image = one(Encoding.I16, 22.34, registers=1, scale=0.1)
    assert wire(image, 1) == "00DF"
    assert image.served == {"x": 22.3}
    assert one(Encoding.U16, 15.0, registers=1, scale=0.1, offset=-50.0).served == {"x": 15.0}


def test_a_value_out_of_range_goes_to_the_end_of_the_range() -> None:
    for value, served in ((9000.0, 3276.7), (math.inf, 3276.7), (-9000.0, -3276.8), (-math.inf, -3276.8)):
        assert one(Encoding.I16, value, registers=1, scale=0.1).served == {"x": served}
    assert one(Encoding.F32, 1e300, registers=2).served == {"x": 3.4028235e38}


@pytest.mark.parametrize(
    ("encoding", "more", "expected", "served"),
    [
        (Encoding.I16, {"sentinels": (32767.0,)}, "7FFF", None),
        (Encoding.I16, {"sentinels": (65535.0,)}, "FFFF", None),
        (Encoding.F32, {"sentinels": (-999.0,)}, "C479C000", None),
        (Encoding.F32, {}, "7FC00000", None),
        (Encoding.F64, {}, "7FF8000000000000", None),
        (Encoding.BCD, {"size": 4}, "FFFFFFFF", None),
        (Encoding.STRING, {"size": 4}, "00000000", ""),
        (Encoding.U16, {"scale": 0.5, "offset": -40.0}, "0000", -40.0),
    ],
)
@pytest.mark.parametrize("nothing", [None, math.nan])
def test_a_broken_sensor_says_so_as_well_as_it_can(
    encoding: Encoding, more: dict[str, Any], expected: str, served: Value, nothing: Value
) -> None:
    registers = len(expected) // 4
    image = one(encoding, nothing, registers=registers, **more)
    assert (wire(image, registers), image.served) == (expected, {"x": served})


def test_a_value_that_happens_to_be_the_sentinel_is_no_value() -> None:
    assert one(Encoding.I16, 3276.7, registers=1, scale=0.1, sentinels=(32767.0,)).served == {"x": None}


def test_infinity_stands_on_the_wire_and_is_no_value() -> None:
    image = one(Encoding.F32, math.inf, registers=2)
    assert (wire(image, 2), image.served) == ("7F800000", {"x": None})


def test_a_channel_with_a_status_of_its_own_breaks_by_status() -> None:
    image = encode(trm138(), {"t1": 15.12193, "t3": None})
    assert image.read(Space.INPUT, 0, 5) == bytes(6) + bytes.fromhex("4171F36D")
    assert image.read(Space.INPUT, 12, 3) == b"\x00\x0b" + bytes(4)
    assert image.served == {"t1": 15.12193} | {f"t{n}": None for n in range(2, 9)}


def test_a_status_for_many_is_bad_only_when_a_channel_cannot_say_it_itself() -> None:
    status = StatusField(name="state", field=field(Encoding.U16, 0), good=(0, 1), meanings={"0x04": "sensor"})
    whole = profile(
        channel("real", field(Encoding.F32, 1), status="state"),
        channel("count", field(Encoding.U16, 3), status="state"),
        statuses=(status,),
    )
    assert encode(whole, {"count": 5.0}).served == {"real": None, "count": 5.0}
    assert encode(whole, {"count": 5.0}).read(HOLDING, 0, 1) == b"\x00\x00"
    assert encode(whole, {"real": 5.0}).read(HOLDING, 0, 1) == b"\x00\x04"
    assert encode(whole, {"real": 5.0}).served == {"real": None, "count": None}, "nobody may believe it"


def test_a_status_in_another_space_is_not_the_only_sign() -> None:
    # The two are read by two requests, between which the sensor may have broken.
    status = StatusField(name="s", field=field(Encoding.BIT, 9, bit=5), meanings={"1": "break"})
    whole = profile(channel("t", field(Encoding.F32, 0, Space.INPUT), status="s"), statuses=(status,))
    assert encode(whole, {}).read(HOLDING, 9, 1) == b"\x00\x20"
    assert encode(whole, {}).read(Space.INPUT, 0, 2) == bytes.fromhex("7FC00000")
    assert encode(whole, {}).served == {"t": None}
    assert encode(whole, {"t": 1.0}).served == {"t": 1.0}


def test_a_status_in_bcd_is_understood() -> None:
    status = StatusField(name="s", field=field(Encoding.BCD, 0, size=2), meanings={"11": "break"})
    whole = profile(
        channel("state", field(Encoding.BCD, 0, size=2)),
        channel("t", field(Encoding.F32, 1), status="s"),
        statuses=(status,),
    )
    assert encode(whole, {"t": 1.0}).served == {"state": 0.0, "t": 1.0}
    assert encode(whole, {}).read(HOLDING, 0, 1) == b"\x00\x11"
    assert encode(whole, {"t": 1.0, "state": 42.0}).served == {"state": 42.0, "t": None}


def test_a_status_without_known_values_takes_one_that_is_not_good() -> None:
    status = StatusField(name="state", field=field(Encoding.U16, 0), good=(0, 1))
    whole = profile(channel("n", field(Encoding.U16, 1), status="state"), statuses=(status,))
    assert encode(whole, {}).read(HOLDING, 0, 2) == b"\x00\x02\x00\x00"


def test_bits_and_masks_share_a_word_with_what_is_named_as_a_whole() -> None:
    whole = profile(
        channel("word", field(Encoding.U16, 4)),
        channel("low", field(Encoding.U16, 4, mask=0x00F0), scale=0.5),
        channel("flag", field(Encoding.BIT, 4, bit=15)),
        channel("off", field(Encoding.BIT, 4, bit=0), scale=-1.0, offset=1.0),
    )
    image = encode(whole, {"word": 0x0F0F, "low": 2.5, "flag": 1.0, "off": 0.0})
    assert image.read(HOLDING, 4, 1) == bytes.fromhex("8F5F")
    assert image.served == {"word": float(0x8F5F), "low": 2.5, "flag": 1.0, "off": 0.0}


def test_a_status_that_is_also_a_channel_decides_what_may_be_believed() -> None:
    whole = profile(
        channel("state", field(Encoding.U16, 0)),
        channel("flow", field(Encoding.F32, 1), status="state"),
        statuses=(StatusField(name="state", field=field(Encoding.U16, 0), meanings={"3": "empty pipe"}),),
    )
    assert encode(whole, {"flow": 1.5}).served == {"state": 0.0, "flow": 1.5}
    assert encode(whole, {"flow": 1.5, "state": 8.0}).served == {"state": 8.0, "flow": None}
    assert encode(whole, {"flow": None}).served == {"state": 3.0, "flow": None}


def test_bytes_inside_a_register_are_addressed() -> None:
    # A quasi-Modbus level sensor: temperature in the high byte of register 0, level across two registers.
    whole = profile(
        channel("temperature", field(Encoding.I8, 0)),
        channel("level", field(Encoding.U16, 0, byte=1)),
    )
    image = encode(whole, {"temperature": -5.0, "level": 0x0102})
    assert image.read(HOLDING, 0, 2) == bytes.fromhex("FB010200")


def test_bcd_and_text_fill_their_field() -> None:
    assert wire(one(Encoding.BCD, 12345.6, registers=2, size=4, scale=0.1), 2) == "00123456"
    assert one(Encoding.BCD, -5.0, registers=2, size=4).served == {"x": 0.0}
    text = one(Encoding.STRING, "TSRV-024M", registers=3, size=6)
    assert (wire(text, 3), text.served) == (b"TSRV-0".hex().upper(), {"x": "TSRV-0"})
    assert wire(one(Encoding.STRING, "AB", registers=2, size=4, order=Order.BYTE_SWAP), 2) == "42410000"


def test_text_for_a_number_and_a_number_for_text_are_refused() -> None:
    with pytest.raises(MisfitError, match="'warm' is text"):
        one(Encoding.F32, "warm", registers=2)
    with pytest.raises(MisfitError, match="is a number"):
        one(Encoding.STRING, 5.0, registers=2, size=4)


def test_fields_that_cannot_be_are_refused() -> None:
    with pytest.raises(MisfitError, match="bcd needs a size"):
        encode(profile(channel("x", field(Encoding.BCD))), {})
    with pytest.raises(MisfitError, match="bit 16 of 16"):
        encode(profile(channel("x", field(Encoding.BIT, bit=16))), {})
    with pytest.raises(MisfitError, match="u16 cannot stand in coil"):
        encode(profile(channel("x", field(Encoding.U16, 0, Space.COIL))), {})


def test_addresses_are_legal_as_far_as_a_hole_may_reach() -> None:
    whole = profile(channel("a", field(Encoding.U16, 10)), channel("b", field(Encoding.U16, 20)), max_hole=3)
    image = encode(whole, {"a": 1.0, "b": 2.0})
    assert image.read(HOLDING, 7, 7) == bytes(6) + b"\0\1" + bytes(6)
    for start, count in ((6, 1), (13, 2), (10, 11), (24, 1)):
        assert image.read(HOLDING, start, count) is None


SHORT_FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=300)
@given(SHORT_FLOATS, st.sampled_from(Order))
def test_a_single_is_served_as_the_shortest_decimal_that_is_it(value: float, order: Order) -> None:
    image = one(Encoding.F32, value, registers=2, order=order)
    data = image.read(HOLDING, 7, 2)
    assert data is not None
    assert arrange(data, order) == struct.pack(">f", value)
    served = image.served["x"]
    assert isinstance(served, float)
    assert struct.pack(">f", served) == struct.pack(">f", value)
    digits = len(Decimal(repr(served)).normalize().as_tuple().digits)
    fewer = float(f"{value:.{max(digits - 1, 1)}g}")
    assert digits == 1 or abs(fewer) > 3.4e38 or struct.pack(">f", fewer) != struct.pack(">f", value)


@settings(max_examples=300)
@given(
    st.sampled_from([Encoding.U16, Encoding.I16, Encoding.U32, Encoding.I32]),
    st.sampled_from(Order),
    st.floats(allow_nan=False),
    st.sampled_from([1.0, 0.1, 0.01, 0.001, 10.0, 0.25, -1.0, 98.0665]),
    st.sampled_from([0.0, -40.0, 0.5]),
)
def test_an_integer_says_exactly_what_is_served(
    encoding: Encoding, order: Order, value: float, scale: float, offset: float
) -> None:
    size = 2 if encoding in {Encoding.U16, Encoding.I16} else 4
    image = one(encoding, value, registers=size // 2, order=order, scale=scale, offset=offset)
    data = image.read(HOLDING, 7, size // 2)
    assert data is not None
    code = {Encoding.U16: ">H", Encoding.I16: ">h", Encoding.U32: ">I", Encoding.I32: ">i"}[encoding]
    [raw] = struct.unpack(code, arrange(data, order))
    assert image.served["x"] == float(raw * Decimal(repr(scale)) + Decimal(repr(offset)))
    assert abs(raw - min(max((value - offset) / scale, -(2.0**31)), 2.0**32)) <= 1 or raw in _ends(size, code)


def _ends(size: int, code: str) -> tuple[int, int]:
    bits = 8 * size
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if code[1].islower() else (0, 2**bits - 1)


def test_shortest_singles() -> None:
    for value in (0.1, 15.12193, 1e-45, 16777216.0, 3.4028235e38, 1.1754944e-38, -0.0):
        single = struct.unpack(">f", struct.pack(">f", value))[0]
        assert shortest_f32(single) == value
