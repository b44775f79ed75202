"""Line faults: what reaches the reader, how it is graded, how they begin and end."""

import random
from typing import Any

import pytest

from firmware_sim.devices.bus import Bus
from firmware_sim.devices.instrument import Reply
from firmware_sim.devices.modbus import TcpSpeaker
from firmware_sim.faults import Delivery, LineFault, LineFaults
from tests.firmware_sim import examples
from tests.firmware_sim.clients import mbap, with_crc
from tests.firmware_sim.examples import Bench

REQUEST = with_crc(bytes([1, 3, 0, 0, 0, 2]))
RIGHT = with_crc(bytes([1, 3, 4, 0, 2, 0, 90]))


def probe() -> Bench:
    return Bench(examples.renke_direction(), {"sector": 2.0, "direction": 90.0})


def ask(fault: LineFault, amount: int | None = None) -> list[Reply]:
    bench = probe()
    bench.instrument.faults.arm(fault, amount)
    return list(Bus([bench.instrument]).hear(REQUEST, 0))


def graded(fault: LineFault, amount: int | None = None) -> tuple[bytes, Delivery]:
    [reply] = ask(fault, amount)
    assert reply.served is not None
    return reply.data, reply.served.delivery


def test_silence_is_no_reply_at_all() -> None:
    assert ask(LineFault.SILENT) == []


def test_a_wrong_checksum_differs_in_the_checksum_only() -> None:
    data, delivery = graded(LineFault.BAD_CRC)
    assert data[:-1] == RIGHT[:-1]
    assert data[-1] != RIGHT[-1]
    assert delivery is Delivery.SPOILED


def test_over_tcp_a_wrong_checksum_is_a_wrong_transaction_number() -> None:
    bench = probe()
    bench.instrument.faults.arm(LineFault.BAD_CRC)
    [reply] = TcpSpeaker([bench.instrument]).hear(mbap(5, 1, REQUEST[1:-2]), 0)
    assert reply.data[2:] == mbap(5, 1, RIGHT[1:-2])[2:]
    assert reply.data[:2] != b"\x00\x05"


def test_a_wrong_unit_carries_a_right_checksum() -> None:
    assert graded(LineFault.WRONG_UNIT, 3) == (with_crc(b"\x04" + RIGHT[1:-2]), Delivery.SPOILED)


@pytest.mark.parametrize(
    ("fault", "amount", "code"), [(LineFault.EXCEPTION, 2, 2), (LineFault.BUSY, None, 6)]
)
def test_an_exception_carries_its_code_and_serves_nothing(fault: LineFault, amount: int, code: int) -> None:
    [reply] = ask(fault, amount)
    assert reply.data == with_crc(bytes([1, 0x83, code]))
    assert reply.served is None


def test_truncated_and_dropped_bytes_are_missing() -> None:
    assert graded(LineFault.TRUNCATE, 4) == (RIGHT[:-4], Delivery.SPOILED)
    data, delivery = graded(LineFault.DROP, 2)
    assert len(data) == len(RIGHT) - 2
    assert delivery is Delivery.SPOILED
    assert ask(LineFault.TRUNCATE, 9) == [], "nothing is left"


def test_noise_and_echo_stand_around_a_whole_answer() -> None:
    before, grade = graded(LineFault.GARBAGE_BEFORE, 5)
    assert before[5:] == RIGHT
    assert grade is Delivery.DOUBTFUL
    after, _ = graded(LineFault.GARBAGE_AFTER, 5)
    assert (after[:-5], len(after)) == (RIGHT, len(RIGHT) + 5)
    assert graded(LineFault.ECHO) == (REQUEST + RIGHT, Delivery.DOUBTFUL)


def test_an_adapter_echoes_even_when_the_instrument_is_silent() -> None:
    bench = probe()
    bench.instrument.faults.arm(LineFault.ECHO)
    bench.instrument.faults.arm(LineFault.SILENT)
    [reply] = Bus([bench.instrument]).hear(REQUEST, 0)
    assert (reply.data, reply.served) == (REQUEST, None)


def test_lateness_delays_the_right_answer() -> None:
    [reply] = ask(LineFault.LATE, 700)
    assert (reply.data, reply.delay_ms) == (RIGHT, 700)


@pytest.mark.parametrize(
    "fault", [LineFault.EXCEPTION, LineFault.BUSY, LineFault.WRONG_UNIT, LineFault.SILENT]
)
def test_a_dust_sensor_knows_neither_exceptions_nor_addresses_and_is_silent(fault: LineFault) -> None:
    dust = Bench(examples.pms5003(), {"pm2_5": 9.0})
    dust.instrument.faults.arm(fault)
    assert list(Bus([dust.instrument]).speak(0)) == []


def test_a_counted_fault_ends_by_itself() -> None:
    faults = LineFaults()
    faults.arm("silent", count=2)
    assert [faults.strike().silent for _ in range(4)] == [True, True, False, False]
    assert faults.armed == {}


def test_disarming_ends_one_fault_and_clearing_all() -> None:
    faults = LineFaults()
    for fault in LineFault:
        faults.arm(fault)
    faults.disarm(LineFault.ECHO)
    assert set(faults.armed) == set(LineFault) - {LineFault.ECHO}
    faults.clear()
    assert faults.strike().deliver(RIGHT) == RIGHT


def test_the_same_seed_gives_the_same_faults() -> None:
    def story(seed: int) -> list[bytes]:
        faults = LineFaults(random.Random(seed))
        faults.arm(LineFault.DROP, 2, probability=0.5)
        faults.arm(LineFault.GARBAGE_AFTER, probability=0.3)
        return [faults.strike().deliver(RIGHT) for _ in range(50)]

    assert story(1) == story(1) != story(2)


def test_a_likely_fault_hits_about_as_often_as_it_says() -> None:
    faults = LineFaults(random.Random(4))
    faults.arm(LineFault.SILENT, probability=0.2)
    assert 150 < sum(faults.strike().silent for _ in range(1000)) < 250


@pytest.mark.parametrize(
    "wrong", [{"amount": -1}, {"probability": 1.5}, {"probability": -0.1}, {"count": 0}, {"amount": 300}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"wrong_unit: amount 1…255, probability 0…1"):
        LineFaults().arm(LineFault.WRONG_UNIT, **wrong)


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="'sulking'"):
        LineFaults().arm("sulking")
