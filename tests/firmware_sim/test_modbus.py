"""What instruments say to requests, right ones and wrong ones."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.devices.bus import Bus
from firmware_sim.devices.modbus import RtuSpeaker, TcpSpeaker, answer
from sensor_profiles.model import Encoding, Space
from tests.firmware_sim import examples
from tests.firmware_sim.clients import mbap, with_crc
from tests.firmware_sim.examples import Bench, channel, field

READ = with_crc(bytes([1, 3, 0, 0, 0, 2]))
REPLY = with_crc(bytes([1, 3, 4, 0, 2, 0, 90]))


def probe(**more: object) -> Bench:
    return Bench(examples.renke_direction(), {"sector": 2.0, "direction": 90.0}, **more)


def pdu(text: str, of: Bench | None = None) -> bytes:
    return answer((of or probe()).instrument, bytes.fromhex(text)).data


@pytest.mark.parametrize(
    ("request_hex", "reply_hex", "why"),
    [
        ("03 0000 0000", "83 03", "nothing asked"),
        ("03 0000 007E", "83 03", "more than 125 registers"),
        ("03 0000", "83 03", "cut short"),
        ("03 0000 0002 00", "83 03", "too long"),
        ("03 0002 0001", "83 02", "behind the last register"),
        ("03 0001 0002", "83 02", "over the end"),
        ("03 FFFF 0002", "83 02", "over the end of the space"),
        ("04 0000 0002", "84 01", "it has no input registers"),
        ("01 0000 0001", "81 01", "nor coils"),
        ("2B 0D 00", "AB 01", "CANopen, which it does not know"),
        ("2B 0E 05 00", "AB 03", "no such read code"),
        ("2B 0E 04 09", "AB 02", "no such object"),
        ("64", "E4 01", "a function nobody knows"),
    ],
)
def test_a_request_it_cannot_answer_gets_its_exception(request_hex: str, reply_hex: str, why: str) -> None:
    assert pdu(request_hex) == bytes.fromhex(reply_hex), why


@pytest.mark.parametrize(
    "request_hex",
    [
        "05 0000 FF00",
        "06 0001 0003",
        "0F 0000 0008 01 FF",
        "10 0000 0001 02 0000",
        "16 0000 0000 0000",
        "08 0000 0000",
    ],
)
def test_every_write_is_refused_and_counted(request_hex: str) -> None:
    bench = probe()
    request = bytes.fromhex(request_hex)
    assert pdu(request_hex, bench) == bytes([request[0] | 0x80, 1])
    [reply] = RtuSpeaker([bench.instrument]).hear(with_crc(b"\x01" + request), 0)
    assert reply.data == with_crc(bytes([1, request[0] | 0x80, 1]))
    assert bench.instrument.writes_attempted == 2
    assert bench.served == []


def test_reads_are_no_writes() -> None:
    bench = probe()
    for request in ("03 0000 0002", "03 0009 0001", "11", "2B 0E 01 00"):
        pdu(request, bench)
    assert bench.instrument.writes_attempted == 0


def test_a_broadcast_write_is_counted_and_not_answered() -> None:
    bench = probe()
    assert list(RtuSpeaker([bench.instrument]).hear(with_crc(bytes.fromhex("00 06 0000 0001")), 0)) == []
    assert bench.instrument.writes_attempted == 1


def test_it_names_itself() -> None:
    bench = Bench(examples.trm138(), {})
    assert pdu("11", bench) == bytes([0x11, 12]) + b"OWEN TRM138"[:11] + b"\xff"
    assert pdu("2B 0E 01 00", bench)[:7] == bytes.fromhex("2B 0E 01 81 00 00 03")
    assert b"\x00\x04OWEN\x01\x06TRM138\x02\x031.0" in pdu("2B 0E 01 00", bench)
    assert pdu("2B 0E 04 01", bench)[6:] == b"\x01\x01\x06TRM138"


def test_a_block_that_the_instrument_cannot_send_at_once_is_refused() -> None:
    small = examples.profile(*examples.generic().channels, max_registers=10)
    assert pdu("03 0000 000B", Bench(small, {})) == bytes.fromhex("83 03")
    assert pdu("03 0000 000A", Bench(small, {}))[:2] == bytes.fromhex("03 14")


def test_holes_are_served_as_zero_unless_they_are_refused() -> None:
    values = {"t1": 15.0}
    assert pdu("04 0000 0005", Bench(examples.trm138(), values)) == b"\x04\x0a" + bytes(6) + struct.pack(
        ">f", 15.0
    )
    strict = Bench(examples.trm138(), values, holes_refused=True)
    assert pdu("04 0000 0005", strict) == bytes.fromhex("84 02")
    assert pdu("04 0002 0003", strict) == b"\x04\x06\x00\x00" + struct.pack(">f", 15.0)


def test_bits_are_packed_lowest_first() -> None:
    bits = examples.profile(
        *(channel(f"b{n}", field(Encoding.BIT, 10 + n, Space.COIL)) for n in range(10)),
        *(channel(f"d{n}", field(Encoding.BIT, n, Space.DISCRETE)) for n in range(2)),
    )
    bench = Bench(bits, {"b0": 1.0, "b2": 1.0, "b9": 1.0, "d1": 1.0})
    assert pdu("01 000A 000A", bench) == bytes.fromhex("01 02 05 02")
    assert pdu("02 0000 0002", bench) == bytes.fromhex("02 01 02")
    assert pdu("01 000A 07D1", bench) == bytes.fromhex("81 03")
    assert pdu("01 0009 0002", bench) == bytes.fromhex("81 02")


def test_only_channels_that_lie_wholly_in_the_answer_are_served() -> None:
    bench = Bench(examples.generic(3), {"v0": 1.0, "v1": 2.0, "v2": 3.0})
    found = answer(bench.instrument, bytes.fromhex("03 0001 0004"))
    assert found.served == {"v1": 2.0}
    assert found.data[2:] == struct.pack(">fff", 1, 2, 3)[2:-2]


@settings(max_examples=150)
@given(
    noise=st.lists(
        st.binary(max_size=300) | st.sampled_from([READ[:5], b"\x01\x10", b"\x01", READ[:-1] + b"\0"])
    )
)
def test_no_noise_on_an_rtu_line_keeps_it_from_the_next_request(noise: list[bytes]) -> None:
    speaker = RtuSpeaker([probe().instrument])
    for data in noise:
        list(speaker.hear(data, 0))
    assert [reply.data for reply in speaker.hear(READ, 0)][-1:] == [REPLY]


@settings(max_examples=60)
@given(noise=st.lists(st.binary(max_size=80) | st.sampled_from([b"\x31", b"\xaa\xb4", b"BM", b"BM\xe2"])))
def test_no_noise_on_a_line_of_small_sensors_keeps_them_from_the_next_request(noise: list[bytes]) -> None:
    benches = [
        Bench(examples.lls(), {"temperature": 17.0, "level": 1.0, "frequency": 1.0}),
        Bench(examples.sds011(), {"pm2_5": 1.0}),
        Bench(examples.pms5003(), {"pm2_5": 9.0}, streaming=False),
    ]
    bus = Bus([bench.instrument for bench in benches])
    for data in noise:
        list(bus.hear(data, 0))
    requests = ("3101066C", "AAB404" + "00" * 12 + "FFFF02AB", "424DE200000171")
    heads = [[reply.data[:2] for reply in bus.hear(bytes.fromhex(text), 0)] for text in requests]
    assert [found[-1:] for found in heads] == [[b"\x3e\x01"], [b"\xaa\xc0"], [b"BM"]]


@settings(max_examples=150)
@given(noise=st.lists(st.binary(max_size=300)))
def test_noise_on_tcp_is_waited_out_or_gives_the_connection_up(noise: list[bytes]) -> None:
    bench = probe()
    speaker = TcpSpeaker([bench.instrument])
    for data in noise:
        list(speaker.hear(data, 0))
    assert len(speaker._buffer) < 260 or speaker.lost
    fresh = TcpSpeaker([bench.instrument])
    assert [reply.data for reply in fresh.hear(mbap(9, 1, READ[1:-2]), 0)] == [mbap(9, 1, REPLY[1:-2])]


@settings(max_examples=200)
@given(function=st.integers(1, 127), body=st.binary(max_size=252))
def test_any_pdu_gets_an_answer_that_fits_a_frame(function: int, body: bytes) -> None:
    reply = answer(probe().instrument, bytes([function]) + body).data
    assert reply[0] & 0x7F == function
    assert 2 <= len(reply) <= 253


def test_changing_commands_of_small_sensors_are_counted_and_not_obeyed() -> None:
    dust, level = Bench(examples.pms5003(), {}), Bench(examples.lls(), {})
    assert list(Bus([dust.instrument]).hear(bytes.fromhex("424DE100010171 424DE400000173"), 0)) == []
    assert list(Bus([level.instrument]).hear(bytes.fromhex("31010732"), 0)) == []
    assert (dust.instrument.writes_attempted, level.instrument.writes_attempted) == (2, 1)
    assert dust.served == level.served == []
