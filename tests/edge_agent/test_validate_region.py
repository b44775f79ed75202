"""Ordinary days at the shipped region are left alone; copies of them that are spoilt are caught."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

import msgspec
import pytest

from edge_agent.samples import DecodedScan
from edge_agent.validate import SiteValidator
from tests.edge_agent import days
from wire.messages import Clock, Quality, Value

HALF_A_DAY = days.DAY_MIN // 2
Spoil = Callable[[int, Value], Value]
Found = Counter[tuple[str, str, Quality]]


@cache
def half_a_day() -> tuple[DecodedScan, ...]:
    return tuple(days.scans("bh-01", HALF_A_DAY))


def judge(site: str, scans: Iterable[DecodedScan]) -> tuple[Found, int, set[str]]:
    """What was marked, of how many values, and which relations were found broken."""
    plant = days.plant(site)
    names = {device.name: [channel.name for channel in device.channels] for device in plant.devices}
    validator = SiteValidator(plant.devices, plant.relations)
    found: Found = Counter()
    seen, broken = 0, set()
    for scan in scans:
        verdict = validator.validate(scan, Clock.SYNCED)
        seen += len(scan.values)
        broken |= {fact.name for fact in verdict.broken}
        for index, quality in verdict.scan.quality.items():
            found[scan.device, names[scan.device][index], quality] += 1
    return found, seen, broken


def spoilt(device: str, *channels: str, by: Spoil, of_minute: int = 360) -> list[DecodedScan]:
    """The half day in which these channels are changed from a minute on."""
    plant = days.plant("bh-01")
    names = {d.name: [channel.name for channel in d.channels] for d in plant.devices}
    where = {names[device].index(channel) for channel in channels}

    def changed(scan: DecodedScan) -> DecodedScan:
        minute = scan.taken.mono_ms // days.MINUTE_MS
        if scan.device != device or minute < of_minute:
            return scan
        values = tuple(
            by(minute - of_minute, value) if n in where else value for n, value in enumerate(scan.values)
        )
        return msgspec.structs.replace(scan, values=values)

    return [changed(scan) for scan in half_a_day()]


def plus(extra: Callable[[int], float]) -> Spoil:
    return lambda minute, value: value + extra(minute) if isinstance(value, float) else value


@pytest.mark.parametrize("site", ["bh-01", "bh-02", "ap-01"])
def test_of_an_ordinary_half_day_less_than_one_in_a_thousand_is_marked(site: str) -> None:
    found, seen, broken = judge(site, days.scans(site, HALF_A_DAY))
    assert found.total() < seen / 1000, found
    assert broken == set()


@pytest.mark.system
@pytest.mark.parametrize("site", ["bh-01", "bh-02", "ap-01"])
def test_of_seven_ordinary_days_less_than_one_in_a_thousand_is_marked(site: str) -> None:
    found, seen, broken = judge(site, days.scans(site, 7 * days.DAY_MIN))
    assert found.total() < seen / 1000, found
    assert broken == set()


def test_a_frozen_channel_is_stuck_an_hour_later_and_until_the_end() -> None:
    found, _, _ = judge("bh-01", spoilt("trm138", "t_flue", by=lambda *_: 183.4))
    assert found["trm138", "t_flue", Quality.UNCERTAIN_STUCK] == HALF_A_DAY - 360 - 60
    assert {(device, channel) for device, channel, _ in found} == {("trm138", "t_flue")}


def test_a_module_that_repeats_its_answer_is_stale_after_five_minutes() -> None:
    frozen = iter(half_a_day())
    kept = next(s for s in frozen if s.device == "mv110" and s.taken.mono_ms == 360 * days.MINUTE_MS)
    scans = [
        msgspec.structs.replace(s, values=kept.values)
        if s.device == "mv110" and s.taken.mono_ms > kept.taken.mono_ms
        else s
        for s in half_a_day()
    ]
    found, _, _ = judge("bh-01", scans)
    assert found["mv110", "t_boiler_1", Quality.UNCERTAIN_STALE] == HALF_A_DAY - 360 - 5


def test_single_wild_values_are_spikes_and_nothing_else_is() -> None:
    wild = plus(lambda minute: 25.0 if minute % 45 == 0 else 0.0)
    found, _, _ = judge("bh-01", spoilt("trm138", "t_return", by=wild))
    assert found == {("trm138", "t_return", Quality.UNCERTAIN_SPIKE): (HALF_A_DAY - 360) / 45}


@pytest.mark.parametrize(("least", "most", "share"), [(2.0, 3.3, 0.8), (4.0, 8.0, 0.97)])
def test_a_loose_contact_is_noise(least: float, most: float, share: float) -> None:
    rng = random.Random(8)
    shaken = plus(lambda _: rng.choice([-1, 1]) * rng.uniform(least, most))
    found, _, _ = judge("bh-01", spoilt("trm138", "t_hall", by=shaken))
    doubted = sum(n for (_, channel, _), n in found.items() if channel == "t_hall")
    assert found["trm138", "t_hall", Quality.UNCERTAIN_NOISE] > (HALF_A_DAY - 360) / 2
    assert doubted > share * (HALF_A_DAY - 360)


def test_a_jump_that_no_water_can_make_is_bad() -> None:
    found, _, _ = judge("bh-01", spoilt("mv110", "t_boiler_2", by=plus(lambda _: -130.0)))
    assert (
        found["mv110", "t_boiler_2", Quality.BAD_RATE]
        + found["mv110", "t_boiler_2", Quality.BAD_OUT_OF_RANGE]
        >= 1
    )


def test_swapped_sensors_are_called_swapped_and_the_meter_disagrees() -> None:
    plant = days.plant("bh-01")
    names = [channel.name for channel in next(d for d in plant.devices if d.name == "trm138").channels]
    order = [names.index({"t_supply": "t_return", "t_return": "t_supply"}.get(n, n)) for n in names]
    scans = [
        msgspec.structs.replace(scan, values=tuple(scan.values[n] for n in order))
        if scan.device == "trm138"
        else scan
        for scan in half_a_day()
    ]
    found, _, broken = judge("bh-01", scans)
    assert found["trm138", "t_supply", Quality.UNCERTAIN_SWAPPED] > HALF_A_DAY - 10
    assert found["trm138", "t_return", Quality.UNCERTAIN_SWAPPED] > HALF_A_DAY - 10
    assert found["tsrv", "t_supply", Quality.UNCERTAIN_INCONSISTENT] > HALF_A_DAY - 10
    assert broken == {"supply-above-return", "meter-agrees"}


def test_a_sensor_that_has_drifted_off_disagrees_with_its_neighbour() -> None:
    drifting = plus(lambda minute: min(8.0, 0.05 * minute))
    found, _, broken = judge("bh-01", spoilt("tsrv", "t_supply", by=drifting))
    assert broken == {"meter-agrees"}
    assert found["tsrv", "t_supply", Quality.UNCERTAIN_INCONSISTENT] > 300


def test_a_boiler_that_overshoots_is_believed() -> None:
    climbing = plus(lambda minute: min(40.0, 4.0 * minute))
    found, _, _ = judge("bh-01", spoilt("mv110", "t_boiler_1", by=climbing))
    assert found.total() <= 3, found
