"""Instruments over their real transports, read by plain clients."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import serial
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.devices import PtyLine, RtuTcpLine, TcpLine
from firmware_sim.devices.bus import Bus, UnservableError
from firmware_sim.faults import Delivery, LineFault
from tests.firmware_sim import clients, examples
from tests.firmware_sim.clients import mbap, with_crc
from tests.firmware_sim.examples import Bench

TWO = {"sector": 2.0, "direction": 90.0}
READ_TWO = bytes([3, 0, 0, 0, 2])
SAID_TWO = bytes([3, 4, 0, 2, 0, 90])
LLS_READ, LLS_REPLY = bytes.fromhex("3101066C"), bytes.fromhex("3E0106110100010030")


async def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait, turn by turn of the loop, for what another task is about to do."""
    deadline = asyncio.get_running_loop().time() + clients.DEADLINE_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, what
        await asyncio.sleep(0)


def wind(unit: int, **more: object) -> Bench:
    return Bench(examples.renke_direction(), TWO, unit=unit, name=f"wind-{unit}", **more)


async def test_two_units_behind_one_tcp_port_answer_each_for_itself() -> None:
    first, second = wind(1), wind(2)
    second.values["direction"] = 180.0
    async with TcpLine([first.instrument, second.instrument]) as line, clients.tcp(line.port) as client:
        assert await client.ask(mbap(7, 1, READ_TWO), 13) == mbap(7, 1, SAID_TWO)
        assert await client.ask(mbap(8, 2, READ_TWO), 13) == mbap(8, 2, bytes([3, 4, 0, 2, 0, 180]))
    assert [served.values for served in first.served] == [TWO]
    assert second.served[0].values["direction"] == 180.0


async def test_nobody_answers_for_a_unit_that_is_not_there() -> None:
    async with TcpLine([wind(1).instrument]) as line, clients.tcp(line.port) as client:
        client.writer.write(mbap(1, 9, READ_TWO))
        assert await client.is_silent()


async def test_values_are_those_of_the_moment_of_the_request() -> None:
    probe = wind(1)
    async with TcpLine([probe.instrument], clock=lambda: 1234) as line, clients.tcp(line.port) as client:
        await client.ask(mbap(1, 1, READ_TWO), 13)
        probe.values["direction"] = 270.0
        assert (await client.ask(mbap(2, 1, READ_TWO), 13))[-2:] == (270).to_bytes(2, "big")
    assert [(s.t_ms, s.mode, s.values["direction"]) for s in probe.served] == [
        (1234, "asked", 90.0),
        (1234, "asked", 270.0),
    ]


async def test_requests_that_come_in_one_segment_or_byte_by_byte_are_all_answered() -> None:
    both = mbap(1, 1, READ_TWO) + mbap(2, 1, READ_TWO)
    async with TcpLine([wind(1).instrument]) as line, clients.tcp(line.port) as client:
        assert await client.ask(both, 26) == mbap(1, 1, SAID_TWO) + mbap(2, 1, SAID_TWO)
        for byte in mbap(3, 1, READ_TWO)[:-1]:
            client.writer.write(bytes([byte]))
            await client.writer.drain()
        assert await client.ask(mbap(3, 1, READ_TWO)[-1:], 13) == mbap(3, 1, SAID_TWO)


async def test_a_tcp_stream_that_is_no_modbus_is_closed_and_the_next_one_served() -> None:
    async with TcpLine([wind(1).instrument]) as line:
        async with clients.tcp(line.port) as client:
            client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await client.take(1)
        async with clients.tcp(line.port) as client:
            assert await client.ask(mbap(1, 1, READ_TWO), 13) == mbap(1, 1, SAID_TWO)


async def test_an_unplugged_tcp_line_resets_its_readers_and_comes_back_on_its_port() -> None:
    async with TcpLine([wind(1).instrument]) as line:
        async with clients.tcp(line.port) as client:
            await line.unplug()
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await client.take(1)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", line.port)
        await line.replug()
        async with clients.tcp(line.port) as client:
            assert await client.ask(mbap(1, 1, READ_TWO), 13) == mbap(1, 1, SAID_TWO)


async def test_rtu_over_tcp_finds_requests_among_noise() -> None:
    request = with_crc(bytes([1]) + READ_TWO)
    async with RtuTcpLine([wind(1).instrument]) as line, clients.tcp(line.port) as client:
        assert await client.ask(b"\x01\x10\xff\x00" + request, 9) == with_crc(bytes([1]) + SAID_TWO)


