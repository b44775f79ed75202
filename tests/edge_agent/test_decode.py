"""Blocks, faults, statuses, sentinels; and that no bytes whatever can stop the agent."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.decode import Decoder
from edge_agent.samples import Answer, Block, DecodedScan, Fault
from sensor_profiles.model import BITS, REGISTERS, Channel, Encoding, Field, Order, Space, StatusField
from tests.edge_agent.written import answer, channel, decode, field, registers, scan
from wire.messages import Quality

OK = StatusField(name="s", field=field(Encoding.U16), good=(0,))


def silent(start: int, count: int, fault: Fault = Fault.NO_ANSWER) -> Answer:
    return Answer(Block(Space.HOLDING, start, count), fault=fault)


# --- blocks and faults


def test_a_field_without_bytes_gets_the_fault_of_its_block_and_others_keep_their_values() -> None:
    places = [channel(field(Encoding.U16, n)) for n in (0, 10, 20)]
    decoded = decode(places, answer(registers(7)), silent(10, 2, Fault.GARBLED))
    assert decoded.values == (7.0, None, None)
    assert decoded.faults == {1: Quality.BAD_GARBLED, 2: Quality.BAD_REFUSED}


@pytest.mark.parametrize("fault", list(Fault))
def test_each_fault_is_the_quality_of_the_same_name(fault: Fault) -> None:
    decoded = decode([channel(field(Encoding.F32, 0))], silent(0, 2, fault))
    assert decoded.faults == {0: Quality(fault.value)}


def test_a_field_is_never_put_together_from_two_answers() -> None:
    decoded = decode([channel(field(Encoding.F32, 0))], answer(registers(1)), answer(registers(2), 1))
    assert decoded.faults == {0: Quality.BAD_REFUSED}


def test_where_two_blocks_hold_a_field_the_one_that_answered_counts() -> None:
    decoded = decode([channel(field(Encoding.U16, 1))], silent(0, 2), answer(registers(5), 1))
    assert (decoded.values, decoded.faults) == ((5.0,), {})


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\1\0"])
def test_an_answer_of_another_length_than_asked_is_garbled(data: bytes) -> None:
    decoded = decode([channel(field(Encoding.U8))], Answer(Block(Space.HOLDING, 0, 1), data))
    assert decoded.faults == {0: Quality.BAD_GARBLED}


def test_a_device_without_channels_and_a_poll_without_answers_decode() -> None:
    assert decode([], answer(registers(1))).values == ()
    assert decode([channel(field(Encoding.F32))]).faults == {0: Quality.BAD_REFUSED}


def test_device_and_time_pass_through() -> None:
    raw = scan(answer(registers(1)))
    decoded = Decoder((channel(field(Encoding.U16)),), ()).decode(raw)
    assert (decoded.device, decoded.taken) == (raw.device, raw.taken)


# --- what says that there is no value


def test_a_sentinel_is_compared_before_scale_and_exactly() -> None:
    places = [
        channel(field(Encoding.I16, 0), scale=0.1, sentinels=(-32768.0,)),
        channel(field(Encoding.I16, 1), scale=0.1, sentinels=(-32768.0,)),
    ]
    decoded = decode(places, answer(registers(0x8000, 0x8001)))
    assert decoded.values == (None, -3276.7)
    assert decoded.faults == {0: Quality.BAD_SENTINEL}


@pytest.mark.parametrize(
    ("encoding", "sentinel", "data"),
    [
        (Encoding.U64, 2.0**64, b"\xff" * 8),
        (Encoding.F32, -999.9, struct.pack(">f", -999.9)),
        (Encoding.F32, 3.4028235e38, struct.pack(">f", 3.4028234663852886e38)),
        (Encoding.F64, -999.9, struct.pack(">d", -999.9)),
        (Encoding.U24, 0xFFFFFF, registers(0xFFFF, 0xFF00)),
    ],
)
def test_a_sentinel_is_known_as_the_datasheet_writes_it(
    encoding: Encoding, sentinel: float, data: bytes
) -> None:
    decoded = decode([channel(field(encoding), sentinels=(sentinel,))], answer(data))
    assert (decoded.values, decoded.faults) == ((None,), {0: Quality.BAD_SENTINEL})


def test_a_sentinel_beyond_f32_is_never_met() -> None:
    decoded = decode([channel(field(Encoding.F32), sentinels=(1e300,))], answer(struct.pack(">f", 1.5)))
    assert decoded.values == (1.5,)


@pytest.mark.parametrize("code", ["f", "d"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_what_is_not_finite_is_no_value(code: str, number: float, scale: float) -> None:
    places = [
        channel(
            field(Encoding.F32 if code == "f" else Encoding.F64, n * struct.calcsize(code) // 2), scale=scale
        )
        for n in range(3)
    ]
    decoded = decode(places, answer(struct.pack(f">3{code}", 1.5, number, 2.5)))
    assert decoded.values == (1.5 * scale, None, 2.5 * scale)
    assert decoded.faults == {1: Quality.BAD_NOT_FINITE}


def test_a_nibble_above_nine_is_no_number() -> None:
    decoded = decode([channel(field(Encoding.BCD, size=2))], answer(b"\x1a\x00"))
    assert decoded.faults == {0: Quality.BAD_NOT_FINITE}


def test_text_is_cut_at_nul_and_stripped_and_undecodable_text_is_none() -> None:
    places = [
        channel(field(Encoding.STRING, 0, size=8)),
        channel(field(Encoding.STRING, 4, size=2)),
        channel(field(Encoding.STRING, 4, size=2, charset="cp1251")),
    ]
    decoded = decode(places, answer(b" TRM \0\xff\xff" + "Пе".encode("cp1251")))
    assert decoded.values == ("TRM", None, "Пе")
    assert decoded.faults == {1: Quality.BAD_NOT_TEXT}


def test_minus_zero_is_zero() -> None:
    places = [
        channel(field(Encoding.F32)),
        channel(field(Encoding.F64, 2)),
        channel(field(Encoding.F32), scale=2.0),
    ]
    decoded = decode(places, answer(struct.pack(">fd", -0.0, -0.0)))
    assert repr(decoded.values) == "(0.0, 0.0, 0.0)"
    below_float64 = channel(field(Encoding.I16), scale=-5e-324, offset=4.4e-323)
    assert repr(decode([below_float64], answer(registers(9))).values) == "(0.0,)"


# --- statuses


def guarded(*encodings: Encoding) -> list[Channel]:
    return [channel(field(encoding, 1 + 2 * n), status="s") for n, encoding in enumerate(encodings)]


def test_a_status_that_is_not_good_leaves_its_channels_without_a_value() -> None:
    data = registers(11) + struct.pack(">ff", 20.5, math.nan) + registers(4)
    places = [*guarded(Encoding.F32, Encoding.F32), channel(field(Encoding.U16, 5))]
    decoded = decode(places, answer(data), statuses=(OK,))
    assert decoded.values == (None, None, 4.0)
    assert decoded.faults == dict.fromkeys((0, 1), Quality.BAD_DEVICE_STATUS)


def test_a_good_status_condemns_nothing() -> None:
    status = StatusField(name="s", field=field(Encoding.U16, mask=0xF0), good=(0, 3))
    decoded = decode(guarded(Encoding.U16), answer(registers(0xFF3F, 9)), statuses=(status,))
    assert (decoded.values, decoded.faults) == ((9.0,), {})


def test_a_status_without_bytes_lends_its_fault() -> None:
    decoded = decode(guarded(Encoding.U16), silent(0, 1), answer(registers(9), 1), statuses=(OK,))
    assert (decoded.values, decoded.faults) == ((None,), {0: Quality.BAD_NO_ANSWER})


def test_a_channel_without_bytes_says_so_whatever_its_status() -> None:
    decoded = decode(guarded(Encoding.U16), answer(registers(11)), silent(1, 1), statuses=(OK,))
    assert (decoded.values, decoded.faults) == ((None,), {0: Quality.BAD_NO_ANSWER})


def test_a_status_in_packed_decimals_that_are_none_is_not_good() -> None:
    status = StatusField(name="s", field=field(Encoding.BCD, size=2), good=(0,))
    decoded = decode(guarded(Encoding.U16), answer(registers(0xFFFF, 9)), statuses=(status,))
    assert decoded.faults == {0: Quality.BAD_DEVICE_STATUS}


# --- contradictions


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (channel(field(Encoding.U16), status="x"), "no status x"),
        (channel(field(Encoding.STRING, size=2, charset="hex")), "no charset hex"),
        (channel(field(Encoding.STRING, size=2, charset="klingon")), "no charset klingon"),
        (channel(field(Encoding.U16), scale=math.nan), "must be finite"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused_at_once(broken: Channel, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Decoder((broken,), ())


# --- facts from instruments


def test_a_trm138_has_the_values_dumped_from_hardware() -> None:
    place = channel(field(Encoding.F32, 3, Space.INPUT), status="s")
    status = StatusField(name="s", field=field(Encoding.U16, 2, Space.INPUT))
    for dump, value in [((3, 15, 0, 16753, 62317), 15.12193), ((0, 1510, 0, 16753, 43820), 15.10429)]:
        words = answer(registers(*dump), space=Space.INPUT)
        decoded = decode([place], words, statuses=(status,))
        assert (decoded.values, decoded.faults) == ((value,), {})


def test_an_lls_reply_has_the_values_its_maker_prints() -> None:
    frame = bytes.fromhex("3E 01 06 11 01 00 01 00 30")
    places = [
        channel(field(Encoding.I8, 3, Space.FRAME)),
        channel(field(Encoding.U16, 4, Space.FRAME, order=Order.LITTLE)),
        channel(field(Encoding.U16, 6, Space.FRAME, order=Order.LITTLE)),
    ]
    assert decode(places, answer(frame, space=Space.FRAME)).values == (17.0, 1.0, 1.0)


def test_a_quasi_modbus_level_begins_in_the_second_byte_of_a_register() -> None:
    # Escort TD-500: byte 0 is °C, bytes 1–2 the level, high byte first.
    places = [channel(field(Encoding.I8)), channel(field(Encoding.U16, byte=1))]
    assert decode(places, answer(bytes.fromhex("F6 04 D2 00 00 00 00 00"))).values == (-10.0, 1234.0)


# --- properties

SIZED = frozenset({Encoding.BCD, Encoding.STRING})
INTEGER = [e for e in Encoding if e[0] in "ui"]


@st.composite
def fields(draw: st.DrawFn, spaces: tuple[Space, ...] = tuple(Space)) -> Field:
    space = draw(st.sampled_from(spaces))
    encoding = Encoding.BIT if space in BITS else draw(st.sampled_from(list(Encoding)))
    return field(
        encoding,
        draw(st.integers(0, 24)),
        space,
        byte=0 if space in BITS else draw(st.integers(0, 1)),
        bit=draw(st.integers(0, 63)) if encoding is Encoding.BIT and space not in BITS else None,
        mask=draw(st.none() | st.integers(1, 2**64 - 1)) if encoding in INTEGER else None,
        order=draw(st.sampled_from(list(Order))),
        size=draw(st.integers(1, 7)) if encoding in SIZED else None,
        charset=draw(st.sampled_from(["ascii", "utf-8", "utf-16", "cp866"])),
    )


STATUSES = st.lists(fields(), max_size=2).map(
    lambda found: tuple(StatusField(name=f"s{n}", field=f) for n, f in enumerate(found))
)
ANY_NUMBER = st.floats(allow_nan=False, allow_infinity=False)
BLOCKS = st.builds(Block, st.sampled_from(list(Space)), st.integers(0, 24), st.integers(0, 40))


@st.composite
def devices(
    draw: st.DrawFn, spaces: tuple[Space, ...] = tuple(Space)
) -> tuple[tuple[Channel, ...], tuple[StatusField, ...]]:
    statuses = draw(STATUSES)
    names = st.sampled_from([None, *(status.name for status in statuses)])
    channels = st.builds(
        channel,
        fields(spaces),
        scale=st.just(1.0) | ANY_NUMBER,
        offset=st.just(0.0) | ANY_NUMBER,
        sentinels=st.lists(ANY_NUMBER, max_size=2).map(tuple),
        status=names,
    )
    return tuple(draw(st.lists(channels, max_size=8))), statuses


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Mostly as long as asked, sometimes not; any bytes."""
    block = draw(BLOCKS)
    asked = block.count * 2 if block.space in REGISTERS else block.count
    asked = (block.count + 7) // 8 if block.space in BITS else asked
    data = draw(st.binary(min_size=asked, max_size=asked) | st.binary(max_size=90))
    return Answer(block, data, draw(st.none() | st.sampled_from(list(Fault))))


