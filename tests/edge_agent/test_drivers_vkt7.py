"""A VKT-7 told step by step: what it is asked, and what is made of its decimals, units and sizes."""

import struct
from collections.abc import Mapping

import pytest

from edge_agent import drivers
from edge_agent.drivers import Ask, Framing, GarbledError, RefusedError, Steps
from edge_agent.drivers._exchange import steps_of
from edge_agent.poll.polled import FOR_GOOD
from edge_agent.samples import Block
from sensor_profiles.model import Space
from tests.firmware_sim.clients import with_crc

UNIT = 7
PROPERTIES, CURRENT, TOTALS = 6, 4, 5
TEXTS = {45: "м3/ч", 46: "м3", 47: "т", 48: "кгс/см2", 53: "Гкал"}
DECIMALS = dict.fromkeys(range(57, 77), 2)
GOOD = 0xC0


class Calculator:
    """Answers a session from a table: element → its bytes; keeps what it was asked for, kind by kind."""

    def __init__(
        self,
        values: Mapping[int, bytes],
        texts: Mapping[int, str] = TEXTS,
        decimals: Mapping[int, int] = DECIMALS,
        quality: int = GOOD,
    ) -> None:
        self.values, self.texts, self.decimals, self.quality = values, texts, decimals, quality
        self.asked: dict[int, list[int]] = {}
        self.sent: list[bytes] = []
        self._kind, self._wanted = 0, [0]

    def hear(self, sent: bytes) -> bytes:
        """The data of the answer; bytes after the register's number and quantity are told in full."""
        self.sent.append(sent)
        function, register, told = sent[3], int.from_bytes(sent[4:6], "big"), sent[8:-2]
        if (function, register) == (0x10, 0x3FFD):
            self._kind = told[1]
        elif (function, register) == (0x10, 0x3FFF) and told[0] != 0xCC:
            self._wanted = [number & 0xFFFF for number, _ in struct.iter_unpack("<IH", told[1:])]
            self.asked.setdefault(self._kind, []).extend(self._wanted)
        elif (function, register) == (3, 0x3FFC):
            assert self._kind != PROPERTIES, "some tell an empty list then"
            return b"".join(struct.pack("<IH", n, len(raw)) for n, raw in self.values.items())
        elif (function, register) == (3, 0x3FFE):
            return b"".join(map(self._told, self._wanted))
        return b"\xff\0\0"

    def _told(self, number: int) -> bytes:
        if number in self.texts:
            text = self.texts[number].encode("cp866")
            return len(text).to_bytes(2, "little") + text + b"\xc0\0"
        if number in self.decimals:
            return bytes((self.decimals[number], GOOD, 0))
        return self.values[number] + bytes((self.quality, 0))

    def read(self, system: int = 0) -> bytes:
        """What the driver delivers of a heat system."""
        steps: Steps = steps_of(drivers.find("teplocom_vkt7"), ask(system))
        step = next(steps)
        try:
            while True:
                step = steps.send(self.hear(step.send))
        except StopIteration as done:
            data: bytes = done.value
            return data


def ask(system: int = 0) -> Ask:
    return Ask(Framing.RTU, UNIT, Block(Space.ITEM, system, 198))


def element(data: bytes, place: int) -> tuple[int, int]:
    """Quality and millionths of one element."""
    quality, number = struct.unpack_from(">Bq", data, place * 9)
    return quality, number


def low_first(number: int, size: int = 4) -> bytes:
    return number.to_bytes(size, "little", signed=True)


