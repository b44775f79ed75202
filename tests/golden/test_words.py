"""Profiles without a public frame: bytes reckoned by hand from the words of their documents.

A single is written here as people reckon it: 20.0 = 1.25 · 2⁴ = 0x41A00000, 65.5 = 0x42830000,
-7.5 = 0xC0F00000, 220.0 = 0x435C0000, 0.5 = 0x3F000000, 100.0 = 0x42C80000.
"""

from typing import Final

import pytest

from edge_agent.decode import Decoder
from edge_agent.samples import Answer, Block, Instant, RawScan
from sensor_profiles import loader
from sensor_profiles.model import BITS, Space
from tests.golden.test_frames import FRAMES, decoded, scan_of
from wire.messages import Quality

H, IN, D = Space.HOLDING, Space.INPUT, Space.DISCRETE
Row = tuple[str, Space, int, str, dict[str, float]]

# Status 0x0009: fault and flame; 65 °C. And 65, 45, 35 °C, 1500 · 0.001 bar = 150 kPa, 50.0 %.
BOILER_BY_OPENTHERM = {
    "fault": 1.0,
    "heating": 0,
    "hot_water": 0,
    "flame": 1,
    "error": 0,
    "t_heating": 65,
    "t_hot_water": 0,
    "t_return": 0,
}
BOILER_BY_EBUS = {
    "error": 0.0,
    "t_heating": 65,
    "t_hot_water": 45,
    "t_return": 35,
    "pressure": 150,
    "modulation": 50,
}
WORDS: Final[list[Row]] = [
    ("generic_f32_20", H, 2, "41A0 0000", {"v2": 20}),
    # Six registers an input: decimal point, integer, status 0, time stamp, f32.
    ("owen_mv110_224_8a", H, 0, "0001 00C8 0000 1234 41A0 0000", {"in1": 20}),
    ("senseair_s8", IN, 0, "0000 0000 0000 0190", {"co2": 400}),
    ("elemer_tm5104d", H, 0x500, "41A0 0000 C0F0 0000", {"in1": 20, "in2": -7.5}),
    ("wirenboard_wbe2_i_opentherm", IN, 205, "0009 0000 0041" + " 0000" * 10, BOILER_BY_OPENTHERM),
    (
        "wirenboard_wbe2_i_ebus",
        IN,
        205,
        "0000 0041 002D 0023" + " 0000" * 3 + " 05DC 01F4 0000",
        BOILER_BY_EBUS,
    ),
    ("eastron_sdm630", IN, 0x34, "42C8 0000", {"p": 100}),
    ("renke_rs_fsjt", H, 0, "0035", {"wind_speed": 5.3}),
    # 0xC000 is a temperature on one meter and a flow on the other.
    ("vzlet_tsrv", IN, 0xC046, "4283 0000", {"t4": 65.5}),
    ("vzlet_tsrv_02x", IN, 0xC000, "4283 0000", {"g1": 65.5}),
    # Eight i16 from 0x100 (public drivers); -2 = 0xFFFE.
    ("owen_mv110_220_8ac", H, 0x100, "0014 FFFE", {"in1": 20, "in2": -2}),
    # Masks: 0x8001 = inputs 16 and 1; two words, high word first: 0x0001 0x0002 = inputs 17 and 2.
    (
        "owen_mv110_16d",
        H,
        0x33,
        "8001",
        {f"di{n}": float(n in {1, 16}) for n in range(1, 17)},
    ),
    (
        "owen_mv110_16dn",
        H,
        0x40,
        "FFFF 0001",
        {"count1": 65535, "count2": 1},
    ),
    (
        "owen_mv110_32dn",
        H,
        0x63,
        "0001 0002",
        {f"di{n}": float(n in {2, 17}) for n in range(1, 33)},
    ),
    # python-owen: PV 0x1009, 0x100B; LUPV 0x100D, 0x100F.
    ("owen_trm202", H, 0x1009, "41A0 0000 C0F0 0000", {"in1": 20, "in2": -7.5}),
    # R.OUT counts thousandths: 750 = 75 %.
    ("owen_trm202", H, 0x09, "02EE 0000", {"out1": 75, "out2": 0}),
    ("owen_trm200", H, 0x100D, "41A0 0000 C0F0 0000", {"lu1": 20, "lu2": -7.5}),
    ("owen_trm210", H, 0x100F, "3F00 0000", {"output": 50}),
    ("owen_trm251", H, 0x04, "41A0 0000 0000 0000 0000 0000 C0F0 0000", {"in1": 20, "in2": -7.5}),
    (
        "owen_trm212",
        H,
        0x1009,
        "41A0 0000 C0F0 0000 4283 0000 0000 0000 435C 0000 3F00 0000",
        {"in1": 20, "in2": -7.5, "lu": 65.5, "setpoint": 220, "output": 0.5},
    ),
    ("owen_2trm1", H, 0x1011, "4283 0000 C0F0 0000", {"setpoint1": 65.5, "setpoint2": -7.5}),
    ("owen_trm10", H, 0, "41A0 0000 C0F0 0000", {"result": 20, "in": -7.5}),
    # python-owen: floats at 3, 8, 13 …
    ("owen_trm136", IN, 3, "41A0 0000 0000 0000 0000 C0F0 0000", {"in1": 20, "in2": -7.5}),
    # Manual p. 57: inputs from 24, discrete inputs in 288.
    ("owen_trm232m", H, 24, "41A0 0000 4283 0000", {"in1": 20, "in2": 65.5}),
    ("owen_trm232m", H, 288, "0005", {f"di{n}": float(n in {1, 3}) for n in range(1, 9)}),
    # The answer of a TD-500: 20 °C, level 0x0102 = 258, five bytes 0.
    ("escort_td500", H, 0, "1401 0200 0000 0000", {"temperature": 20, "level": 258}),
    # f32 with its low byte first: 20.0 = 00 00 A0 41. Codes are single bytes: 0x31 = T, channel 1.
    ("karat_307", H, 0x2000, "0000 A041", {"p1": 20}),
    ("karat_307", H, 0x106, "3121", {"code1": 0x31, "code2": 0x21}),
    ("eastron_sdm120", IN, 0x00, "435C 0000", {"u": 220}),
    ("eastron_sdm120", IN, 0x06, "3F00 0000", {"i": 0.5}),
    ("eastron_sdm120", IN, 0x12, "435C 0000", {"s": 220}),
    ("eastron_sdm120", IN, 0x18, "C0F0 0000", {"q": -7.5}),
    ("eastron_sdm120", IN, 0x1E, "3F00 0000", {"pf": 0.5}),
    ("eastron_sdm120", IN, 0x46, "4248 0000", {"frequency": 50}),
    ("eastron_sdm120", IN, 0x48, "42C8 0000", {"energy_import": 100}),
    ("eastron_sdm120", IN, 0x4A, "41A0 0000", {"energy_export": 20}),
    ("eastron_sdm220", IN, 0x06, "3F00 0000", {"i": 0.5}),
    ("eastron_sdm220", IN, 0x12, "435C 0000", {"s": 220}),
    ("eastron_sdm220", IN, 0x18, "C0F0 0000", {"q": -7.5}),
    ("eastron_sdm220", IN, 0x1E, "3F00 0000", {"pf": 0.5}),
    ("eastron_sdm220", IN, 0x46, "4248 0000", {"frequency": 50}),
    ("eastron_sdm220", IN, 0x48, "42C8 0000", {"energy_import": 100}),
    ("eastron_sdm220", IN, 0x4A, "41A0 0000", {"energy_export": 20}),
    ("eastron_sdm120", IN, 0x156, "42C8 0000", {"energy_total": 100}),
    ("eastron_sdm220", IN, 0x0C, "42C8 0000", {"p": 100}),
    # 325 · 0.0625 = 20.3125; discrete 16, 17 say that the thermometers answer (below).
    ("wirenboard_wb_m1w2", IN, 277, "0005 0006", {"count1": 5, "count2": 6}),
    ("wirenboard_wb_m1w2", D, 0, "01", {"di1": 1, "di2": 0}),
    ("wirenboard_wb_ms_v2", IN, 4, "08FC 1194", {"temperature": 23, "humidity": 45}),
    ("wirenboard_wb_ms_v2", IN, 6, "0145 FFF0", {"t_external1": 20.3125, "t_external2": -1}),
    # lux: 0x000186A0 = 100000 → 1000 lx.
    ("wirenboard_wb_msw_v4", IN, 8, "0258 0001 86A0 0064", {"co2": 600, "illuminance": 1000, "voc": 100}),
    ("wirenboard_wb_ms_v2", IN, 11, "0064 0003", {"voc": 100, "air_quality": 3}),
    ("wirenboard_wb_msw_v4", IN, 3, "1194 08FC 1194", {"noise": 45, "temperature": 23, "humidity": 45}),
    ("wirenboard_wb_msw_v4", IN, 367, "FE0C", {"dew_point": -5}),
    ("wirenboard_wb_msw_v4", IN, 280, "0007", {"motion": 7}),
    ("wirenboard_wb_ms_thls", IN, 0, "00E6 01C2", {"temperature": 23, "humidity": 45}),
    ("wirenboard_wb_mai6", IN, 0x2504, "00E6 FF9C", {"in2": 23, "n2": -10}),
    # 10⁹ = 0x3B9ACA00 counts of 1.52588e-7 V.
    (
        "wirenboard_wb_map3e",
        IN,
        0x1410,
        "3B9A CA00",
        {"u1": 152.588},
    ),
    ("wirenboard_wb_map3e", IN, 0x1416, "3B9A CA00", {"i1": 244.141}),
    ("wirenboard_wb_map3e", IN, 0x10BD, "FC18", {"pf1": -1}),
    # s32 0.00512 W: -100000 = 0xFFFE7960 → -512 W.
    ("wirenboard_wb_map3e", IN, 0x1302, "FFFE 7960", {"p1": -512}),
    # u64, low word first: 0x0000000000010002 = 65538 counts of 1e-5 kWh.
    ("wirenboard_wb_map3e", IN, 0x1204, "0002 0001 0000 0000", {"energy1": 0.65538}),
    ("danfoss_fc51", H, 16129, "01F4", {"frequency": 50}),
    # Bits 11 and 1: runs, ready.
    ("danfoss_fc51", H, 50199, "0802", {"ready": 1, "alarm": 0, "running": 1}),
    ("danfoss_fc51", H, 16339, "002D", {"heatsink": 45}),
    ("vacon_10", IN, 0, "1388 05AA 00FA", {"frequency": 50, "rotation": 1450, "current": 2.5}),
    ("danfoss_fc51", H, 16119, "017C", {"voltage": 380}),
    ("danfoss_fc51", H, 16139, "00FA", {"current": 2.5}),
    ("danfoss_fc51", H, 16899, "0000 0010", {"alarm_word": 16}),
    ("danfoss_fc51", H, 16919, "0001 0000", {"warning_word": 65536}),
    ("vacon_10", IN, 7, "002D", {"temperature": 45}),
    ("vacon_10", IN, 2110, "0003", {"fault_code": 3}),
    ("veda_vf51", H, 0x210C, "01C2", {"temperature": 45}),
    (
        "apc_nmc2",
        H,
        12,
        "0021 0000 00E6 0000 0000 0000 0032",
        {"load": 33, "u_out": 230, "u_in": 0, "frequency": 50},
    ),
    ("vacon_10", IN, 2100, "000A", {"ready": 0, "running": 1, "fault": 1}),
    ("veda_vf51", H, 0x2101, "1388 00FA 08FC", {"frequency": 50, "current": 2.5, "voltage": 230}),
    ("veda_vf51", H, 8194, "0011 0003", {"running": 1, "fault": 1, "fault_code": 3}),
    # Bits of 3: mains gone, on battery (bit 4), low battery (bit 6); 80 %, 12 min = 720 s, 27 V, 25 °C.
    (
        "apc_nmc2",
        H,
        3,
        "0050 0000 0050 000C 001B 0019",
        {
            "mains": 0,
            "on_battery": 1,
            "overload": 0,
            "battery_low": 1,
            "battery_replace": 0,
            "charge": 80,
            "left": 720,
            "u_battery": 27,
            "temperature": 25,
        },
    ),
    # CDAB: 20.0 = 0x41A00000 → words 0000 41A0.
    ("elemer_f1772", IN, 0x200, "0000 41A0", {"in1": 20}),
    (
        "lufft_ws_umb",
        IN,
        10,
        " ".join(["01C2", *["0000"] * 3, "2774", *["0000"] * 3, "0A8C"]),
        {"humidity": 45, "pressure": 1010, "wind_direction": 270},
    ),
    ("lufft_ws_umb", IN, 31, "FED4", {"temperature": -30}),
    ("lufft_ws_umb", IN, 25, "0046 0000 1388", {"precipitation_type": 70, "radiation": 500}),
    ("lufft_ws_umb", IN, 35, "FEA2", {"dew_point": -35}),
    ("lufft_ws_umb", IN, 48, "007B 0000 0096", {"precipitation": 1.23, "precipitation_rate": 1.5}),
    ("xy_md02", IN, 1, "FF33 01C2", {"temperature": -20.5, "humidity": 45}),
    ("wirenboard_wb_mai6", IN, 0x1504, "0001 0002", {"in1": 0.1, "n1": 0.2}),
    ("owen_trm210", H, 0x100D, "4283 0000", {"setpoint": 65.5}),
    ("owen_mv110_16dn", H, 0x33, "0002", {f"di{n}": float(n == 2) for n in range(1, 17)}),
    ("owen_trm232m", H, 0, "3F00 0000", {"out1": 50}),
    ("owen_2trm1", H, 0x1009, "41A0 0000 C0F0 0000", {"in1": 20, "in2": -7.5}),
    (
        "wirenboard_wbe2_i_opentherm",
        IN,
        216,
        "0023" + " 0000" * 12 + " 0014",
        {"t_return": 35, "low_pressure": 1, "flame_fault": 0, "air_fault": 1, "overheated": 0},
    ),
    ("lufft_ws_umb", IN, 42, "0032", {"wind_speed": 5}),
]