def assert_sound(decoded: DecodedScan, count: int) -> None:
    assert len(decoded.values) == count
    assert all(0 <= index < count for index in decoded.faults)
    for index, value in enumerate(decoded.values):
        if value is None:
            assert index in decoded.faults
        elif not isinstance(value, str):
            assert type(value) is float
            assert math.isfinite(value)
            assert value != 0 or math.copysign(1, value) == 1


@given(devices(), st.lists(st.lists(answers(), max_size=4), min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_a_sound_scan_and_never_an_exception(
    device: tuple[tuple[Channel, ...], tuple[StatusField, ...]], polls: list[list[Answer]]
) -> None:
    decoder = Decoder(*device)
    for poll in polls:
        assert_sound(decoder.decode(scan(*poll)), len(device[0]))


@given(devices((Space.HOLDING,)), st.binary(min_size=80, max_size=80), st.data())
@settings(max_examples=150, deadline=None)
def test_all_splits_that_cut_no_field_give_the_same_scan(
    device: tuple[tuple[Channel, ...], tuple[StatusField, ...]], image: bytes, data: st.DataObject
) -> None:
    decoder = Decoder(*device)
    held = [c.field for c in device[0]] + [s.field for s in device[1] if s.field.space is Space.HOLDING]
    # The longest field takes eight bytes after a first one: five registers.
    cut_nothing = [at for at in range(1, 40) if not any(f.address < at < f.address + 5 for f in held)]
    cuts = sorted(data.draw(st.sets(st.sampled_from(cut_nothing)))) if cut_nothing else []
    blocks = list(zip([0, *cuts], [*cuts, 40], strict=True))
    pieces = [answer(image[2 * low : 2 * high], low) for low, high in data.draw(st.permutations(blocks))]
    assert decoder.decode(scan(*pieces)) == decoder.decode(scan(answer(image)))
