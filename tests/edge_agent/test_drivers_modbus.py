"""Which bytes answer which read, whatever else is on the wire."""

import itertools
import struct
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.drivers import (
    Ask,
    BusyError,
    Driver,
    DriverError,
    Framing,
    LinkDownError,
    NoAnswerError,
    RefusedError,
    Session,
    find,
)
from edge_agent.drivers.modbus import data_bytes
from edge_agent.samples import Block
from sensor_profiles.model import Space
from tests.edge_agent.peer import with_crc


def single(protocol: str) -> Driver:
    """A driver that asks once for each block."""
    driver = find(protocol)
    assert not isinstance(driver, Session)
    return driver


MODBUS = single("modbus")
HOLDING = Block(Space.HOLDING, 16, 3)
RTU = Ask(Framing.RTU, 5, HOLDING)
MBAP = Ask(Framing.MBAP, 5, HOLDING, 700)
DATA = bytes.fromhex("00 01 83 02 05 03")
"""Awkward on purpose: it holds what looks like the beginnings of an answer and of an exception."""


def mbap(pdu: bytes, unit: int = 5, transaction: int = 700) -> bytes:
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


def rtu(pdu: bytes, unit: int = 5) -> bytes:
    return with_crc(bytes((unit,)) + pdu)


def answer(data: bytes = DATA, function: int = 3) -> bytes:
    return bytes((function, len(data))) + data


def take(ask: Ask, pieces: Iterable[bytes]) -> bytes | None:
    received = bytearray()
    for piece in pieces:
        received += piece
        if (data := MODBUS.take(ask, received)) is not None:
            return data
    return None


def chunks(whole: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(whole) + 1) for cut in cuts), len(whole)]
    return [whole[a:b] for a, b in itertools.pairwise(edges)]


CUTS = st.lists(st.integers(0, 300), max_size=12)
NOISE = st.binary(max_size=40)


@pytest.mark.parametrize(
    ("space", "function", "data"),
    [
        (Space.COIL, 1, b"\x05"),
        (Space.DISCRETE, 2, b"\x05"),
        (Space.HOLDING, 3, DATA),
        (Space.INPUT, 4, DATA),
    ],
)
def test_each_table_has_its_function_and_its_length(space: Space, function: int, data: bytes) -> None:
    ask = Ask(Framing.RTU, 5, Block(space, 16, 3))
    assert MODBUS.request(ask) == with_crc(struct.pack(">BBHH", 5, function, 16, 3))
    assert take(ask, [rtu(answer(data, function))]) == data


def test_requests_are_those_of_real_lines() -> None:
    """The request of a plant poller to an OWEN TRM138 at address 24, and the same on TCP."""
    ask = Ask(Framing.RTU, 24, Block(Space.INPUT, 0, 30))
    assert MODBUS.request(ask) == bytes.fromhex("18 04 00 00 00 1E 72 0B")
    tcp = Ask(Framing.MBAP, 24, Block(Space.INPUT, 0, 30), 0xABCD)
    assert MODBUS.request(tcp) == bytes.fromhex("AB CD 00 00 00 06 18 04 00 00 00 1E")


def test_the_answer_of_a_real_pzem_016() -> None:
    frame = bytes.fromhex("01 04 14 08 D1 00 6C 00 00 00 F4 00 00 00 26 00 00 01 F4 00 64 00 00 51 34")
    assert take(Ask(Framing.RTU, 1, Block(Space.INPUT, 0, 10)), [frame]) == frame[3:-2]


@given(NOISE, NOISE, CUTS)
@settings(max_examples=150)
def test_rtu_finds_its_answer_in_any_noise_in_any_pieces(
    before: bytes, after: bytes, cuts: list[int]
) -> None:
    pieces = chunks(before + rtu(answer()) + after, cuts)
    assert take(RTU, pieces) == DATA


