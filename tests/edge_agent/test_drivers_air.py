"""Dust, gas and weather instruments: any bytes in any pieces, and never a value out of a damaged frame."""

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import drivers
from edge_agent.drivers import Ask, BusyError, Framing, RefusedError, Step
from edge_agent.drivers._exchange import steps_of
from edge_agent.samples import Block
from sensor_profiles import loader
from sensor_profiles.model import Space
from tests.edge_agent.stepping import blocks_of, cut
from tests.golden.test_frames import decoded, scan_of
from wire.messages import Quality, Value

UNIT = 17
CHECKED = {
    "plantower_pms3003": "42 4D 00 14 00 01 00 01 00 01 00 01 00 01 00 01 00 00 00 00 00 51 00 FA",
    "winsen_ze08_ch2o": "FF 86 00 2A 00 00 00 20 30",
    "winsen_ze07_co": "FF 04 03 01 00 05 13 88 58",
    "honeywell_hpma115s0": "40 05 04 00 30 00 31 56",
    "honeywell_hpma115c0": "40 0D 04 00 30 00 31 00 32 00 33 00 00 00 00 E9",
    "gill_windsonic": b"\x02Q,229,002.74,M,00,\x0316\r\n".hex(),
    "dypcn_a02yyuw": "FF 07 A1 A7",
    "escort_db2": "3E 11 F0 1C 06 00 A6 13 00 00 9E 11 00 00 A0 86 01 00 D4 05 00 0A 05 C9",
    "eksis_ivtm7": b"!0011RRCED3D141309AEB4129\r".hex(),
    "davis_vantage_pro2": "4c4f4f14003e032175da0239d10204056301ffffffffffffffffffffffffffffff4effffffffffffff"
    "0000ffff7f0000ffff000000000000000000000000ffffffffffffff0000000000000000000000000000000000002703064b2602"
    "3e070a0d1163",
}
"""Whole frames of instruments that send a checksum."""
AQT = "2023-04-28T21:35:32,{},{},20328\r\n"
WXT = b"HR0,Dm=051D,Sm=0.1M,Ta=27.9C,Ua=39.4P,Pa=1003.2H,Rc=0.00M\r\n"
UNCHECKED = {
    "vaisala_aqt530": AQT.format("22.2,24.9,0.3", "T:H:PM10").encode().hex(),
    "vaisala_wxt536": WXT.hex(),
}
"""Lines of those that do not."""
FRAMES = {name: bytes.fromhex(frame) for name, frame in (CHECKED | UNCHECKED).items()}
NAMES = sorted([*FRAMES, "sensirion_sps30"])


def shdlc(body: bytes) -> bytes:
    """As the maker's library frames it, byte by byte."""
    out = bytearray()
    for byte in (*body, ~sum(body) & 0xFF):
        out += bytes((0x7D, byte ^ 0x20)) if byte in {0x7E, 0x7D, 0x11, 0x13} else bytes((byte,))
    return b"~" + bytes(out) + b"~"


FRAMES["sensirion_sps30"] = shdlc(bytes((UNIT, 3, 0, 40)) + struct.pack(">10f", *range(10)))


def ask(name: str) -> Ask:
    return Ask(Framing.RTU, UNIT, Block(Space.FRAME, 0, loader.find(name).frame_bytes or 0))


def first_step(protocol: str, asked: Ask) -> Step:
    """What the driver says first, and how it takes the answer."""
    return next(steps_of(drivers.find(protocol), asked))


def taken(name: str, pieces: Iterable[bytes]) -> list[bytes]:
    return blocks_of(first_step(loader.find(name).protocol, ask(name)), pieces)


