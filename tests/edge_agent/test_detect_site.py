"""A site's detectors: devices by themselves, relations between devices, modes, restarts."""

import math
import random
from pathlib import Path

import pytest

from edge_agent.detect import StateMisfitError
from edge_agent.detect.site import Judged, ModeState, SiteDetector, decode_state, encode_state
from edge_agent.samples import Instant, Scan
from edge_agent.settings import load
from edge_agent.settings.watching import Detection
from wire.config_file import ConfigError
from wire.messages import Clock, Learning, OperatingMode, Quality

MINUTE_MS = 60_000
START_MS = 1_800_000_000_000
WARMUP = 200
SITE = """
gateway = "gw"
outbox.path = "o.db"
site = { name = "bh-01", class = "boiler_house" }
[[link]]
name = "lan"
host = "127.0.0.1"
[[detect.expected]]
target = "heat.supply"
drivers = ["yard.outdoor"]
warmup_rows = 200
[[device]]
name = "heat"
profile = "generic_f32_20"
link = "lan"
unit = 1
detect.innovations = { warmup_rows = 200 }
channels.v1 = { name = "supply", quantity = "temperature" }
channels.v2 = { name = "running", quantity = "state" }
[[device]]
name = "yard"
profile = "generic_f32_20"
link = "lan"
unit = 2
detect.enabled = false
channels.v1 = { name = "outdoor", quantity = "temperature" }
"""


def detection(folder: Path, text: str = SITE) -> Detection:
    file = folder / "agent.toml"
    file.write_text(text)
    return load(file).detection


class Days:
    """Minute after minute: it is cold, and the supply follows."""

    def __init__(self, detector: SiteDetector) -> None:
        self.detector = detector
        self.minute = 0
        self._chance = random.Random(7)

    def go(self, minutes: int, *, off_by: float = 0.0, quality: Quality | None = None) -> list[Judged]:
        """What is said of the supply's device, the supply being so far from where it should be."""
        return [self._minute(off_by, quality) for _ in range(minutes)]

    def _minute(self, off_by: float, quality: Quality | None) -> Judged:
        self.minute += 1
        taken = Instant(START_MS + MINUTE_MS * self.minute, MINUTE_MS * self.minute)
        outdoor = -20 + 8 * math.sin(self.minute / 15) + self._chance.gauss(0, 0.1)
        supply = 60 - 1.5 * outdoor + self._chance.gauss(0, 0.2) + off_by
        marks = {} if quality is None else {0: quality}
        self.detector.scan(Scan("yard", taken, Clock.SYNCED, (outdoor,), {}))
        return self.detector.scan(Scan("heat", taken, Clock.SYNCED, (supply, 1.0, 1.0), marks))


def learnt(folder: Path) -> Days:
    days = Days(SiteDetector(detection(folder)))
    days.go(3 * WARMUP)
    return days


def found_by(judged: list[Judged]) -> set[tuple[int, str]]:
    return {(finding.channel, finding.detector) for one in judged for finding in one.findings}


def test_what_others_determine_is_missed_at_its_own_place(tmp_path: Path) -> None:
    assert (0, "expected") in found_by(learnt(tmp_path).go(30, off_by=-15))


def test_progress_is_told_until_all_detectors_judge(tmp_path: Path) -> None:
    days = Days(SiteDetector(detection(tmp_path)))
    assert {one.anomalous for one in days.go(50)} == {None}
    (learning,) = days.detector.learning()
    assert (learning.device, learning.needed) == ("heat", WARMUP)
    assert 10 <= learning.seen <= 50
    days.go(WARMUP)
    assert days.detector.learning() == ()
    assert {one.anomalous for one in days.go(50)} == {False}


def test_only_what_has_a_level_is_watched(tmp_path: Path) -> None:
    (watch,) = detection(tmp_path).devices
    assert watch.channels == ("supply",)
    text = SITE.replace('"running", quantity = "state"', '"running", quantity = "state", detect = true')
    assert detection(tmp_path, text).devices[0].channels == ("supply", "running")
    assert detection(tmp_path, "detect.enabled = false\n" + text).devices == ()


