"""What a scan asks, how long it takes, and what is made of the bytes that come."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.commissioning import plan
from edge_agent.commissioning.outcomes import Heard, Outcome, explain, frames
from edge_agent.commissioning.plan import LineSetting
from edge_agent.commissioning.verdicts import SPREAD, Tried, answers_all, line_notes, to_verify
from sensor_profiles import loader
from tests.firmware_sim.clients import with_crc

REQUEST = with_crc(bytes([5, 3, 0, 0, 0, 1]))


def tried(*outcomes: Outcome) -> Tried:
    return Tried(outcomes[0].unit, outcomes)


def said(unit: int, data: bytes = b"\0\1") -> Tried:
    return tried(Outcome(unit=unit, heard=Heard.ANSWER, data=data))


def test_the_most_likely_setting_comes_first_and_each_comes_once() -> None:
    found = plan.settings(plan.BAUDS, plan.PARITIES)
    assert found[0] == LineSetting(9600, "N")
    assert len(set(found)) == len(plan.BAUDS) * 3
    assert found.index(LineSetting(9600, "E")) < found.index(LineSetting(1200, "N"))


def test_factory_addresses_come_before_the_others() -> None:
    units = plan.order(range(1, 248), [msgspec.structs.replace(loader.find("owen_trm138"), unit=24)])
    assert units[:3] == (24, 1, 2)
    assert sorted(units) == list(range(1, 248))


def test_an_empty_line_costs_the_patience_of_every_address() -> None:
    estimate = plan.estimate(247, [LineSetting(9600)], 0.2, [])
    assert estimate.empty_s == pytest.approx(plan.LISTEN_S + 247 * (0.2 + 15 * 10 / 9600))
    assert plan.estimate(10, [None], 0.3, []).empty_s == pytest.approx(plan.LISTEN_S + 3)


@pytest.mark.parametrize(
    ("text", "numbers"), [("7", (7,)), ("1-3,24", (1, 2, 3, 24)), ("2,1-3", (2, 1, 3)), ("247", (247,))]
)
def test_numbers_are_read_as_people_write_them(text: str, numbers: tuple[int, ...]) -> None:
    assert plan.parse_numbers(text, range(256)) == numbers


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1-", "`1-` is no number or range; write for example 1-20,24"),
        ("x", "`x` is no number"),
        ("300", "300 is outside 0–255"),
        ("9-3", "`9-3` names none; the lower number comes first"),
    ],
)
def test_wrong_numbers_are_told_with_what_to_write(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        plan.parse_numbers(text, range(256))


@pytest.mark.parametrize(
    ("came", "heard", "sender"),
    [
        (b"", Heard.SILENT, None),
        (REQUEST, Heard.ECHO, None),
        (with_crc(bytes([6, 3, 2, 0, 1])), Heard.FOREIGN, 6),
        (REQUEST + with_crc(bytes([9, 0x83, 2])), Heard.FOREIGN, 9),
        (b"\x05\x03\x02\x00\x01\x00\x00", Heard.GARBLED, None),
        (REQUEST + b"\xff", Heard.GARBLED, None),
    ],
)
def test_what_came_instead_of_an_answer_is_explained(came: bytes, heard: Heard, sender: int | None) -> None:
    found = explain(5, REQUEST, came)
    assert (found.heard, found.sender, found.echoed) == (heard, sender, came.startswith(REQUEST))


@settings(max_examples=100)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_are_explained_and_every_frame_in_them_is_valid(sent: bytes, came: bytes) -> None:
    explain(1, sent, came)
    assert all(with_crc(frame[:-2]) == frame for frame in frames(came))


@settings(max_examples=60)
@given(st.integers(1, 247), st.binary(min_size=2, max_size=20), st.binary(max_size=10))
def test_a_valid_frame_is_found_behind_any_noise(unit: int, data: bytes, noise: bytes) -> None:
    frame = with_crc(bytes([unit, 3, len(data)]) + data)
    assert frame in list(frames(bytes(256 * [0xFF])[: len(noise)] + frame))


def test_devices_that_say_the_same_are_suspected_to_be_one() -> None:
    three = {unit: said(unit) for unit in (1, 2, 3)}
    assert to_verify(three, range(4, 248)) == SPREAD
    assert to_verify(three | {3: said(3, b"\0\2")}, range(4, 248)) == ()
    all_of_them = three | {unit: said(unit) for unit in SPREAD}
    assert answers_all(all_of_them)
    assert "one device answers every address (8 were asked)" in line_notes(all_of_them)[0]
    one_silent = all_of_them | {247: tried(Outcome(unit=247, heard=Heard.SILENT))}
    assert not answers_all(one_silent)


def test_an_address_where_frames_break_is_a_collision_and_a_whole_noisy_line_is_none() -> None:
    broken = Outcome(unit=4, heard=Heard.GARBLED, data=b"\xff")
    notes = line_notes({4: tried(broken, Outcome(unit=4, heard=Heard.ANSWER), broken)})
    assert len(notes) == 1
    assert notes[0].startswith("unit 4: 2 of 3 answers were no valid frame: two devices have this address")
    noise = {unit: tried(Outcome(unit=unit, heard=Heard.GARBLED, data=b"?")) for unit in range(1, 9)}
    assert "baud rate or parity are wrong" in line_notes(noise)[0]
    assert len(line_notes(noise)) == 1


def test_an_instrument_that_answers_under_another_address_is_named() -> None:
    notes = line_notes({4: tried(Outcome(unit=4, heard=Heard.FOREIGN, sender=5))})
    assert notes[0].startswith("asked for unit 4, unit 5 answered")


def test_a_line_that_talks_unasked_is_no_collision() -> None:
    broken = tried(Outcome(unit=4, heard=Heard.GARBLED, data=b"BM"))
    notes = line_notes({4: broken}, unasked=32)
    assert len(notes) == 1
    assert notes[0].startswith("32 bytes came before anybody was asked: an instrument that sends by itself")