@pytest.mark.parametrize("name", NAMES)
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
@settings(max_examples=60)
def test_any_bytes_in_any_pieces_give_whole_blocks_or_none(name: str, noise: bytes, at: list[int]) -> None:
    assert all(len(block) == ask(name).block.count for block in taken(name, cut(noise, at)))


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(max_examples=60)
def test_a_line_of_letters_and_digits_is_no_trap(name: str, data: st.DataObject) -> None:
    """Text instruments fail in their own ways: a good line with pieces put in, taken out and doubled."""
    line = bytearray(FRAMES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        low = data.draw(st.integers(0, len(line)))
        high = data.draw(st.integers(low, min(len(line), low + 6)))
        line[low:high] = data.draw(
            st.sampled_from([b"", b",", b"=", b"-", b".", b"9", b"\r\n", b":", b"#", b"\x02"])
        )
    assert all(len(block) == ask(name).block.count for block in taken(name, [bytes(line)]))


@pytest.mark.parametrize("name", NAMES)
@given(st.lists(st.integers(0, 300), max_size=6), st.binary(max_size=20))
@settings(max_examples=40)
def test_a_frame_comes_out_of_any_pieces_behind_noise(name: str, at: list[int], noise: bytes) -> None:
    good = FRAMES[name]
    starts = b"\xff@BL~\x02HR\r\n\x96!>"
    whole = taken(name, [good])
    assert len(whole) == 1
    assert taken(name, cut(noise.translate(None, starts) + good, at)) == whole


@pytest.mark.parametrize("name", [*sorted(CHECKED), "sensirion_sps30"])
@given(st.data())
@settings(max_examples=100)
def test_a_changed_byte_is_never_read(name: str, data: st.DataObject) -> None:
    frame = bytearray(FRAMES[name])
    where = data.draw(st.integers(0, len(frame) - 1))
    frame[where] ^= data.draw(st.integers(1, 255))
    assert taken(name, [bytes(frame)]) == []


@pytest.mark.parametrize("name", [*sorted(CHECKED), "sensirion_sps30"])
@given(st.data())
@settings(max_examples=40)
def test_a_lost_byte_costs_one_frame_and_no_more(name: str, data: st.DataObject) -> None:
    good = FRAMES[name]
    lost = data.draw(st.integers(0, len(good) - 1))
    found = taken(name, [good[:lost] + good[lost + 1 :], good, good])
    assert found
    assert set(found) == set(taken(name, [good]))


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=10, max_size=10))
@settings(max_examples=60)
def test_stuffed_bytes_are_put_right(numbers: list[float]) -> None:
    data = struct.pack(">10f", *numbers)
    assert taken("sensirion_sps30", [shdlc(bytes((UNIT, 3, 0, 40)) + data)]) == [data]


IDLE = 0x43


def said(command: int, state: int = 0, data: bytes = b"") -> bytes:
    return shdlc(bytes((UNIT, command, state, len(data))) + data)


def test_an_idle_dust_sensor_is_started_and_read() -> None:
    steps = steps_of(drivers.find("sensirion_shdlc"), ask("sensirion_sps30"))
    reading = next(steps)
    with pytest.raises(RefusedError) as refusal:
        reading.take(bytearray(said(3, IDLE)))
    start = steps.throw(refusal.value)
    assert start.send == shdlc(bytes((UNIT, 0, 2, 1, 3)))
    assert start.take(bytearray(said(3, 0, bytes(40)))) is None, "a late answer to the read"
    assert start.take(bytearray(said(0))) == b""
    assert steps.send(b"").send == reading.send
    with pytest.raises(BusyError, match="no new values"):
        steps.send(reading.take(bytearray(said(3))) or b"")


@pytest.mark.parametrize("state", [0x01, 0x80, 0xFF])
def test_a_dust_sensor_with_an_error_is_not_started(state: int) -> None:
    steps = steps_of(drivers.find("sensirion_shdlc"), ask("sensirion_sps30"))
    with pytest.raises(RefusedError) as refusal:
        next(steps).take(bytearray(said(3, state)))
    with pytest.raises(RefusedError, match=f"exception {state}"):
        steps.throw(refusal.value)


@pytest.mark.parametrize(
    ("name", "answer"), [("honeywell_hpma115s0", b"\x96\x96"), ("eksis_ivtm7", b"?0011RRA5\r")]
)
def test_a_negative_answer_is_a_refusal(name: str, answer: bytes) -> None:
    with pytest.raises(RefusedError):
        first_step(loader.find(name).protocol, ask(name)).take(bytearray(answer))


