"""Whole dialogues with simulated instruments that are greeted before they are read.

Between any two of its exchanges one may restart or answer badly: no value then, and one at the next poll.
"""

import contextlib
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import drivers
from edge_agent.commissioning.matching import all_blocks, as_device
from edge_agent.decode import Decoder
from edge_agent.drivers import Ask, DriverError, Framing, GarbledError, RefusedError, Step, Steps
from edge_agent.drivers._exchange import steps_of
from edge_agent.poll.polled import FOR_GOOD
from edge_agent.samples import Answer, Block, Instant, RawScan
from firmware_sim.devices.bus import Bus
from sensor_profiles import loader
from sensor_profiles.model import Profile, Space
from tests.firmware_sim.clients import with_crc
from tests.firmware_sim.examples import Bench
from tests.firmware_sim.test_profiles_are_served import plausible
from wire.messages import Value

NAMES = ("mercury_230", "teplocom_vkt7", "teplocom_vkt7_2")
UNIT = 7
Spoil = Callable[[int, bytes], bytes]


class Table:
    """An instrument in pieces on a table: each exchange can be spoilt, and it can be switched off and on."""

    def __init__(self, name: str) -> None:
        self.profile: Profile = loader.find(name)
        values = {channel.name: plausible(channel) for channel in self.profile.channels}
        self.bench = Bench(self.profile, values, unit=UNIT)
        self.exchanges = 0
        self.restart()

    def restart(self) -> None:
        """Off and on: it has forgotten everything that is no setting."""
        self._bus = Bus([self.bench.instrument])

    def ask(self, block: Block, password: bytes | None = None) -> Ask:
        own = as_device(self.profile, UNIT).plain_password()
        return Ask(Framing.RTU, UNIT, block, 1, own if password is None else password)

    def read(
        self, block: Block, spoil: Spoil = lambda _, heard: heard, password: bytes | None = None
    ) -> bytes:
        """One block, as `exchange` reads it; `spoil` is told the number of the exchange."""
        steps = steps_of(drivers.find(self.profile.protocol), self.ask(block, password))
        try:
            step = next(steps)
            while True:
                step = self._next(steps, step, spoil)
        except StopIteration as done:
            data: bytes = done.value
            return data

    def _next(self, steps: Steps, step: Step, spoil: Spoil) -> Step:
        heard = bytearray(spoil(self.exchanges, b"".join(r.data for r in self._bus.hear(step.send, 0))))
        self.exchanges += 1
        try:
            data = step.take(heard)
        except RefusedError as refusal:
            return steps.throw(refusal)
        if data is None:
            raise GarbledError
        return steps.send(data)

    def decoded(self, answers: dict[Block, bytes]) -> tuple[Value, ...]:
        decoder = Decoder(self.profile.channels, self.profile.statuses)
        told = tuple(Answer(block, data) for block, data in answers.items())
        found = decoder.decode(RawScan("device", Instant(0, 0), told))
        assert found.faults == {}
        return found.values


@pytest.mark.parametrize("name", NAMES)
def test_a_session_brings_every_channel_as_the_instrument_has_it(name: str) -> None:
    table = Table(name)
    blocks = all_blocks(table.profile, holes=True)
    served = table.bench.instrument.layout.served(table.bench.values)
    expected = tuple(served[channel.name] for channel in table.profile.channels)
    assert table.decoded({block: table.read(block) for block in blocks}) == expected
    assert table.bench.instrument.writes_attempted == 0


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(max_examples=60)
def test_an_instrument_that_restarts_in_the_middle_is_read_by_the_next_poll(
    name: str, data: st.DataObject
) -> None:
    table = Table(name)
    block = all_blocks(table.profile, holes=True)[0]
    good = table.read(block)
    off = data.draw(st.integers(1, table.exchanges)) + table.exchanges

    def restart(number: int, heard: bytes) -> bytes:
        if number == off:
            table.restart()
        return heard

    try:
        assert table.read(block, restart) == good
    except RefusedError as refusal:
        assert refusal.code not in FOR_GOOD
    assert table.read(block) == good


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(max_examples=150)
def test_a_bad_answer_anywhere_in_a_session_is_no_value(name: str, data: st.DataObject) -> None:
    table = Table(name)
    block = all_blocks(table.profile, holes=True)[0]
    good = table.read(block)
    table.restart()
    at = data.draw(st.integers(0, table.exchanges - 1)) + table.exchanges
    spoilt = data.draw(st.sampled_from([changed, shortened, gone, of_another]))

    def spoil(number: int, heard: bytes) -> bytes:
        return spoilt(heard, data) if number == at else heard

    with contextlib.suppress(DriverError):
        assert table.read(block, spoil) == good
    assert table.read(block) == good