async def test_a_late_answer_comes_late_and_is_called_doubtful() -> None:
    probe = wind(1)
    probe.instrument.faults.arm(LineFault.LATE, 80)
    async with TcpLine([probe.instrument]) as line, clients.tcp(line.port) as client:
        before = asyncio.get_running_loop().time()
        await client.ask(mbap(1, 1, READ_TWO), 13)
        assert asyncio.get_running_loop().time() - before >= 0.079
    assert [served.delivery for served in probe.served] == [Delivery.DOUBTFUL]


async def test_a_late_answer_to_somebody_who_has_gone_is_not_served() -> None:
    probe = wind(1)
    probe.instrument.faults.arm(LineFault.LATE, 50)
    async with TcpLine([probe.instrument]) as line:
        async with clients.tcp(line.port) as client:
            client.writer.write(mbap(1, 1, READ_TWO))
            await eventually(lambda: probe.instrument.requests == 1, "asked")
        async with clients.tcp(line.port) as client:  # its answer is later than that of the one before
            await client.ask(mbap(2, 1, READ_TWO), 13)
    assert len(probe.served) == 1


async def test_a_serial_line_stands_under_its_name_and_carries_several_units(tmp_path: Path) -> None:
    name = tmp_path / "by-id" / "usb-FTDI_RS485-port0"
    benches = [wind(1), wind(2)]
    async with PtyLine([b.instrument for b in benches], name, 9600), clients.terminal(name) as port:
        for unit in (1, 2):
            answer = await port.ask(with_crc(bytes([unit]) + READ_TWO), 9)
            assert answer == with_crc(bytes([unit]) + SAID_TWO)
        await eventually(lambda: all(b.served for b in benches), "reported")
    assert not name.is_symlink()


async def test_modbus_and_level_sensors_share_a_serial_line(tmp_path: Path) -> None:
    level = Bench(examples.lls(), {"temperature": 17.0, "level": 1.0, "frequency": 1.0}, unit=1)
    name = tmp_path / "usb"
    async with PtyLine([wind(1).instrument, level.instrument], name, 19200), clients.terminal(name) as port:
        assert await port.ask(LLS_READ, 9) == LLS_REPLY
        assert await port.ask(with_crc(bytes([1]) + READ_TWO), 9) == with_crc(bytes([1]) + SAID_TWO)


async def test_a_paced_answer_takes_as_long_as_its_bytes(tmp_path: Path) -> None:
    name = tmp_path / "usb"
    request = with_crc(bytes([1]) + READ_TWO)
    async with PtyLine([wind(1).instrument], name, 1200), clients.terminal(name) as port:
        before = asyncio.get_running_loop().time()
        await port.ask(request, 9)
        took = asyncio.get_running_loop().time() - before
    assert took >= (len(request) + 9) * 10 / 1200 - 0.002


async def test_an_unplugged_adapter_kills_its_readers_and_returns_under_the_same_name(tmp_path: Path) -> None:
    name = tmp_path / "usb"
    request, reply = with_crc(bytes([1]) + READ_TWO), with_crc(bytes([1]) + SAID_TWO)
    async with PtyLine([wind(1).instrument], name, 9600, paced=False) as line:
        async with clients.terminal(name) as port:
            assert await port.ask(request, 9) == reply
            await line.unplug()
            assert await port.died()
            assert not name.is_symlink()
            await line.replug()
        async with clients.terminal(name) as port:
            assert await port.ask(request, 9) == reply


async def test_an_answer_cut_off_by_unplugging_is_not_served(tmp_path: Path) -> None:
    probe, name = wind(1), tmp_path / "usb"
    async with PtyLine([probe.instrument], name, 300) as line, clients.terminal(name) as port:
        await port.ask(with_crc(bytes([1]) + READ_TWO), 1)
        await line.unplug()
        await line.replug()
        probe.values["direction"] = 180.0
        async with clients.terminal(name) as again:
            answer = await again.ask(with_crc(bytes([1]) + READ_TWO), 9)
            assert answer == with_crc(bytes([1, 3, 4, 0, 2, 0, 180]))
            await eventually(lambda: bool(probe.served), "reported")
    assert [served.values["direction"] for served in probe.served] == [180.0]