def bytes_of(space: Space, words: str) -> tuple[int, bytes]:
    """How many registers (or eight bits) the words are, and their bytes."""
    data = bytes.fromhex(words)
    return (8 * len(data) if space in BITS else len(data) // 2), data


@pytest.mark.parametrize(("profile", "space", "start", "words", "values"), WORDS, ids=lambda v: str(v)[:24])
def test_words_mean_what_the_document_says(
    profile: str, space: Space, start: int, words: str, values: dict[str, float]
) -> None:
    count, data = bytes_of(space, words)
    found = decoded(profile, Block(space, start, count), data)
    assert found == {name: pytest.approx(value, rel=1e-6) for name, value in values.items()}


def test_every_modbus_profile_has_a_frame_or_words() -> None:
    seen = {frame.profile for frame in FRAMES if frame.values} | {row[0] for row in WORDS}
    seen |= {"ectocontrol_v2", *(row[0] for row in TWO_ANSWERS)}
    known = [loader.load(file) for file in loader.library().values()]
    modbus = {profile.name for profile in known if profile.protocol == "modbus"}
    assert modbus - seen == set()


BOILER = "0000 0000 0000 0000 0000 0000 0000 0000 0123 01A9 000C 0008 004B 0003 0000 0000 F812" + " 0000" * 5
"""Registers 0x10–0x25 of the boiler adapter: 29.1 °C, 42.5 °C, 1.2 bar, 0.8 l/min, 75 %, -8 °C."""


def test_a_boiler_adapter_is_read_byte_by_byte() -> None:
    count, data = bytes_of(H, BOILER + " 2D00")
    found = decoded("ectocontrol_v2", Block(H, 0x10, count), data)
    assert found == {
        "t_heating": pytest.approx(29.1),
        "t_hot_water": pytest.approx(42.5),
        "pressure": pytest.approx(120),
        "hot_water_flow": pytest.approx(0.048),
        "modulation": 75,
        "burner": 1,
        "heating": 1,
        "hot_water": 0,
        "error": 0,
        "t_outdoor": -8,
        "setpoint": 45,
    }


# What the instrument says when it has no value: profile, where, words, channel, why.
NOTHING: Final[list[tuple[str, Space, int, str, str, Quality]]] = [
    ("ectocontrol_v2", H, 0x10, "0008 " + BOILER[5:] + " 2D00", "t_heating", Quality.BAD_DEVICE_STATUS),
    ("ectocontrol_v2", H, 0x10, BOILER.replace("000C", "00FF") + " 2D00", "pressure", Quality.BAD_SENTINEL),
    ("wirenboard_wb_ms_v2", IN, 4, "7FFF FFFF", "temperature", Quality.BAD_SENTINEL),
    # As a signed number this would be -0.01 %.
    ("wirenboard_wb_ms_v2", IN, 4, "7FFF FFFF", "humidity", Quality.BAD_SENTINEL),
    ("wirenboard_wb_mai6", IN, 0x1504, "7FFF 0000", "in1", Quality.BAD_SENTINEL),
    ("lufft_ws_umb", IN, 31, "7FFF", "temperature", Quality.BAD_SENTINEL),
    ("lufft_ws_umb", IN, 42, "FFFF", "wind_speed", Quality.BAD_SENTINEL),
    ("senseair_s8", IN, 0, "0001 0000 0000 0190", "co2", Quality.BAD_DEVICE_STATUS),
    ("elemer_tm5104d", H, 0x500, "7F80 0000", "in1", Quality.BAD_NOT_FINITE),
    ("escort_td500", H, 0, "1401 0200 0000 0001", "level", Quality.BAD_DEVICE_STATUS),
    (
        "wirenboard_wbe2_i_opentherm",
        IN,
        205,
        "0000" + " 0000" * 11 + " 0001",
        "flame",
        Quality.BAD_DEVICE_STATUS,
    ),
    (
        "wirenboard_wbe2_i_ebus",
        IN,
        205,
        "0000" + " 0000" * 8 + " 0001",
        "t_heating",
        Quality.BAD_DEVICE_STATUS,
    ),
]


@pytest.mark.parametrize("row", NOTHING, ids=lambda row: f"{row[0]}-{row[4]}")
def test_what_stands_for_no_value_is_none(row: tuple[str, Space, int, str, str, Quality]) -> None:
    profile, space, start, words, channel, why = row
    count, data = bytes_of(space, words)
    scan = scan_of(profile, Block(space, start, count), data)
    at = [known.name for known in loader.find(profile).channels].index(channel)
    assert scan.values[at] is None
    assert scan.faults[at] == why


# Value and status come in two answers: start → words, what the first channel then says.
TWO_ANSWERS: Final[list[tuple[str, dict[int, str], float | Quality]]] = [
    ("owen_mv210_101", {4000: "41A0 0000", 4072: "0000"}, 20),
    ("owen_mv210_101", {4000: "41A0 0000", 4072: "0001"}, Quality.BAD_DEVICE_STATUS),
    ("owen_trm201", {0x1009: "41A0 0000", 0: "0000"}, 20),
    # Bit 4 of the manual (relay 1 on) is no error; its bit 0, the analogue input error, is mask 0x8000.
    ("owen_trm210", {0x1009: "41A0 0000", 0: "0800"}, 20),
    ("owen_trm210", {0x1009: "41A0 0000", 0: "8000"}, Quality.BAD_DEVICE_STATUS),
]


@pytest.mark.parametrize("row", TWO_ANSWERS, ids=lambda row: f"{row[0]}-{row[2]}")
def test_a_status_of_its_own_answer_decides(row: tuple[str, dict[int, str], float | Quality]) -> None:
    profile, words, expected = row
    model = loader.find(profile)
    parts = [(start, *bytes_of(H, text)) for start, text in words.items()]
    answers = tuple(Answer(Block(H, start, count), data) for start, count, data in parts)
    scan = Decoder(model.channels, model.statuses).decode(RawScan("device", Instant(0, 0), answers))
    assert scan.faults.get(0, scan.values[0]) == expected