def changed(heard: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(heard) - 1))
    return heard[:at] + bytes((heard[at] ^ data.draw(st.integers(1, 255)),)) + heard[at + 1 :]


def shortened(heard: bytes, data: st.DataObject) -> bytes:
    return heard[: data.draw(st.integers(0, len(heard) - 1))]


def gone(_: bytes, __: st.DataObject) -> bytes:
    return b""


def of_another(heard: bytes, data: st.DataObject) -> bytes:
    """What another instrument of this line says at the same time, and nothing of ours."""
    return data.draw(st.binary(max_size=len(heard))).replace(heard[:2], b"")


@pytest.mark.parametrize("name", NAMES)
def test_a_session_takes_no_more_exchanges_than_it_says(name: str) -> None:
    table = Table(name)
    for block in all_blocks(table.profile, holes=True):
        table.restart()
        before = table.exchanges
        table.read(block)
        assert table.exchanges - before <= getattr(drivers.find(table.profile.protocol), "most_steps", 1)


@pytest.mark.parametrize("name", NAMES)
def test_what_proves_late_answers_gone_is_answered_and_is_no_value(name: str) -> None:
    table = Table(name)
    blocks = all_blocks(table.profile, holes=True)
    proof = drivers.find(table.profile.protocol).resync(blocks)
    assert proof is not None
    assert proof not in blocks
    heard: list[bytes] = []

    def note(_: int, answer: bytes) -> bytes:
        heard.append(answer)
        return answer

    table.read(proof, note)
    for block in blocks:
        table.read(block, note)
    asked = next(steps_of(drivers.find(table.profile.protocol), table.ask(proof)))
    of_proof, *others = heard
    assert asked.take(bytearray(of_proof)) is not None
    late = [answer for answer in others if answer != of_proof]
    assert [asked.take(bytearray(answer)) for answer in late] == [None] * len(late)
    assert table.bench.instrument.writes_attempted == 0


POWER = Block(Space.ITEM, 0x1100, 4)


def test_a_meters_channel_is_opened_only_when_it_is_closed() -> None:
    table = Table("mercury_230")
    table.read(POWER)
    assert table.exchanges == 3
    table.read(POWER)
    assert table.exchanges == 4


def test_a_meter_with_its_own_password_is_asked_for_it_once_a_poll() -> None:
    table = Table("mercury_230")
    with pytest.raises(RefusedError, match="exception 3"):
        table.read(POWER, password=b"123456")
    assert table.exchanges == 2
    assert table.bench.instrument.writes_attempted == 0


@pytest.mark.parametrize(
    ("heard", "code"), [("07 01", 1), ("07 02", 4), ("07 13", 3), ("07 04", 4), ("07 06", 6)]
)
def test_a_meter_says_why_it_refuses(heard: str, code: int) -> None:
    table = Table("mercury_230")
    step = next(steps_of(drivers.find("mercury_230"), table.ask(POWER)))
    with pytest.raises(RefusedError, match=f"exception {code}"):
        step.take(bytearray(with_crc(bytes.fromhex(heard))))


@pytest.mark.parametrize(
    ("item", "data", "value"),
    [
        (0x1100, "C8 87 70", -553095),
        (0x1104, "88 87 70", 553095),
        (0x1104, "48 87 70", -553095),
        (0x1130, "80 E7 03", 999),
        (0x1111, "FF FF FF", -(2**31)),
        (0x1111, "00 40 5E", 24128),
    ],
    ids=["given", "given while it takes reactive", "capacitive", "a factor", "not measured", "a voltage"],
)
def test_three_bytes_of_a_meter_have_their_own_order_and_signs(item: int, data: str, value: int) -> None:
    asked = Ask(Framing.RTU, UNIT, Block(Space.ITEM, item, 4))
    steps = steps_of(drivers.find("mercury_230"), asked)
    heard = next(steps).take(bytearray(with_crc(bytes((UNIT,)) + bytes.fromhex(data))))
    with pytest.raises(StopIteration) as done:
        steps.send(heard or b"")
    assert done.value.value == struct.pack(">i", value)


def test_a_value_that_begins_like_a_refusal_is_a_value() -> None:
    like = with_crc(bytes((UNIT, 1)))
    step = next(steps_of(drivers.find("mercury_230"), Table("mercury_230").ask(POWER)))
    assert step.take(bytearray(with_crc(like))) == like[1:]


@pytest.mark.parametrize("item", [0x1100, 0x1111, 0x1170, 0x0500])
def test_an_echo_is_no_value_of_a_meter(item: int) -> None:
    asked = Ask(Framing.RTU, UNIT, Block(Space.ITEM, item, 2 if item == 0x1170 else 4))
    step = next(steps_of(drivers.find("mercury_230"), asked))
    assert step.take(bytearray(step.send)) is None
