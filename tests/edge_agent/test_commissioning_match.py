"""Profiles are told apart by what registers hold, and by names where a device gives some."""

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.commissioning import identity, matching
from edge_agent.commissioning.identity import DEVICE_ID, SERVER_ID, Identity
from edge_agent.commissioning.matching import Match, Seen, match
from edge_agent.commissioning.plan import LineSetting
from edge_agent.drivers import Ask, Framing, RefusedError
from edge_agent.samples import Answer, Block, Fault
from firmware_sim.devices.image import Block as Place
from firmware_sim.devices.image import Layout
from firmware_sim.devices.modbus import answer, crc16
from sensor_profiles import loader
from sensor_profiles.model import Channel, Profile, Space
from tests.edge_agent.commissioning import instrument
from wire.messages import Value

LIBRARY = tuple(loader.load(file) for file in loader.library().values())
MODBUS = tuple(profile for profile in LIBRARY if profile.protocol == "modbus")
NOTHING = identity.NOTHING


def measured(channel: Channel, rng: random.Random) -> Value:
    """Somewhere in the lower half of the range, never a round number."""
    if channel.quantity == "text":
        return "A1"
    low = 0.0 if channel.low is None else channel.low
    high = low + 90 if channel.high is None else channel.high
    return low + (high - low) * rng.uniform(0.05, 0.45)


def answers_of(device: Profile, asked: Sequence[Profile], seed: int = 1) -> Mapping[Block, Answer]:
    """What a device says to the reads of all these profiles."""
    rng = random.Random(seed)
    layout = Layout(device)
    values = {channel.name: measured(channel, rng) for channel in device.channels}
    blocks = {matching.first_block(profile) for profile in asked}
    blocks |= {
        block for p in asked for holes in (True, False) for block in matching.all_blocks(p, holes=holes)
    }
    return {block: _answer(layout, device, block, values) for block in blocks}


def _answer(layout: Layout, device: Profile, block: Block, values: Mapping[str, Value]) -> Answer:
    too_long = block.count > device.max_registers
    found = None if too_long else layout.answer(Place(block.space, block.start, block.count), values)
    return Answer(block, fault=Fault.REFUSED) if found is None else Answer(block, found.data)


def seen(device: Profile, *, named: Identity | None = None, unit: int = 1) -> Seen:
    return Seen(
        unit=unit, identity=named or Identity(), setting=LineSetting(9600), answers=answers_of(device, MODBUS)
    )


def rank(matches: Sequence[Match], name: str) -> int:
    return [one.profile for one in matches].index(name)


@pytest.mark.parametrize("device", MODBUS, ids=lambda profile: profile.name)
def test_a_device_that_names_itself_is_known_for_sure(device: Profile) -> None:
    pdu = answer(instrument(device, 1), bytes.fromhex("2B0E0100")).data
    named = identity.parse(pdu, b"")
    matches = match(seen(device, named=named), MODBUS)
    same = [
        p.name for p in MODBUS if matching.named_by(named.text, p) == matching.named_by(named.text, device)
    ]
    assert matches[0].profile in same
    assert device.name in [one.profile for one in matches[: len(same)]]


def test_most_devices_that_name_nothing_are_told_by_their_registers() -> None:
    """Registers alone: the true profile is the first, or shares the first place with its twins."""
    found = {device.name: match(seen(device), MODBUS, least=0.0) for device in MODBUS}
    first = [name for name, matches in found.items() if rank(matches, name) == 0]
    near = [name for name, matches in found.items() if rank(matches, name) < 3]
    print(len(first), len(near), len(MODBUS), sorted(set(found) - set(first)))  # noqa: T201
    assert len(first) >= 0.75 * len(MODBUS)
    assert len(near) >= 0.95 * len(MODBUS)


def test_registers_that_are_not_there_speak_against_a_profile_and_the_sentence_says_which() -> None:
    trm = loader.find("owen_trm138")
    vane = loader.find("renke_rs_fxjt")
    found = {one.profile: one for one in match(seen(trm), (trm, vane), least=0.0)}
    assert found["owen_trm138"].confidence > 0.5
    texts = [evidence.text for evidence in found["renke_rs_fxjt"].evidence if evidence.bits < -10]
    assert texts == ["it refuses to read holding 0–1, which this model has"]


def test_nothing_is_believed_of_a_device_that_refuses_everything() -> None:
    blocks = answers_of(MODBUS[0], MODBUS)
    refused = {block: Answer(block, fault=Fault.REFUSED) for block in blocks}
    silent = Seen(unit=1, identity=Identity(), setting=None, answers=refused)
    assert match(silent, MODBUS) == ()


def test_empty_registers_prove_no_profile() -> None:
    zeros = {
        block: Answer(block, bytes(2 * block.count))
        for block in answers_of(MODBUS[0], MODBUS)
        if block.space in {Space.HOLDING, Space.INPUT}
    }
    found = match(Seen(unit=1, identity=Identity(), setting=None, answers=zeros), MODBUS)
    assert all(one.confidence < 0.5 for one in found)


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_any_registers_are_judged_and_confidences_are_shares(rng: random.Random) -> None:
    answers = {
        block: Answer(block, rng.randbytes(2 * block.count))
        for block in answers_of(MODBUS[0], MODBUS[:12])
        if block.space in {Space.HOLDING, Space.INPUT}
    }
    found = match(Seen(unit=1, identity=Identity(), setting=None, answers=answers), MODBUS[:12], least=0.0)
    assert sum(one.confidence for one in found) <= 1.02
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)


@settings(max_examples=60)
@given(st.binary(max_size=60), st.sampled_from([SERVER_ID, DEVICE_ID]), st.sampled_from(list(Framing)))
def test_a_name_is_found_behind_noise_and_never_in_noise(
    noise: bytes, naming: identity.Naming, framing: Framing
) -> None:
    ask = Ask(framing, 7, NOTHING, 9)
    unit = instrument("owen_trm138", 7)
    request = naming.request(ask)
    pdu = answer(unit, request[7:] if framing is Framing.MBAP else request[1:-2]).data
    if framing is Framing.MBAP:
        frame = request[:4] + (len(pdu) + 1).to_bytes(2, "big") + b"\x07" + pdu
        assert naming.take(ask, bytearray(frame)) == pdu
        return
    frame = b"\x07" + pdu + crc16(b"\x07" + pdu)
    quiet = noise.replace(b"\x07", b"")
    received = bytearray(quiet + frame)
    assert naming.take(ask, received) == pdu
    assert naming.take(ask, bytearray(quiet)) is None
    assert naming.take(ask, bytearray(frame[:-1])) is None


def test_a_refused_name_is_a_refusal() -> None:
    ask = Ask(Framing.RTU, 7, NOTHING)
    body = bytes([7, 0x91, 1])
    with pytest.raises(RefusedError):
        SERVER_ID.take(ask, bytearray(body + crc16(body)))
