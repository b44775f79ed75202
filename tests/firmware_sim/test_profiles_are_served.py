"""Every profile in the folder can be simulated: all its channels, read over its real transport."""

from pathlib import Path

import pytest

from firmware_sim.devices import PtyLine, TcpLine
from firmware_sim.devices.owen_ascii import crc16
from sensor_profiles import loader
from sensor_profiles.checks import REALS
from sensor_profiles.layout import extent
from sensor_profiles.model import BITS, REGISTERS, Channel, Encoding, Profile
from tests.firmware_sim import clients
from tests.firmware_sim.clients import mbap, with_crc
from tests.firmware_sim.examples import Bench
from wire.messages import Value

_CONVERSE = {"kamstrup_kmp", "mercury_230", "teplocom_vkt7"}
"""Protocols of several questions, or answers of any length; `test_profiles_are_read` holds whole sessions."""
NAMES = tuple(name for name, file in loader.library().items() if loader.load(file).protocol not in _CONVERSE)
_FUNCTION = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
_ASK = {
    "omnicomm_lls": bytes.fromhex("3101066C"),
    "nova_sds011": bytes.fromhex("AAB404" + "00" * 12 + "FFFF02AB"),
    "plantower_pms": bytes.fromhex("424DE200000171"),
    "winsen_qa": bytes.fromhex("FF0186000000000079"),
    "honeywell_hpm": bytes.fromhex("68010493"),
    "sensirion_shdlc": bytes.fromhex("7E010300FB7E"),
    "vaisala_wxt": b"1R0\r\n",
    "gill_wind": b"?A",
    "davis_loop": b"\nLOOP 1\n",
    "winsen_upload": b"",
    "vaisala_aqt": b"",
    "dypcn_a02yyuw": b"",
    "eksis_ascii": b"$0001RR000008B1\r",
}
"""By protocol; empty where the instrument only sends by itself."""
_ASK_MODEL = {"eksis_ivtm7_m": b"$0001RR000020AB\r", "escort_db2": bytes.fromhex("3101F0C5")}
"""By profile, where a model is asked otherwise than its protocol's others."""
_START = {"sensirion_shdlc": (bytes.fromhex("7E0100020103F87E"), 7)}
"""What must be said first after power-up, and how many bytes answer it."""
_ON_THE_LINE = {
    "honeywell_hpma115s0": 8,
    "honeywell_hpma115c0": 16,
    "vaisala_wxt536": 86,
    "sensirion_sps30": 47,
    "gill_windsonic": 24,
    "davis_vantage_pro2": 102,
    "vaisala_aqt530": 137,
    "eksis_ivtm7": 26,
    "eksis_ivtm7_m": 74,
}
"""Bytes on the line where they are not those of the profile's frame."""


def plausible(channel: Channel) -> Value:
    """A value of the channel's range that its encoding can hold."""
    if channel.field.encoding is Encoding.STRING:
        return "A1"
    low, high = channel.low, channel.high
    return 1.0 if low is None or high is None else low + (high - low) * 0.25


def requests(profile: Profile) -> list[tuple[bytes, int]]:
    """One read for each channel, with the bytes of its PDU answer."""
    if profile.protocol in _ITEMS:
        items = {channel.field.address: channel for channel in profile.channels}
        return [_ITEMS[profile.protocol](channel) for channel in items.values()]
    if profile.protocol != "modbus":
        asked = (
            _ASK_MODEL.get(profile.name, _ASK[profile.protocol]),
            _ON_THE_LINE.get(profile.name, profile.frame_bytes or 0),
        )
        return [*(start for protocol, start in _START.items() if protocol == profile.protocol), asked]
    return [_read(channel) for channel in profile.channels]


def _pulsar(channel: Channel) -> tuple[bytes, int]:
    mask = (1 << channel.field.address).to_bytes(4, "little")
    return with_crc(bytes.fromhex("00000001 01 0E") + mask + b"\x34\x12"), 10 + extent(channel.field).count


def _owen(channel: Channel) -> tuple[bytes, int]:
    place, offset = divmod(channel.field.address, 256)
    name = (0x8784, 0xB8DF, 0xB257, 0x9107, 0xC173, 0x8FC2)[place]
    body = bytes([1 + offset, 0x10]) + name.to_bytes(2, "big")
    letters = "".join(
        chr(ord("G") + int(digit, 16)) for digit in (body + crc16(body).to_bytes(2, "big")).hex()
    )
    return f"#{letters}\r".encode(), 14 + 2 * (6, 3, 3, 3, 4, 4)[place]


_ITEMS = {"pulsar": _pulsar, "owen_ascii": _owen}
"""How one item is asked for by the protocols that number their values, and how long the answer is."""


def _read(channel: Channel) -> tuple[bytes, int]:
    field = channel.field
    count = extent(field).count
    pdu = bytes([_FUNCTION[field.space]]) + field.address.to_bytes(2, "big") + count.to_bytes(2, "big")
    return pdu, 2 + (count + 7) // 8 if field.space in BITS else 2 + 2 * count


@pytest.mark.parametrize("name", NAMES)
async def test_a_profile_is_served_whole_over_its_transport(name: str, tmp_path: Path) -> None:
    profile = loader.find(name)
    bench = Bench(
        profile, {channel.name: plausible(channel) for channel in profile.channels}, unit=1, streaming=False
    )
    if profile.tcp_port is not None:
        await _over_tcp(bench)
    else:
        await _over_serial(bench, tmp_path / "usb", profile)
    served = {key: value for answer in bench.served for key, value in answer.values.items()}
    assert set(served) == {channel.name for channel in profile.channels}
    for channel in profile.channels:
        _check(channel, served[channel.name])
    assert bench.instrument.writes_attempted == 0


def _check(channel: Channel, value: Value) -> None:
    """What was served is what was asked for, within the resolution of the field."""
    wanted = plausible(channel)
    if isinstance(value, float) and isinstance(wanted, float):
        limit = abs(channel.scale) / 2 if channel.field.encoding not in REALS else 0
        assert abs(value - wanted) <= limit + abs(wanted) * 1e-6, channel.name
    else:
        assert value == wanted, channel.name


async def _over_tcp(bench: Bench) -> None:
    async with TcpLine([bench.instrument]) as line, clients.tcp(line.port) as client:
        for pdu, length in requests(bench.instrument.profile):
            answer = await client.ask(mbap(1, 1, pdu), 7 + length)
            assert answer[7] == pdu[0]


async def _over_serial(bench: Bench, path: Path, profile: Profile) -> None:
    modbus = profile.protocol == "modbus"
    line = PtyLine([bench.instrument], path, 9600, paced=False)
    async with line, clients.terminal(path) as port:
        for request, length in requests(profile):
            frame = with_crc(b"\x01" + request) if modbus else request
            answer = await port.ask(frame, length + 3 if modbus else length)
            assert not modbus or answer == with_crc(answer[:-2])


def test_register_fields_are_what_the_reader_here_counts_in() -> None:
    for name in NAMES:
        spaces = {channel.field.space for channel in loader.find(name).channels}
        assert spaces <= REGISTERS | BITS or spaces in ({"frame"}, {"item"})