def test_the_frame_a_dust_sensor_sends_unasked_means_the_same() -> None:
    body = b"BM\x00\x1c" + struct.pack(">13H", 999, 48, 49, *[777] * 10)
    [block] = taken("honeywell_hpma115s0", [body + sum(body).to_bytes(2, "big")])
    assert decoded("honeywell_hpma115s0", ask("honeywell_hpma115s0").block, block) == {
        "pm2_5": 48,
        "pm10": 49,
    }
    assert taken("honeywell_hpma115c0", [body + sum(body).to_bytes(2, "big")]) == [], "laid out otherwise"


def meaning(name: str, line: bytes) -> tuple[dict[str, Value], dict[str, Quality]]:
    """The values of a line, and why the other channels have none."""
    [block] = taken(name, [line])
    scan = scan_of(name, ask(name).block, block)
    names = [channel.name for channel in loader.find(name).channels]
    values: dict[str, Value] = {n: v for n, v in zip(names, scan.values, strict=True) if v is not None}
    return values, {names[index]: fault for index, fault in scan.faults.items()}


@given(st.permutations(["T:22.2", "H:24.9", "P:984.1", "NO2:-0.001", "PM2.5:7.5", "XYZ:3"]))
@settings(max_examples=30)
def test_gases_are_found_by_their_names(items: list[str]) -> None:
    names, values = zip(*(item.split(":") for item in items), strict=True)
    found, faults = meaning("vaisala_aqt530", AQT.format(",".join(values), ":".join(names)).encode())
    assert found == {
        "t_air": 22.2,
        "rh_air": 24.9,
        "p_air": 984.1,
        "no2": pytest.approx(-0.001),
        "pm2_5": 7.5,
    }
    assert set(faults.values()) == {Quality.BAD_SENTINEL}, "what the line does not have"


@pytest.mark.parametrize(
    ("values", "names"),
    [("1.0,2.0", "T"), ("1.0", "T:H"), ("1.0,2.0", "T:T"), ("1.0,x", "T:H"), ("1.0,", "T:H"), ("1e3", "T")],
)
def test_a_line_whose_lists_do_not_fit_is_not_read(values: str, names: str) -> None:
    assert taken("vaisala_aqt530", [AQT.format(values, names).encode()]) == []


UNITS: list[tuple[bytes, bytes, str]] = [
    (b"Sm=0.1M", b"Sm=0.1S", "wind_speed"),
    (b"Sm=0.1M", b"Sm=0.1K", "wind_speed"),
    (b"Sm=0.1M", b"Sm=0.1N", "wind_speed"),
    (b"Sm=0.1M", b"Sm=0.1#", "wind_speed"),
    (b"Ta=27.9C", b"Ta=82.2F", "t_air"),
    (b"Pa=1003.2H", b"Pa=1.0032B", "p_air"),
    (b"Pa=1003.2H", b"Pa=29.6I", "p_air"),
    (b"Rc=0.00M", b"Rc=0.000I", "rain"),
    (b"Ta=27.9C", b"Ta=27=9C", "t_air"),
    (b"Dm=051D", b"Dn=0m=032D", "wind_direction"),
    (b",Ua=39.4P", b"", "rh_air"),
]


@pytest.mark.parametrize(("written", "instead", "channel"), UNITS)
def test_a_value_in_another_unit_is_refused_and_the_others_stay(
    written: bytes, instead: bytes, channel: str
) -> None:
    usual, _ = meaning("vaisala_wxt536", WXT)
    found, faults = meaning("vaisala_wxt536", WXT.replace(written, instead))
    assert faults[channel] is Quality.BAD_DEVICE_STATUS
    assert found == {name: value for name, value in usual.items() if name != channel}


def test_a_neighbour_on_the_line_is_not_believed() -> None:
    assert taken("escort_db2", [bytes.fromhex("3E 01 06 11 01 00 01 00 30")]) == [], "the command of others"
    assert taken("eksis_ivtm7", [b"!0012RRCED3D141309AEB412A\r", b"?0012RRA6\r"]) == []
    assert taken("vaisala_wxt536", [WXT.replace(b"HR0", b"0R0")]) == []
    assert taken("gill_windsonic", [gill(b"A,229,002.74,M,00,")]) == []


def gill(text: bytes) -> bytes:
    check = 0
    for byte in text:
        check ^= byte
    return b"\x02" + text + b"\x03" + f"{check:02X}".encode() + b"\r\n"


