"""The instruments that speak no Modbus: only whole, valid, fresh frames come out."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.drivers import Ask, Driver, Framing, Session, UnknownProtocolError, find, protocols
from edge_agent.drivers._checksums import crc8_maxim, sum8, sum16
from edge_agent.drivers._exchange import steps_of
from edge_agent.samples import Block, Fault, RawScan
from edge_agent.settings import Device
from sensor_profiles.model import Encoding, Space
from tests.edge_agent.peer import PtyWire, TcpWire, Wire, play
from tests.edge_agent.plant import Scans, device, field, polling, profile, serial_link, tcp_link


def lls(body: bytes) -> bytes:
    frame = b"\x3e\x05\x06" + body[:5]
    return frame + bytes((crc8_maxim(frame),))


def sds(body: bytes) -> bytes:
    return b"\xaa\xc0" + body[:6] + bytes((sum(body[:6]) & 0xFF, 0xAB))


def pms(body: bytes) -> bytes:
    frame = b"\x42\x4d\x00\x1c" + body[:26]
    return frame + sum(frame).to_bytes(2, "big")


FRAMES: dict[str, Callable[[bytes], bytes]] = {"omnicomm_lls": lls, "nova_sds011": sds, "plantower_pms": pms}
LENGTHS = {"omnicomm_lls": 9, "nova_sds011": 10, "plantower_pms": 32}
NAMES = sorted(FRAMES)


def ask(name: str) -> Ask:
    return Ask(Framing.RTU, 5, Block(Space.FRAME, 0, LENGTHS[name]))


def single(name: str) -> Driver:
    """A driver that asks once for each block."""
    driver = find(name)
    assert not isinstance(driver, Session)
    return driver


def taken(name: str, pieces: Iterable[bytes]) -> list[bytes]:
    driver, received, frames = single(name), bytearray(), []
    for piece in pieces:
        received += piece
        while (frame := driver.take(ask(name), received)) is not None:
            frames.append(frame)
    return frames


@pytest.mark.parametrize("name", NAMES)
@given(st.lists(st.binary(min_size=26, max_size=26), max_size=4), st.data())
@settings(max_examples=60)
def test_every_valid_frame_comes_out_and_nothing_else(
    name: str, bodies: list[bytes], data: st.DataObject
) -> None:
    """Noise without the head's first byte cannot contain a frame; the true ones come out in order."""
    whole = [FRAMES[name](body) for body in bodies]
    clean = st.binary(max_size=20).map(lambda noise: noise.translate(None, whole[0][:1] if whole else b""))
    stream = data.draw(clean)
    for frame in whole:
        stream += frame + data.draw(clean)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert taken(name, pieces) == whole


@pytest.mark.parametrize("name", NAMES)
@given(st.binary(min_size=26, max_size=26), st.data())
@settings(max_examples=60)
def test_a_frame_with_a_wrong_byte_is_passed_over_for_the_next(
    name: str, body: bytes, data: st.DataObject
) -> None:
    good = FRAMES[name](body)
    broken = bytearray(good)
    where = data.draw(st.integers(0, len(good) - 1))
    broken[where] ^= data.draw(st.integers(1, 255))
    found = taken(name, [bytes(broken), good])
    assert good in found
    assert all(FRAMES[name](frame[_body(name)]) == frame for frame in found)


def _body(name: str) -> slice:
    return {
        "omnicomm_lls": slice(3, 8),
        "nova_sds011": slice(2, 8),
        "plantower_pms": slice(4, 30),
    }[name]


@pytest.mark.parametrize("name", NAMES)
@given(st.binary(max_size=120))
@settings(max_examples=60)
def test_any_bytes_give_valid_frames_or_none(name: str, noise: bytes) -> None:
    for frame in taken(name, [noise]):
        assert FRAMES[name](frame[_body(name)]) == frame


@pytest.mark.parametrize(
    ("name", "unit", "request_hex"),
    [
        ("omnicomm_lls", 1, "31 01 06 6C"),
        ("nova_sds011", 1, "AA B4 04 00 00 00 00 00 00 00 00 00 00 00 00 FF FF 02 AB"),
        ("plantower_pms", 1, "42 4D E2 00 00 01 71"),
    ],
)
def test_the_request_is_the_documented_read(name: str, unit: int, request_hex: str) -> None:
    asked = Ask(Framing.RTU, unit, Block(Space.FRAME, 0, LENGTHS[name]))
    assert single(name).request(asked) == bytes.fromhex(request_hex)


def test_the_reply_of_a_real_fuel_level_sensor_behind_its_chatter() -> None:
    reply = bytes.fromhex("3E 01 06 11 01 00 01 00 30")
    received = bytearray(b"F=0A t=1B N=1F.0\r\n" + reply)
    assert single("omnicomm_lls").take(Ask(Framing.RTU, 1, Block(Space.FRAME, 0, 9)), received) == reply
    assert (
        single("omnicomm_lls").take(Ask(Framing.RTU, 2, Block(Space.FRAME, 0, 9)), bytearray(reply)) is None
    )