FOREIGN = st.sampled_from(
    [
        rtu(answer(), unit=6),
        rtu(answer(DATA[:4])),
        rtu(answer(function=4)),
        rtu(b"\x84\x02"),
        rtu(b"\x83\x02", unit=6),
        MODBUS.request(RTU),
        b"F=0A t=1B N=1F.0\r\n",
        b"\x05\x03",
        b"\x05\x03\xff",
    ]
)


@given(st.lists(FOREIGN, max_size=5), CUTS)
@settings(max_examples=100)
def test_rtu_drops_what_answers_something_else(foreign: list[bytes], cuts: list[int]) -> None:
    """Other units, counts, functions, the echo of the request, ASCII chatter, headers that lead nowhere."""
    assert take(RTU, chunks(b"".join(foreign), cuts)) is None
    assert take(RTU, chunks(b"".join((*foreign, rtu(answer()))), cuts)) == DATA


@given(st.integers(0, len(rtu(answer())) * 8 - 1))
def test_one_wrong_bit_makes_no_answer(bit: int) -> None:
    frame = bytearray(rtu(answer()))
    frame[bit // 8] ^= 1 << bit % 8
    assert take(RTU, [bytes(frame)]) is None


OTHERS = st.sampled_from(
    [
        mbap(answer(), transaction=699),
        mbap(answer(), unit=6),
        mbap(answer(DATA[:4])),
        mbap(answer(function=4)),
        mbap(b"\x83\x02", transaction=699),
        mbap(b"\x03\x00"),
    ]
)


@given(st.lists(OTHERS, max_size=5), CUTS)
@settings(max_examples=100)
def test_mbap_passes_over_other_frames_in_any_pieces(others: list[bytes], cuts: list[int]) -> None:
    whole = b"".join((*others, mbap(answer())))
    assert take(MBAP, chunks(whole, cuts)) == DATA
    assert take(MBAP, chunks(whole[:-1], cuts)) is None


@given(st.binary(max_size=64))
def test_any_bytes_are_no_answer_or_a_lost_step(noise: bytes) -> None:
    received = bytearray(noise)
    try:
        assert MODBUS.take(MBAP, received) is None
    except LinkDownError as error:
        assert "rtu_over_tcp" in str(error)


def test_half_a_late_frame_does_not_cost_mbap_its_step() -> None:
    late, own = mbap(answer(), transaction=699), mbap(answer())
    received = bytearray(late[:9])
    assert MODBUS.take(MBAP, received) is None
    received += late[9:] + own[:4]
    assert MODBUS.take(MBAP, received) is None
    received += own[4:]
    assert MODBUS.take(MBAP, received) == DATA
    assert not received


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, RefusedError),
        (2, RefusedError),
        (3, RefusedError),
        (4, RefusedError),
        (5, BusyError),
        (6, BusyError),
        (8, RefusedError),
        (10, NoAnswerError),
        (11, NoAnswerError),
    ],
)
@pytest.mark.parametrize("framing", list(Framing))
def test_an_exception_says_what_to_do_next(framing: Framing, code: int, kind: type[DriverError]) -> None:
    ask = RTU if framing is Framing.RTU else MBAP
    frame = (rtu if framing is Framing.RTU else mbap)(bytes((0x83, code)))
    with pytest.raises(kind) as caught:
        take(ask, [frame])
    assert type(caught.value) is kind
    assert getattr(caught.value, "code", code) == code


@given(
    st.lists(
        st.builds(
            Block, st.sampled_from([Space.HOLDING, Space.COIL]), st.integers(0, 50), st.integers(1, 125)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_answer_to_a_resynchronising_read_fits_no_planned_block(blocks: list[Block]) -> None:
    resync = MODBUS.resync(tuple(blocks))
    assert resync is not None
    same = [block for block in blocks if block.space is resync.space]
    assert data_bytes(resync) not in {data_bytes(block) for block in same}
    assert resync.start == blocks[0].start
