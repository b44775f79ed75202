"""Frames seen on real lines or printed by makers: the simulated instrument answers byte for byte the same."""

import pytest

from firmware_sim.devices.bus import Bus
from firmware_sim.devices.modbus import crc16
from sensor_profiles import loader
from tests.firmware_sim.clients import with_crc
from tests.firmware_sim.examples import Bench
from wire.messages import Value


def answers(profile: str, values: dict[str, Value], request: str, unit: int) -> list[bytes]:
    bus = Bus([Bench(loader.find(profile), values, unit=unit, streaming=False).instrument])
    return [reply.data for reply in bus.hear(bytes.fromhex(request), 0)]


@pytest.mark.parametrize(
    ("profile", "unit", "values", "request_hex", "reply_hex"),
    [
        # doc.omnicomm.ru/en/lls_integration; Escort TD-600 page
        (
            "omnicomm_lls",
            1,
            {"temperature": 17.0, "level": 1.0, "frequency": 1.0},
            "31 01 06 6C",
            "3E 01 06 11 01 00 01 00 30",
        ),
        # maker's manual of RS-FXJT
        (
            "renke_rs_fxjt",
            1,
            {"sector": 2.0, "wind_direction": 90.0},
            "01 03 00 00 00 02 C4 0B",
            "01 03 04 00 02 00 5A DB C8",
        ),
        # wirenboard/wb-mqtt-serial, test/TIVTMDeviceTest.IVTM7MQuery.dat
        (
            "eksis_ivtm7",
            1,
            {"t_air": 26.228420, "rh_air": 29.450287},
            b"$0001RR000404B1\r".hex(),
            b"!0001RR309AEB414F\r".hex(),
        ),
        # The same, test/TPulsarDeviceTest.PulsarHeatMeterFloatQuery.dat
        (
            "pulsar_heat",
            107080,
            {"t_supply": 24.712574},
            "00 10 70 80 01 0E 04 00 00 00 00 00 7C A7",
            "00 10 70 80 01 0E 5A B3 C5 41 00 00 18 DB",
        ),
        # The same, test/lls_test.cpp; what stands behind the raw count is calibration, here 0
        (
            "escort_db2",
            1,
            {"temperature": 28.0, "level": 6.0, "raw": 5030.0},
            "31 01 F0 C5",
            "3E 01 F0 1C 06 00 A6 13 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 30",
        ),
        # The self-test of a public driver of the OWEN protocol
        (
            "owen_trm138_ascii",
            24,
            {"in1": -49.99966, "time1": 4065.0},
            b"#HOHGONOKQSRG\r".hex(),
            b"#HOGMONOKSIKNVVQNGVUHTRGK\r".hex(),
        ),
    ],
    ids=["omnicomm_lls", "renke_direction", "eksis_ivtm7", "pulsar_heat", "escort_db2", "owen_trm138_ascii"],
)
def test_a_printed_request_gets_the_printed_reply(
    profile: str, unit: int, values: dict[str, Value], request_hex: str, reply_hex: str
) -> None:
    assert answers(profile, values, request_hex, unit) == [bytes.fromhex(reply_hex)]


@pytest.mark.parametrize(
    ("value", "registers"),
    [(15.12193, (0x4171, 0xF36D)), (15.10429, (0x4171, 0xAB2C))],
)
def test_a_trm138_float_has_the_registers_dumped_from_hardware(
    value: float, registers: tuple[int, int]
) -> None:
    # Request of a plant poller: unit 24, FC04, 30 registers from 0, six channels of five.
    [reply] = answers("owen_trm138", {"in1": value}, "18 04 00 00 00 1E 72 0B", 24)
    assert reply[:3] == bytes([24, 4, 60])
    words = [int.from_bytes(reply[3 + 2 * n : 5 + 2 * n], "big") for n in range(30)]
    assert words[:5] == [0, 0, 0, *registers]
    assert words[7] == 1, "the second input has no sensor: the first status that is not good"


def test_an_sds011_answers_the_query_with_its_frame() -> None:
    request = "AA B4 04 00 00 00 00 00 00 00 00 00 00 00 00 FF FF 02 AB"
    [reply] = answers("nova_sds011", {"pm2_5": 12.3, "pm10": 45.6}, request, 0xA160)
    # 123 = 0x007B, 456 = 0x01C8, little-endian; the sum is over the six bytes between head and sum.
    assert reply == bytes.fromhex("AA C0 7B 00 C8 01 A1 60 45 AB")


def test_a_pms_answers_the_read_command_with_its_frame() -> None:
    [reply] = answers("plantower_pms5003", {"pm1": 5, "pm2_5": 9, "pm10": 300}, "42 4D E2 00 00 01 71", 1)
    expected = "42 4D 00 1C" + "0000" * 3 + "0005 0009 012C" + "0000" * 7
    body = bytes.fromhex(expected)
    assert reply == body + sum(body).to_bytes(2, "big")


def test_a_pzem_frame_has_the_printed_checksum() -> None:
    # ESPHome's PZEM reference.
    frame = bytes.fromhex("01 04 14 08 D1 00 6C 00 00 00 F4 00 00 00 26 00 00 01 F4 00 64 00 00 51 34")
    assert crc16(frame[:-2]) == frame[-2:]


def test_the_whole_map_of_an_mv110_comes_in_one_read() -> None:
    # Three drivers: six registers an input from 0, read as 48 at once.
    [reply] = answers(
        "owen_mv110_224_8a", {"in8": -1.5}, with_crc(bytes.fromhex("10 03 0000 0030")).hex(), 16
    )
    assert reply[:3] == bytes([16, 3, 96])
    assert reply[3 + 2 * 44 : 3 + 2 * 48] == bytes.fromhex("0000 0000 BFC00000")