async def test_a_dust_sensor_streams(tmp_path: Path) -> None:
    name = tmp_path / "usb"
    probe = Bench(examples.sds011(), {"pm2_5": 1.5, "pm10": 2.5})
    async with PtyLine([probe.instrument], name, 9600, stream_every_s=0.02), clients.terminal(name) as port:
        streamed = await port.take(20)
    assert streamed[:2] == b"\xaa\xc0"
    assert streamed[:10] == streamed[10:]
    assert (probe.served[0].mode, probe.served[0].values) == ("stream", {"pm2_5": 1.5, "pm10": 2.5})


def test_an_answer_among_streamed_frames_counts_as_one_of_them() -> None:
    dust = Bench(examples.sds011(), {"pm2_5": 1.5})
    [reply] = Bus([dust.instrument]).hear(bytes.fromhex("AAB404" + "00" * 12 + "FFFF02AB"), 0)
    assert reply.served is not None
    assert reply.served.mode == "stream"


def test_an_active_plantower_ignores_the_read_command() -> None:
    dust = Bench(examples.pms5003(), {"pm2_5": 9.0})
    assert list(Bus([dust.instrument]).hear(bytes.fromhex("424DE200000171"), 0)) == []


async def test_a_sensor_that_is_set_to_passive_only_answers(tmp_path: Path) -> None:
    name = tmp_path / "usb"
    probe = Bench(examples.pms5003(), {"pm2_5": 9.0}, streaming=False)
    line = PtyLine([probe.instrument], name, 9600, stream_every_s=0.01)
    async with line, clients.terminal(name) as port:
        assert await port.is_silent()
        assert (await port.ask(bytes.fromhex("424DE200000171"), 32))[12:14] == b"\x00\x09"


async def test_a_stream_that_nobody_reads_does_not_stop_the_line(tmp_path: Path) -> None:
    name = tmp_path / "usb"
    probe = Bench(examples.pms5003(), {"pm2_5": 9.0})
    async with PtyLine([probe.instrument], name, 9600, paced=False, stream_every_s=0.0005):
        await eventually(
            lambda: probe.asked > len(probe.served) + 80, "the terminal is full, frames are lost"
        )
        before = len(probe.served)
        async with clients.terminal(name) as port:
            assert await port.take(32 * before)
            await eventually(lambda: len(probe.served) > before, "it goes on")


def test_two_instruments_with_one_address_are_refused(tmp_path: Path) -> None:
    twins = [wind(3).instrument, wind(3).instrument]
    with pytest.raises(UnservableError, match="both have address 3"):
        TcpLine(twins)
    with pytest.raises(UnservableError, match="both have address 3"):
        PtyLine(twins, tmp_path / "usb", 9600)


def test_a_protocol_without_a_file_is_refused_by_name(tmp_path: Path) -> None:
    stranger = Bench(examples.profile(protocol="profibus"), {}).instrument
    with pytest.raises(UnservableError, match=r"'profibus' is not simulated; known: .*modbus, nova_sds011"):
        PtyLine([stranger], tmp_path / "usb", 9600)


async def test_a_file_in_the_place_of_the_link_is_left_alone(tmp_path: Path) -> None:
    name = tmp_path / "precious"
    name.write_text("data")
    with pytest.raises(FileExistsError, match="no link"):
        async with PtyLine([wind(1).instrument], name, 9600):
            pass
    assert name.read_text() == "data"


@pytest.mark.parametrize(("parity", "stopbits"), [("N", 1), ("E", 1), ("N", 2)])
async def test_pyserial_opens_it_like_an_adapter(tmp_path: Path, parity: str, stopbits: int) -> None:
    name = tmp_path / "usb"

    def read() -> bytes:
        with serial.Serial(
            str(name), 4800, parity=parity, stopbits=stopbits, timeout=clients.DEADLINE_S
        ) as port:
            port.write(with_crc(bytes([1]) + READ_TWO))
            return bytes(port.read(9))

    async with PtyLine([wind(1).instrument], name, 4800):
        assert await asyncio.to_thread(read) == with_crc(bytes([1]) + SAID_TWO)


@settings(max_examples=25, deadline=None)
@given(noise=st.lists(st.binary(min_size=1, max_size=64), max_size=4))
def test_no_noise_on_a_real_serial_line_keeps_it_from_the_next_request(noise: list[bytes]) -> None:
    async def story(name: Path) -> None:
        async with PtyLine([wind(1).instrument], name, 9600, paced=False), clients.terminal(name) as port:
            for data in noise:
                port.send(data)
            heard = await port.ask(with_crc(bytes([1]) + READ_TWO), 9)
            while not heard.endswith(with_crc(bytes([1]) + SAID_TWO)):  # noise may have been a request too
                heard += await port.take(1)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(story(Path(folder, "usb")))