def test_a_driver_that_is_not_read_says_nothing(tmp_path: Path) -> None:
    days = learnt(tmp_path)
    for minute in range(30):
        taken = Instant(START_MS + MINUTE_MS * (days.minute + 10 + minute), 0)
        judged = days.detector.scan(Scan("heat", taken, Clock.SYNCED, (20.0, 1.0), {}))
        assert "expected" not in {finding.detector for finding in judged.findings}


def test_a_value_that_is_not_good_is_neither_judged_nor_learnt(tmp_path: Path) -> None:
    days = learnt(tmp_path)
    assert found_by(days.go(60, off_by=-40, quality=Quality.BAD_SENTINEL)) == set()
    assert found_by(days.go(60)) == set()


def test_in_maintenance_nothing_is_judged_until_its_time_is_over(tmp_path: Path) -> None:
    days = learnt(tmp_path)
    until_ms = START_MS + MINUTE_MS * (days.minute + 60)
    days.detector.set_mode(OperatingMode.MAINTENANCE, until_ms)
    assert {one.anomalous for one in days.go(59, off_by=-15)} == {None}
    assert days.detector.mode == ModeState(OperatingMode.MAINTENANCE, until_ms, OperatingMode.HEATING)
    assert {one.anomalous for one in days.go(30)} == {False}
    assert days.detector.mode.mode is OperatingMode.HEATING


def test_summer_is_learnt_apart_and_the_winter_is_not_forgotten(tmp_path: Path) -> None:
    days = learnt(tmp_path)
    days.detector.set_mode(OperatingMode.SUMMER)
    assert {one.anomalous for one in days.go(50, off_by=-40)} == {None}
    (learning,) = days.detector.learning()
    days.detector.set_mode(OperatingMode.HEATING)
    assert {one.anomalous for one in days.go(50)} == {False}
    days.detector.set_mode(OperatingMode.SUMMER)
    days.go(1)
    assert days.detector.learning() == (Learning("heat", learning.seen + 1, WARMUP),)


def test_a_confirmed_false_alarm_becomes_normal(tmp_path: Path) -> None:
    days = learnt(tmp_path)
    assert days.go(60, off_by=-15)[-1].anomalous
    assert days.detector.rebaseline("heat")
    assert not any(one.anomalous for one in days.go(30, off_by=-15))
    assert not days.detector.rebaseline("yard")


@pytest.mark.parametrize("mode", [OperatingMode.HEATING, OperatingMode.SUMMER, OperatingMode.MAINTENANCE])
def test_a_restart_changes_nothing(tmp_path: Path, mode: OperatingMode) -> None:
    days = learnt(tmp_path)
    days.detector.set_mode(mode)
    days.go(20)
    again = SiteDetector(detection(tmp_path))
    assert again.restore(decode_state(encode_state(days.detector.state()))) is None
    assert encode_state(again.state()) == encode_state(days.detector.state())
    assert again.mode == days.detector.mode


def test_only_the_group_that_changed_begins_anew(tmp_path: Path) -> None:
    state = learnt(tmp_path).detector.state()
    other = SiteDetector(
        detection(
            tmp_path,
            SITE.replace(
                "detect.innovations", 'channels.v3 = { quantity = "temperature" }\ndetect.innovations'
            ),
        )
    )
    said = other.restore(state)
    assert said == "heat: state of supply; here: supply, v3"
    days = Days(other)
    days.minute = 3 * WARMUP
    assert (0, "expected") in found_by(days.go(30, off_by=-15))


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(StateMisfitError, match="not a state that this program knows"):
        decode_state(b"\xff\x00")


def test_a_relation_with_an_unknown_channel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no channel `yard.outdor`; did you mean `yard.outdoor`"):
        detection(tmp_path, SITE.replace('["yard.outdoor"]', '["yard.outdor"]'))
    with pytest.raises(ConfigError, match="name each channel once"):
        detection(tmp_path, SITE.replace('["yard.outdoor"]', '["heat.supply"]'))