def memory(temperature: float, humidity: float, mmhg: float, errors: int) -> bytes:
    """The first 32 bytes of an IVTM-7 M, as unit 17 answers them."""
    data = struct.pack("<3f16xI", temperature, humidity, mmhg, errors)
    text = f"!0011RR{data.hex().upper()}"
    return f"{text}{sum(text.encode()) & 0xFF:02X}\r".encode()


@pytest.mark.parametrize(
    ("errors", "broken"),
    [(0, set()), (0x02, {"t_air"}), (0x04, {"rh_air"}), (0x0200, {"p_air"}), (0xFFFF_FDF9, set())],
)
def test_a_broken_sensor_is_told_by_its_bit(errors: int, broken: set[str]) -> None:
    found, faults = meaning("eksis_ivtm7_m", memory(21.5, 40.25, 750.0, errors))
    whole = {"t_air": 21.5, "rh_air": 40.25, "p_air": pytest.approx(999.918)}
    assert found == {name: value for name, value in whole.items() if name not in broken}
    assert faults == dict.fromkeys(broken, Quality.BAD_DEVICE_STATUS)


def test_calm_has_no_direction_and_a_speed() -> None:
    found, faults = meaning("gill_windsonic", gill(b"Q,,000.04,M,00,"))
    assert found == {"wind_speed": 0.04}
    assert faults == {"wind_direction": Quality.BAD_SENTINEL}


@pytest.mark.parametrize("text", [b"Q,229,002.74,N,00,", b"Q,229,002.74,K,00,", b"Q,229,002.74,M,04,"])
def test_wind_in_knots_or_of_a_blocked_path_is_refused(text: bytes) -> None:
    found, faults = meaning("gill_windsonic", gill(text))
    assert found == {}
    assert set(faults.values()) == {Quality.BAD_DEVICE_STATUS}


@pytest.mark.parametrize("frame", ["FF 04 03 00 00 05 13 88 59", "FF 04 04 01 00 05 13 88 57"])
def test_a_gas_module_of_another_make_is_refused(frame: str) -> None:
    found, faults = meaning("winsen_ze07_co", bytes.fromhex(frame))
    assert found == {}
    assert faults == {"co": Quality.BAD_DEVICE_STATUS}


def test_none_values_of_a_weather_console() -> None:
    frame = bytearray(FRAMES["davis_vantage_pro2"])
    for at, none in (
        (7, b"\0\0"),
        (12, b"\xff\x7f"),
        (14, b"\xff"),
        (16, b"\0\0"),
        (33, b"\xff"),
        (41, b"\xff\xff"),
    ):
        frame[at : at + len(none)] = none
    frame[97:] = crc(bytes(frame[:97])).to_bytes(2, "big")
    _, faults = meaning("davis_vantage_pro2", bytes(frame))
    absent = {"p_air", "t_air", "wind_speed", "wind_direction", "rh_air", "rain_rate", "radiation"}
    assert faults == dict.fromkeys(absent, Quality.BAD_SENTINEL)


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value >> 8 | value << 8) & 0xFFFF ^ byte
        value ^= (value & 0xFF) >> 4
        value ^= value << 12 & 0xFFFF
        value ^= (value & 0xFF) << 5
    return value


@pytest.mark.parametrize(
    ("name", "unit", "question"),
    [
        ("sensirion_shdlc", 0, b"~\x00\x03\x00\xfc~"),
        ("sensirion_shdlc", 0x11, b"~\x7d\x31\x03\x00\xeb~"),
        ("vaisala_wxt", 0, b"0R0\r\n"),
        ("vaisala_wxt", 10, b"AR0\r\n"),
        ("vaisala_wxt", 61, b"zR0\r\n"),
        ("gill_wind", 17, b"?Q"),
        ("omnicomm_lls", 1, bytes.fromhex("3101066C")),
        ("eksis_ascii", 1, b"$0001RR000009B2\r"),
        ("eksis_ascii", 0xABCD, b"$ABCDRR000009FB\r"),
        ("vaisala_aqt", 1, b""),
        ("winsen_upload", 1, b""),
    ],
)
def test_questions_name_the_instrument(name: str, unit: int, question: bytes) -> None:
    assert first_step(name, Ask(Framing.RTU, unit, Block(Space.FRAME, 0, 9))).send == question