def test_checksums_of_captured_frames() -> None:
    for frame in ("31 01 F0 C5", "3E 01 FC 54 57 00 00 B0 00 4F"):
        data = bytes.fromhex(frame)
        assert crc8_maxim(data[:-1]) == data[-1]
    assert sum8(bytes.fromhex("04 00 00 00 00 00 00 00 00 00 00 00 00 FF FF")) == 0x02
    assert sum16(bytes.fromhex("42 4D E1 00 01")) == 0x0171


def test_the_folder_is_the_registry() -> None:
    assert set(NAMES) | {"modbus"} <= set(protocols())
    for name in protocols():
        driver = find(name)
        block = Block(Space.HOLDING if driver.numbered else Space.FRAME, 0, 9)
        assert isinstance(next(steps_of(driver, Ask(Framing.RTU, 1, block))).send, bytes)
    with pytest.raises(UnknownProtocolError, match=r"no driver for protocol 'modbuss'; known: .*modbus"):
        find("modbuss")
    with pytest.raises(UnknownProtocolError):
        find("_ports")


class Instrument:
    """A dust sensor: streams numbered frames, or answers the right query with one."""

    def __init__(self, name: str, *, streams: bool) -> None:
        self.name = name
        self._frame = FRAMES[name]
        self._query = single(name).request(ask(name))
        self._streams = streams
        self.sent = 0
        self.foreign = b""

    def begin(self, wire: Wire) -> Callable[[bytes], None]:
        if self._streams:
            asyncio.get_running_loop().call_later(0.05, self._stream, wire)

        def feed(data: bytes) -> None:
            if data != self._query:
                self.foreign += data
            elif not self._streams:
                play(wire, [(0.01, self._next())])

        return feed

    def _stream(self, wire: Wire) -> None:
        wire.send(b"\x00" + self._next())
        asyncio.get_running_loop().call_later(0.05, self._stream, wire)

    def _next(self) -> bytes:
        self.sent += 1
        return self._frame(self.sent.to_bytes(2, "big") + bytes(24))


def _device(protocol: str, name: str) -> Device:
    model = profile([field(2, Encoding.U16, Space.FRAME)], protocol=protocol, frame_bytes=LENGTHS[protocol])
    return device(name, 5, link=name, model=model, timeout_ms=150)


async def test_streaming_or_asked_the_frame_is_a_fresh_one(tmp_path: Path) -> None:
    instruments = {
        f"{name}-{'streams' if streams else 'asked'}": Instrument(name, streams=streams)
        for name in NAMES
        for streams in (True, False)
    }
    sent_when_taken: dict[str, set[int]] = {name: set() for name in instruments}

    class Watching(Scans):
        def __call__(self, scan: RawScan) -> None:
            if data := scan.answers[0].data:
                one = instruments[scan.device]
                number = int.from_bytes(data[_body(one.name)][:2], "big")
                sent_when_taken[scan.device].add(one.sent - number)
            super().__call__(scan)

    scans = Watching()
    links, devices = [], []
    async with AsyncExitStack() as stack:
        for name, one in instruments.items():
            wire = await stack.enter_async_context(PtyWire(one, tmp_path, name))
            links.append(serial_link(wire.path, name=name))
            devices.append(_device(one.name, name))
        async with polling(links, devices, scans):
            await scans.until(lambda: all(len(scans.good(name)) >= 4 for name in instruments))
    assert sent_when_taken == {name: {0} for name in instruments}, "each is the last one that was sent"
    assert {one.foreign for one in instruments.values()} == {b""}, "only the documented read is ever sent"


@pytest.mark.parametrize("rtu", [True, False])
async def test_a_serial_server_carries_them_too(rtu: bool) -> None:
    scans = Scans()
    async with (
        TcpWire(Instrument("omnicomm_lls", streams=False)) as wire,
        polling([tcp_link(wire.port, rtu=rtu)], [_device("omnicomm_lls", "lan")], scans),
    ):
        scan = await scans.next("lan")
    assert scan.answers[0].data[:3] == bytes.fromhex("3E 05 06")


async def test_a_silent_instrument_is_a_fault(tmp_path: Path) -> None:
    class Mute:
        def begin(self, _: Wire) -> Callable[[bytes], None]:
            return lambda _: None

    scans = Scans()
    async with (
        PtyWire(Mute(), tmp_path) as wire,
        polling([serial_link(wire.path)], [_device("nova_sds011", "line")], scans),
    ):
        await scans.next("line", Fault.NO_ANSWER)
