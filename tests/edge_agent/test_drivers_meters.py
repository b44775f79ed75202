"""Meters whose values are items: any bytes in any pieces, damaged lines, sessions that are lost."""

import itertools
import struct
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge_agent import drivers
from edge_agent.decode import Decoder
from edge_agent.drivers import Ask, DriverError, Framing, RefusedError, Step, Steps
from edge_agent.drivers._exchange import steps_of
from edge_agent.samples import Block, RawScan
from edge_agent.settings import Device
from firmware_sim.devices import PtyLine
from firmware_sim.devices.bus import Bus
from firmware_sim.faults import Delivery
from sensor_profiles import loader
from sensor_profiles.model import Space, Timing
from tests.edge_agent.plant import Scans, polling, serial_link
from tests.firmware_sim.examples import Bench
from wire.messages import Value

UNIT = 17
ITEMS = {
    "mercury_230": (0x1100, 4),
    "kamstrup_multical": (86, 8),
    "teplocom_vkt7": (0, 198),
}
"""Profile → an item of it, and its bytes."""
NAMES = sorted(ITEMS)
FACTORY = bytes.fromhex("010101010101")


def asked(name: str) -> Ask:
    start, count = ITEMS[name]
    return Ask(Framing.RTU, UNIT, Block(Space.ITEM, start, count), password=FACTORY)


def session(name: str) -> Steps:
    return steps_of(drivers.find(loader.find(name).protocol), asked(name))


def bench(name: str) -> Bench:
    profile = loader.find(name)
    values = {channel.name: (channel.low or 0.0) + 1 + n for n, channel in enumerate(profile.channels)}
    return Bench(profile, values, unit=UNIT)


def answered(bus: Bus, step: Step, t_ms: int = 0) -> bytes:
    return b"".join(reply.data for reply in bus.hear(step.send, t_ms))


def held(name: str, bus: Bus, t_ms: int = 0) -> list[tuple[Step, bytes]]:
    """A whole session with a simulated instrument: each step and what answered it."""
    steps, done = session(name), []
    step = next(steps)
    while True:
        reply = answered(bus, step, t_ms)
        done.append((step, reply))
        try:
            taken = step.take(bytearray(reply))
        except RefusedError as refusal:
            step = steps.throw(refusal)
            continue
        assert taken is not None
        try:
            step = steps.send(taken)
        except StopIteration:
            return done


@cache
def replies(name: str) -> tuple[tuple[Step, bytes], ...]:
    """The steps of a session that are answered."""
    return tuple(one for one in held(name, Bus([bench(name).instrument])) if one[1])


def taken(step: Step, pieces: Iterable[bytes]) -> list[bytes]:
    """Everything that is taken; a refusal ends the listening, as it does on a line."""
    received, found = bytearray(), []
    for piece in pieces:
        received += piece
        try:
            while (data := step.take(received)) is not None:
                found.append(data)
        except DriverError:
            received.clear()
    return found


