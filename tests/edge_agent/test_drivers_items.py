"""Instruments whose values are asked for one by one: any bytes in any pieces, and never a value out of a
damaged, echoed or foreign frame."""

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import drivers
from edge_agent.drivers import Ask, Framing, RefusedError
from edge_agent.drivers._exchange import steps_of
from edge_agent.drivers.owen_ascii import hash_of
from edge_agent.samples import Block
from sensor_profiles import loader
from sensor_profiles.model import Space
from tests.edge_agent.stepping import blocks_of, cut
from tests.firmware_sim.clients import with_crc
from tests.golden.test_frames import scan_of
from wire.messages import Quality

PULSAR = Ask(Framing.RTU, 107080, Block(Space.ITEM, 2, 4), 0x90FC)
OWEN = Ask(Framing.RTU, 24, Block(Space.ITEM, 0, 7))
ASKS = {"pulsar": PULSAR, "owen_ascii": OWEN}
FRAMES = {
    "pulsar": bytes.fromhex("00 10 70 80 01 0E 5A B3 C5 41 FC 90 59 B7"),
    "owen_ascii": b"#HOGMONOKSIKNVVQNGVUHTRGK\r",
}
"""Whole answers of real hardware to these requests."""
NAMES = sorted(FRAMES)


def sent(name: str, asked: Ask) -> bytes:
    return next(steps_of(drivers.find(name), asked)).send


def taken(name: str, pieces: Iterable[bytes], asked: Ask | None = None) -> list[bytes]:
    return blocks_of(next(steps_of(drivers.find(name), asked or ASKS[name])), pieces)


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


READ, PV, COUNTER = 0x0000, 0x0100, 0x0400
"""Items of OWEN's parameters rEAd, PV and dCnt."""


def owen(unit: int, name: int, data: bytes, flags: int = 0) -> bytes:
    """An answer, its checksum reckoned by polynomial division."""
    body = bytes((unit, flags | len(data))) + name.to_bytes(2, "big") + data
    rest = int.from_bytes(body, "big") << 16
    while rest >= 1 << 16:
        rest ^= 0x18F57 << (rest.bit_length() - 17)
    letters = (chr(ord("G") + int(digit, 16)) for digit in (body + rest.to_bytes(2, "big")).hex())
    return f"#{''.join(letters)}\r".encode()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("A.LEN", 7890),
        ("SL.H", 60448),
        ("PV", 47327),
        ("R.OUT", 39238),
        ("O", 13800),
        ("C.SP.O", 46941),
        ("CJ-.C", 64104),
        ("EV-1", 11410),
        ("INIT", 233),
        ("rEAd", 0x8784),
    ],
)
def test_a_parameters_name_has_the_hash_that_is_published(name: str, code: int) -> None:
    assert hash_of(name) == code.to_bytes(2, "big")


@pytest.mark.parametrize(
    ("unit", "item", "question"),
    [
        (1, READ, owen(1, 0x8784, b"", 0x10)),
        (255, PV, owen(255, 0xB8DF, b"", 0x10)),
        (24, READ + 7, owen(31, 0x8784, b"", 0x10)),
        (400, 0x0300, owen(0x32, 0x9107, b"", 0x10)),
        (401, 0x0300, owen(0x32, 0x9107, b"", 0x30)),
    ],
    ids=["unit 1", "the last short address", "channel 8", "11 bits", "11 bits, odd"],
)
def test_an_owen_instrument_is_asked_by_address_and_hash(unit: int, item: int, question: bytes) -> None:
    assert sent("owen_ascii", Ask(Framing.RTU, unit, Block(Space.ITEM, item, 7))) == question


@pytest.mark.parametrize(
    ("item", "name", "data", "delivered"),
    [
        (READ, 0x8784, "41F36D00 1234", "41F36D00 1234 00"),
        (READ, 0x8784, "41F36D00", "41F36D00 FFFF 00"),
        (PV, 0xB8DF, "41AD99", "41AD99 FFFFFF 00"),
        (PV, 0xB8DF, "FD", "FFFFFFFFFFFF FD"),
        (COUNTER, 0xC173, "00123456", "000000123456 00"),
        (COUNTER, 0xC173, "99", "000000000099 00"),
        (COUNTER, 0xC173, "F6", "FFFFFFFFFFFF F6"),
    ],
)
def test_what_an_owen_instrument_says_is_delivered_in_seven_bytes(
    item: int, name: int, data: str, delivered: str
) -> None:
    asked, frame = Ask(Framing.RTU, 7, Block(Space.ITEM, item, 7)), owen(7, name, bytes.fromhex(data))
    assert taken("owen_ascii", [frame], asked) == [bytes.fromhex(delivered)]


@pytest.mark.parametrize(
    "frame",
    [
        owen(25, 0x8784, bytes(6)),
        owen(24, 0xB8DF, bytes(6)),
        owen(24, 0x8784, bytes(6), 0x10),
        owen(24, 0x8784, bytes(2)),
        owen(24, 0x8784, bytes(8)),
        owen(24, 0x8784, b""),
        owen(24, 0x0233, b"\x47\xb4\x65"),
        b"#HO\r",
        b"#\r",
    ],
    ids=[
        "another unit",
        "another parameter",
        "a request",
        "too short",
        "too long",
        "empty",
        "a refusal of something else",
        "a piece",
        "nothing",
    ],
)
def test_an_owen_answer_to_something_else_is_passed_over(frame: bytes) -> None:
    assert taken("owen_ascii", [frame]) == []
    assert taken("owen_ascii", [frame + FRAMES["owen_ascii"]]) == taken("owen_ascii", [FRAMES["owen_ascii"]])


@pytest.mark.parametrize(
    ("count", "frame", "code"),
    [(7, owen(24, 0x0233, b"\x47\x87\x84"), 0x47), (6, owen(24, 0x8784, b"\xfd"), 0xFD)],
    ids=["a network error", "a code that has no place"],
)
def test_an_owen_instrument_says_why_it_refuses(count: int, frame: bytes, code: int) -> None:
    asked = Ask(Framing.RTU, 24, Block(Space.ITEM, READ, count))
    with pytest.raises(RefusedError, match=f"exception {code}"):
        next(steps_of(drivers.find("owen_ascii"), asked)).take(bytearray(frame))


def test_a_parameter_the_driver_does_not_know_is_refused_and_not_asked() -> None:
    with pytest.raises(RefusedError):
        sent("owen_ascii", Ask(Framing.RTU, 1, Block(Space.ITEM, 0xFF00, 7)))


@pytest.mark.parametrize(("code", "known"), [(0xFD, "sensor break"), (0xF6, "not ready"), (0x12, None)])
def test_a_sensor_that_is_broken_has_no_value_and_no_time_stamp(code: int, known: str | None) -> None:
    [item] = taken("owen_ascii", [owen(24, 0x8784, bytes((code,)))])
    scan = scan_of("owen_trm138_ascii", OWEN.block, item)
    names = [channel.name for channel in loader.find("owen_trm138_ascii").channels]
    assert scan.faults[names.index("in1")] is Quality.BAD_DEVICE_STATUS
    assert scan.faults[names.index("time1")] is Quality.BAD_SENTINEL
    assert scan.values[names.index("in1")] is scan.values[names.index("time1")] is None
    assert loader.find("owen_trm138_ascii").statuses[0].meanings.get(f"0x{code:02X}") == known