def pulsar(body: str) -> bytes:
    """To or from meter 1, as the request with the number 0x1234."""
    return with_crc(bytes.fromhex("00000001" + body + "3412"))


@pytest.mark.parametrize(
    ("name", "asked", "refusal", "writes"),
    [
        ("eksis_ivtm7", b"$0001WR000001AA31\r", b"?0001WRA9\r", 1),
        ("eksis_ivtm7", b"$0001RR000041AE\r", b"?0001RRA4\r", 0),
        ("pulsar_heat", pulsar("05 10 010203040506"), pulsar("00 0B 01"), 1),
        ("pulsar_heat", pulsar("01 0E 04000080"), pulsar("00 0B 02"), 0),
        ("pulsar_heat", pulsar("01 0E 00000000"), pulsar("00 0B 02"), 0),
        # RAA80/python-owen, test/test_protocol.py: a write of APLY, and how it was refused; a read of A.LEN
        ("owen_trm201_ascii", b"#GHGJRKMLGGGGGGGPGH\r", b"#GHGJGIJJKNRKMLLNJK\r", 1),
        ("owen_trm201_ascii", b"#GHHGHUTIKGJI\r", b"#GHGJGIJJKNHUTIOHHN\r", 0),
    ],
    ids=[
        "a write",
        "too many bytes",
        "a clock",
        "a channel too many",
        "no channel",
        "a parameter",
        "no such parameter",
    ],
)
def test_what_an_instrument_does_not_do_is_refused(
    name: str, asked: bytes, refusal: bytes, writes: int
) -> None:
    bench = Bench(loader.find(name), {}, unit=1)
    assert [reply.data for reply in Bus([bench.instrument]).hear(asked, 0)] == [refusal]
    assert bench.instrument.writes_attempted == writes
    assert bench.served == []


@pytest.mark.parametrize(
    ("power", "told"),
    [
        (5530.95, "08 87 70"),
        (-5530.95, "88 87 70"),
        (200_000.0, "3F FE FF"),
        (-200_000.0, "BF FE FF"),
        (None, "FF FF FF"),
    ],
)
def test_a_mercury_tells_power_in_22_bits_and_a_sign(power: Value, told: str) -> None:
    bench = Bench(loader.find("mercury_230"), {"p": power}, unit=0)
    bus = Bus([bench.instrument])
    [opened] = bus.hear(bytes.fromhex("00 01 01 01 01 01 01 01 01 77 81"), 0)
    assert opened.data == bytes.fromhex("00 00 01 B0")
    [reply] = bus.hear(bytes.fromhex("00 08 11 00 8D B6"), 0)
    assert reply.data == with_crc(bytes.fromhex("00" + told))
    assert reply.served is not None
    sent = None if power is None else max(min(power, 41943.02), -41943.02)
    assert reply.served.values == {"p": sent}


@pytest.mark.parametrize(
    ("asked", "code", "writes"),
    [
        ("00 08 11 00", 5, 0),
        ("00 01 01 010101010102", 3, 0),
        ("00 01 02 010101010101", 3, 1),
        ("00 03 0C 010203040506", 5, 1),
    ],
    ids=["no session", "a wrong password", "a session that may write", "a clock"],
)
def test_a_mercury_refuses(asked: str, code: int, writes: int) -> None:
    bench = Bench(loader.find("mercury_230"), {}, unit=0)
    [reply] = Bus([bench.instrument]).hear(with_crc(bytes.fromhex(asked)), 0)
    assert reply.data == with_crc(bytes([0, code]))
    assert bench.instrument.writes_attempted == writes


@pytest.mark.parametrize(
    ("measured", "told", "reply"),
    [
        (-12.3, -12.3, "40 3F 10 00 56 25 04 C3 00 00 30 0C"),
        (5e6, 4_294_967.295, "40 3F 10 00 56 25 04 43 FF FF FF FF"),
        (None, None, "40 3F 10 00 56 25 00 00"),
    ],
    ids=["negative", "more than four bytes", "broken"],
)
def test_a_multical_reports_what_it_has_sent(measured: Value, told: Value, reply: str) -> None:
    bench = Bench(loader.find("kamstrup_multical"), {"t1": measured}, unit=1)
    [sent] = Bus([bench.instrument]).hear(bytes.fromhex("80 3F 10 01 00 56 7F B3 0D"), 0)
    assert sent.data.startswith(bytes.fromhex(reply))
    assert sent.served is not None
    assert sent.served.values == {"t1": told}


def test_a_pulsar_tells_all_the_channels_of_a_mask_in_one_answer() -> None:
    values: dict[str, Value] = {"t_supply": 90.5, "t_return": 60.25}
    [reply] = answers("pulsar_heat", values, pulsar("01 0E 0C000000").hex(), 1)
    assert reply == pulsar("01 12 0000B542 00007142")


def test_a_broken_sensor_of_an_owen_instrument_is_answered_by_its_code_alone() -> None:
    values: dict[str, Value] = {"in1": 20.5, "in2": None, "time2": 7.0}
    bench = Bench(loader.find("owen_trm138_ascii"), values, unit=23)
    asked = b"#HOHGONOKQSRG\r"  # rEAd of address 24, the second channel
    [reply] = Bus([bench.instrument]).hear(asked, 0)
    assert reply.data[:11] == b"#HOGHONOKVG", "one byte: F0, the first code that is not good"
    assert reply.served is not None
    assert reply.served.values == {"in2": None, "time2": None}