def cut(stream: bytes, at: Iterable[int]) -> list[bytes]:
    return [stream[low:high] for low, high in itertools.pairwise([0, *sorted(at), len(stream)])]


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_an_answer_is_found_among_other_bytes_and_in_any_pieces(name: str, data: st.DataObject) -> None:
    step, reply = data.draw(st.sampled_from(replies(name)))
    try:
        whole = step.take(bytearray(reply))
    except RefusedError:
        return
    before = data.draw(st.binary(max_size=8))
    stream = before + b"\r" * (name == "kamstrup_multical") + reply
    pieces = cut(stream, data.draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    assert whole in taken(step, pieces)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_damaged_answer_is_never_taken(name: str, data: st.DataObject) -> None:
    step, reply = data.draw(st.sampled_from(replies(name)))
    at = data.draw(st.integers(0, len(reply) - 1))
    damaged = bytearray(reply)
    damaged[at] ^= data.draw(st.integers(1, 255))
    assert taken(step, [bytes(damaged)]) == []


@pytest.mark.parametrize("name", NAMES)
@given(pieces=st.lists(st.binary(max_size=40), max_size=6))
def test_any_bytes_are_no_exception_but_a_drivers(name: str, pieces: list[bytes]) -> None:
    for step, _ in replies(name):
        taken(step, pieces)


@pytest.mark.parametrize("name", ["mercury_230", "teplocom_vkt7"])
@given(unit=st.integers(1, 255).filter(lambda unit: unit != UNIT))
def test_another_units_answer_is_not_ours(name: str, unit: int) -> None:
    other = Bench(loader.find(name), {}, unit=unit)
    step = next(session(name))
    own = step.send.replace(bytes((UNIT,)), bytes((unit,)), 1)
    crc = 2 + 2 * (name == "teplocom_vkt7")
    reply = answered(Bus([other.instrument]), Step(resealed(own, crc - 2), step.take))
    assert reply
    assert taken(step, [reply]) == []


def resealed(frame: bytes, head: int) -> bytes:
    """With the right checksum again; the simulator's arithmetic."""
    from firmware_sim.devices.modbus import crc16

    return frame[:head] + frame[head:-2] + crc16(frame[head:-2])


def test_a_meter_that_has_closed_the_session_is_opened_and_asked_again() -> None:
    bus = Bus([bench("mercury_230").instrument])
    first = [step.send[1] for step, _ in held("mercury_230", bus)]
    soon = [step.send[1] for step, _ in held("mercury_230", bus, 60_000)]
    later = [step.send[1] for step, _ in held("mercury_230", bus, 400_000)]
    assert (first, soon, later) == ([8, 1, 8], [8], [8, 1, 8])


def test_a_wrong_password_is_a_refusal() -> None:
    bus = Bus([bench("mercury_230").instrument])
    steps = steps_of(
        drivers.find("mercury_230"), Ask(Framing.RTU, UNIT, Block(Space.ITEM, 0x1100, 4), password=b"\2" * 6)
    )
    reading = next(steps)
    with pytest.raises(RefusedError) as closed:
        reading.take(bytearray(answered(bus, reading)))
    opening = steps.throw(closed.value)
    status = opening.take(bytearray(answered(bus, opening)))
    assert status is not None
    with pytest.raises(RefusedError, match="3"):
        steps.send(status)


@pytest.mark.parametrize(
    ("content", "thousandths"),
    [
        ("003C 08 04 42 0000 3039", 34292),  # 123.45 GJ
        ("003C 0C 04 42 0000 3039", 143572),  # 123.45 Gcal
        ("0050 17 02 41 000F", 1_500_000),  # 1.5 MW
        ("004A 29 04 00 0000 04D2", 1234),  # 1234 l/h
        ("005B 34 02 41 003C", 600_000),  # 6.0 bar
        ("0056 25 02 C1 007B", -12_300),  # −12.3 °C
        ("0050 15 02 00 0001", 1),  # 1 W
        ("0059 26 02 42 18C8", 63_440),  # 63.44 K
        ("004A 2A 04 43 0000 00FB", 251),  # 0.251 m³/h
        ("0080 16 04 11 012AF024", -(2**62)),  # the maker's example, far beyond any meter
        ("0050 16 04 C2 0000 3039", -123_450),  # his −123.45
        ("004A 2D 02 00 000C", -(2**62)),  # a mass in the register of a volume
        ("003C 16 02 00 000C", -(2**62)),  # a power in the register of heat
        ("0056 33 02 00 000C", -(2**62)),  # a pure number in that of a temperature
        ("0050 FF 02 00 0001", -(2**62)),
        ("0050 16 00 00", -(2**62)),
    ],
)
def test_kamstrup_units_become_ours(content: str, thousandths: int) -> None:
    from firmware_sim.devices.kamstrup_kmp import _framed

    body = bytes.fromhex(content)
    register = int.from_bytes(body[:2], "big")
    step = next(steps_of(drivers.find("kamstrup_kmp"), Ask(Framing.RTU, 1, Block(Space.ITEM, register, 8))))
    data = step.take(bytearray(_framed(b"\x40", b"\x3f\x10" + body)))
    assert data is not None
    assert struct.unpack(">q", data) == (thousandths,)


def test_a_kamstrup_request_is_the_one_reckoned_by_the_published_rules() -> None:
    step = next(steps_of(drivers.find("kamstrup_kmp"), Ask(Framing.RTU, 1, Block(Space.ITEM, 86, 8))))
    assert step.send == bytes.fromhex("80 3F 10 01 00 56 7F B3 0D")


def test_a_vkt7_session_begins_as_it_was_seen() -> None:
    ask = Ask(Framing.RTU, 0, Block(Space.ITEM, 0, 198))
    step = next(steps_of(drivers.find("teplocom_vkt7"), ask))
    assert step.send == bytes.fromhex("FF FF 00 10 3F FF 00 00 CC 80 00 00 00 64 54")
    assert step.take(bytearray.fromhex("07 10 3F FF 00 00 FC 4B")) is not None


class Counting(Bench):
    """Measures something else at every request, another value in each channel."""

    def _measure(self) -> Mapping[str, Value]:
        super()._measure()
        channels = self.instrument.profile.channels
        return {
            channel.name: (channel.low or 0.0) + abs(channel.scale) * (len(channels) * self.asked + n)
            for n, channel in enumerate(channels)
        }


FAULTS: dict[str, int | None] = {
    "late": 200,
    "garbage_before": 5,
    "garbage_after": 5,
    "truncate": 3,
    "silent": None,
    "echo": None,
    "bad_crc": None,
    "drop": 1,
    "exception": None,
}


async def test_on_a_bad_line_only_what_was_sent_whole_is_read(tmp_path: Path) -> None:
    quick = {name: replace(loader.find(name), timing=Timing(gap_ms=2)) for name in NAMES}
    benches = {name: Counting(profile, {}, unit=2) for name, profile in quick.items()}
    scans = Scans()
    async with AsyncExitStack() as stack:
        links, devices = [], []
        for name, one in benches.items():
            line = await stack.enter_async_context(
                PtyLine([one.instrument], tmp_path / name, 9600, paced=False)
            )
            links.append(serial_link(line.link_path, name=name))
            profile = one.instrument.profile
            devices.append(Device(name, name, profile, 2, 100, 120, profile.channels))
            for fault, amount in FAULTS.items():
                one.instrument.faults.arm(fault, amount, probability=0.01)
        await stack.enter_async_context(polling(links, devices, scans))
        await scans.until(lambda: all(len(scans.of(name)) >= 8 for name in NAMES))
        for one in benches.values():
            one.instrument.faults.clear()
        seen = {name: len(scans.good(name)) for name in NAMES}
        await scans.until(lambda: all(len(scans.good(name)) >= seen[name] + 1 for name in NAMES))
    assert {name: misread(benches[name], scans.of(name)) for name in NAMES} == {name: [] for name in NAMES}
    assert {one.instrument.writes_attempted for one in benches.values()} == {0}


def misread(one: Bench, scans: Iterable[RawScan]) -> list[tuple[str, Value]]:
    """What was read and was never sent whole, channel by channel."""
    profile = one.instrument.profile
    sent = {item for s in one.served if s.delivery is not Delivery.SPOILED for item in s.values.items()}
    decoder = Decoder(profile.channels, profile.statuses)
    read = [
        (channel.name, value)
        for scan in scans
        for channel, value in zip(profile.channels, decoder.decode(scan).values, strict=True)
        if value is not None
    ]
    assert read
    return [item for item in read if item not in sent]
