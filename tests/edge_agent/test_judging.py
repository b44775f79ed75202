"""Decode, validate and conditions as one: what a poll leads to, and what of it outlives the process."""

import struct
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_agent import pipeline
from edge_agent.judging import CONDITIONS, VALIDATE, Judging, suspicious
from edge_agent.samples import Answer, Block, Fault, Instant, RawScan, Scan, Told
from edge_agent.settings import Plant, load
from sensor_profiles.model import Space
from tests.edge_agent.outboxes import outbox
from wire.messages import Clock, LinkStatus, Quality

SYNCED = Clock.SYNCED
START_MS = 1_800_000_000_000
BLOCK = Block(Space.HOLDING, 0, 40)
SITE = """
gateway = "gw"
outbox.path = "o.db"
site = { name = "bh-01", class = "boiler_house" }
alarms.link_silent.on_delay_s = 0
[[link]]
name = "lan"
host = "127.0.0.1"
[[device]]
name = "meter"
profile = "generic_f32_20"
link = "lan"
channels.v1.alarms = { high = 50, on_delay_s = 0, off_delay_s = 0 }
channels.v2 = {}
channels.v3 = {}
[[relation]]
name = "supply-above-return"
left = ["meter.v2"]
op = ">="
right = ["meter.v3"]
holds_s = 60
"""


def plant(folder: Path) -> Plant:
    file = folder / "agent.toml"
    file.write_text(SITE)
    return load(file)


def poll(minute: int, *values: float) -> RawScan:
    data = struct.pack(">20f", *values, *[1.0] * (20 - len(values)))
    return RawScan("meter", at(minute), (Answer(BLOCK, data),))


def at(minute: int) -> Instant:
    return Instant(START_MS + 60_000 * minute, 60_000 * minute)


def codes(told: list[Told]) -> list[tuple[str, str]]:
    return [(one.event.code, one.event.state.value) for one in told]


def test_a_poll_becomes_a_scan_and_the_alarms_that_follow(tmp_path: Path) -> None:
    judging = Judging(plant(tmp_path))
    scan, told = judging.scan(poll(1, 51.0, 9.0, 1.0), SYNCED)
    assert (scan.device, scan.values[:3]) == ("meter", (51.0, 9.0, 1.0))
    assert codes(told) == [("high", "raised")]
    assert (told[0].mono_ms, told[0].event.t_ms) == (60_000, START_MS + 60_000)


def test_a_broken_relation_is_told_and_its_end_too(tmp_path: Path) -> None:
    judging = Judging(plant(tmp_path))
    events = [told for minute in range(1, 5) for told in judging.scan(poll(minute, 1, 1, 9), SYNCED)[1]]
    assert codes(events) == [("relation_broken", "raised")]
    assert events[0].event.params["relation"] == "supply-above-return"
    events = [told for minute in range(5, 15) for told in judging.scan(poll(minute, 1, 9, 1), SYNCED)[1]]
    assert codes(events) == [("relation_broken", "cleared")]


def test_a_link_that_is_down_need_not_wait_for_a_poll(tmp_path: Path) -> None:
    judging = Judging(plant(tmp_path))
    told = judging.health(at(1), SYNCED, [LinkStatus(name="lan", up=False)])
    assert codes(told) == [("link_silent", "raised")]
    raw = RawScan("meter", at(2), (Answer(BLOCK, fault=Fault.LINK_DOWN),))
    assert [judging.scan(raw, SYNCED)[1] for _ in range(5)] == [[]] * 5


def test_another_process_goes_on_with_the_same_alarms(tmp_path: Path) -> None:
    judging = Judging(plant(tmp_path))
    (raised,) = judging.scan(poll(1, 51.0), SYNCED)[1]
    other = Judging(plant(tmp_path))
    assert other.restore(judging.state()) == {}
    assert other.scan(poll(2, 51.0), SYNCED)[1] == []
    (cleared,) = other.scan(poll(3, 1.0), SYNCED)[1]
    assert (cleared.event.id, cleared.event.state) == (raised.event.id, "cleared")


def test_a_state_that_does_not_fit_is_set_aside_and_said_and_only_its_stage_begins_anew(
    tmp_path: Path,
) -> None:
    site = plant(tmp_path)
    judging = Judging(site)
    judging.scan(poll(1, 51.0), SYNCED)
    for stage in (VALIDATE, CONDITIONS):
        with outbox(tmp_path / "o.db") as box, capture_logs() as logs:
            box.append([], {}, [], judging.state() | {stage: b"\xc1 of another program"})
            resumed = pipeline.resumed(site, box)
            assert stage not in box.state()
            pipeline.resumed(site, box)
        (said,) = logs
        assert (said["log_level"], said["stage"]) == ("error", stage)
        assert said["kept_as"].startswith(f"misfit.{stage}.2")
        assert codes(resumed.scan(poll(2, 51.0), SYNCED)[1]) == [("high", "raised")] * (stage == CONDITIONS)


@pytest.mark.parametrize(
    ("quality", "odd"),
    [
        ({}, False),
        ({0: Quality.UNCERTAIN_SPIKE}, True),
        ({0: Quality.BAD_OUT_OF_RANGE}, True),
        ({0: Quality.UNCERTAIN_STUCK}, False),
        ({0: Quality.BAD_NO_ANSWER}, False),
    ],
)
def test_only_what_has_just_become_odd_is_worth_a_closer_look(quality: dict[int, Quality], odd: bool) -> None:
    scan = Scan("d", Instant(0, 0), Clock.SYNCED, (1.0,), quality)
    assert suspicious(scan, []) is odd


def test_what_becomes_an_alarm_soon_is_worth_a_closer_look(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(SITE.replace("on_delay_s = 0, off", "on_delay_s = 90, off"))
    judging = Judging(load(file))
    _, told = judging.scan(poll(1, 51.0, 9.0, 1.0), SYNCED)
    assert codes(told) == []
    assert judging.is_pending("meter")
    judging.scan(poll(2, 49.0, 9.0, 1.0), SYNCED)
    assert not judging.is_pending("meter")
    judging.scan(poll(3, 51.0, 9.0, 1.0), SYNCED)
    assert codes(judging.scan(poll(5, 51.0, 9.0, 1.0), SYNCED)[1]) == [("high", "raised")]
    assert not judging.is_pending("meter")


def test_an_alarm_with_a_long_delay_asks_for_no_hurry(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(SITE.replace("on_delay_s = 0, off", "on_delay_s = 1200, off"))
    judging = Judging(load(file))
    judging.scan(poll(1, 51.0, 9.0, 1.0), SYNCED)
    assert not judging.is_pending("meter")