@pytest.mark.parametrize(
    ("place", "raw", "decimals", "texts", "millionths"),
    [
        (0, low_first(-88, 2), 2, {}, -880_000),
        (0, low_first(-88, 3), 2, {}, -880_000),
        (1, low_first(12345, 2), 2, {}, 123_450_000),
        (3, low_first(123456789), 3, {}, 123_456_789_000),
        (3, low_first(123456789), 0, {}, 123_456_789_000_000),
        (9, low_first(512, 2), 2, {}, 502_100_480),
        (9, low_first(512, 2), 3, {48: "МПа"}, 512_000_000),
        (12, low_first(1000), 3, {}, 1_163_000),
        (12, low_first(3600), 3, {53: "ГДж"}, 1_000_000),
        (13, low_first(1000), 3, {53: "МВт*ч"}, 1_000_000),
    ],
)
def test_decimals_and_units_are_those_the_calculator_tells(
    place: int, raw: bytes, decimals: int, texts: dict[int, str], millionths: int
) -> None:
    one = Calculator({place: raw}, TEXTS | texts, dict.fromkeys(DECIMALS, decimals))
    assert element(one.read(), place) == (GOOD, millionths)


def test_each_heat_system_has_its_own_decimals() -> None:
    values = {place: low_first(1234) for place in (3, 6, 9, 12, 25, 28, 31, 34)}
    one = Calculator(values, decimals=DECIMALS | {69: 0, 70: 1, 71: 3, 76: 4})
    first, second = one.read(0), one.read(1)
    assert [element(first, place)[1] for place in (3, 6)] == [12_340_000, 12_340_000]
    assert [element(second, place)[1] for place in (3, 6)] == [1_234_000_000, 123_400_000]
    assert element(second, 9)[1] == round(1.234 * 98.0665 * 1e6)
    assert element(second, 12)[1] == round(0.1234 * 1.163 * 1e6)


def test_totals_are_read_as_totals_and_the_rest_as_current_values() -> None:
    one = Calculator({n: low_first(1) for n in (0, 1, 3, 6, 9, 12, 13, 14, 19, 22, 77)})
    one.read()
    assert (one.asked[CURRENT], one.asked[TOTALS]) == ([0, 1, 9, 14, 19], [3, 6, 12, 13])


def test_what_is_not_in_the_scheme_and_other_units_are_no_values() -> None:
    texts = TEXTS | {45: "т/ч", 53: "ккал", 48: ""}
    one = Calculator({0: low_first(1), 9: low_first(1), 12: low_first(1), 19: low_first(1)}, texts)
    data = one.read()
    assert {place: element(data, place)[0] for place in (0, 1, 9, 12, 19)} == {
        0: GOOD,
        1: 1,
        9: 2,
        12: 2,
        19: 2,
    }


@pytest.mark.parametrize("decimals", [10, 255])
def test_more_decimals_than_a_calculator_has_are_no_value(decimals: int) -> None:
    one = Calculator({0: low_first(1)}, decimals=dict.fromkeys(DECIMALS, decimals))
    assert element(one.read(), 0)[0] == 2


@pytest.mark.parametrize("quality", [0x00, 0x04, 0x0C, 0x40, 0x50])
def test_the_quality_is_the_calculators(quality: int) -> None:
    assert element(Calculator({0: low_first(5)}, quality=quality).read(), 0)[0] == quality


@pytest.mark.parametrize(("place", "size"), [(0, 0), (0, 9), (19, 2), (19, 8)])
def test_an_element_of_an_impossible_size_spoils_the_answer(place: int, size: int) -> None:
    with pytest.raises(GarbledError, match=f"of {size} bytes"):
        Calculator({place: bytes(size)}).read()


def test_a_heat_system_that_is_not_there_is_refused_for_good() -> None:
    with pytest.raises(RefusedError) as refusal:
        Calculator({0: low_first(1)}).read(1)
    assert refusal.value.code in FOR_GOOD


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_no_exception_of_a_calculator_is_for_good(code: int) -> None:
    step = next(steps_of(drivers.find("teplocom_vkt7"), ask()))
    with pytest.raises(RefusedError) as refusal:
        step.take(bytearray(with_crc(bytes((UNIT, 0x90, code, 0)))))
    assert refusal.value.code not in FOR_GOOD


def test_nothing_is_written_but_what_chooses_what_is_read() -> None:
    one = Calculator({0: low_first(1), 3: low_first(1)})
    one.read()
    assert {sent[4:6] for sent in one.sent if sent[3] == 0x10} == {b"\x3f\xff", b"\x3f\xfd"}
    assert len(one.sent) == 12
