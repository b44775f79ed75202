"""Frames of real hardware and of makers' documents: our driver asks so, and reads those values."""

from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from edge_agent import drivers
from edge_agent.decode import Decoder
from edge_agent.drivers import Ask, Framing, Step
from edge_agent.drivers._exchange import steps_of
from edge_agent.samples import Answer, Block, DecodedScan, Instant, RawScan
from sensor_profiles import loader
from sensor_profiles.model import Space
from wire.messages import Quality


class Golden(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One frame: what was asked (bytes on the wire) and answered (bytes, or registers), and what it means."""

    profile: str
    space: Space
    start: int
    source: str
    count: int = 0
    unit: int = 1
    request: str | None = None
    reply: str | None = None
    registers: tuple[int, ...] = ()
    values: dict[str, float] = {}

    @property
    def ask(self) -> Ask:
        return Ask(Framing.RTU, self.unit, Block(self.space, self.start, self.count or len(self.registers)))


def first_step(golden: Golden) -> Step:
    """What our driver says first, and how it takes the answer."""
    return next(steps_of(drivers.find(loader.find(golden.profile).protocol), golden.ask))


def block_of(golden: Golden, reply: bytes) -> bytes:
    """What our driver makes of the answer to its first question."""
    steps = steps_of(drivers.find(loader.find(golden.profile).protocol), golden.ask)
    taken = next(steps).take(bytearray(reply))
    assert taken is not None
    with pytest.raises(StopIteration) as done:
        steps.send(taken)
    return bytes(done.value.value)


FRAMES = msgspec.json.Decoder(Golden).decode_lines((Path(__file__).parent / "frames.jsonl").read_bytes())


def decoded(profile: str, block: Block, data: bytes) -> dict[str, object]:
    """The channels that were in the block, by name."""
    model = loader.find(profile)
    scan = scan_of(profile, block, data)
    return {
        channel.name: value
        for channel, value in zip(model.channels, scan.values, strict=True)
        if value is not None
    }


def scan_of(profile: str, block: Block, data: bytes) -> DecodedScan:
    model = loader.find(profile)
    decoder = Decoder(model.channels, model.statuses)
    return decoder.decode(RawScan("device", Instant(0, 0), (Answer(block, data),)))


@pytest.mark.parametrize("golden", [f for f in FRAMES if f.request], ids=lambda f: f.profile)
def test_a_request_is_the_one_that_real_hardware_answers(golden: Golden) -> None:
    assert first_step(golden).send == bytes.fromhex(golden.request or "")


@pytest.mark.parametrize("golden", [f for f in FRAMES if f.values], ids=lambda f: f.profile)
def test_an_answer_means_what_its_source_says(golden: Golden) -> None:
    data = b"".join(register.to_bytes(2, "big") for register in golden.registers)
    if golden.reply is not None:
        data = block_of(golden, bytes.fromhex(golden.reply))
    found = decoded(golden.profile, golden.ask.block, data)
    assert found == {name: pytest.approx(value, rel=1e-6) for name, value in golden.values.items()}


def test_every_frame_names_its_source() -> None:
    assert all(frame.source for frame in FRAMES)


def test_a_value_whose_status_says_sensor_break_is_not_believed() -> None:
    registers = (3, 15, 11, 0x4171, 0xF36D)
    data = b"".join(register.to_bytes(2, "big") for register in registers)
    scan = scan_of("owen_trm138", Block(Space.INPUT, 0, 5), data)
    assert scan.faults[0] == Quality.BAD_DEVICE_STATUS


def test_dust_sensors_are_read_by_the_offsets_of_their_frames() -> None:
    nova = bytes.fromhex("AA C0 7B 00 C8 01 12 34 8A AB")
    assert decoded("nova_sds011", Block(Space.FRAME, 0, 10), nova) == {
        "pm2_5": pytest.approx(12.3),
        "pm10": pytest.approx(45.6),
    }
    words = (28, 91, 92, 93, 11, 25, 31, 1000, 500, 250, 40, 8, 2, 0)
    plantower = b"\x42\x4d" + b"".join(word.to_bytes(2, "big") for word in words) + b"\0\0"
    names = ("pm1", "pm2_5", "pm10", "n0_3", "n0_5", "n1", "n2_5", "n5", "n10")
    assert decoded("plantower_pms5003", Block(Space.FRAME, 0, 32), plantower) == dict(
        zip(names, words[4:13], strict=True)
    )


def test_a_dust_sensor_that_warms_up_has_no_value() -> None:
    scan = scan_of("nova_sds011", Block(Space.FRAME, 0, 10), bytes.fromhex("AA C0 00 00 00 00 12 34 46 AB"))
    assert scan.values == (None, None)
    assert scan.faults == {0: Quality.BAD_SENTINEL, 1: Quality.BAD_SENTINEL}
