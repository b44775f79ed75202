"""The site configurations fit the simulated sites they were written for, point by point."""

from pathlib import Path

import pytest

from benchmarks.detect.plan import AS_WRITTEN, CONFIGURATIONS, ORDINARY, configuration
from edge_agent.settings import Plant, load
from firmware_sim import library, scenario
from firmware_sim.scenario import Site

FILES = sorted(CONFIGURATIONS.glob("*.toml"))


def sites() -> list[Site]:
    found: dict[str, Site] = {}
    for name in (ORDINARY, *AS_WRITTEN):
        told = scenario.load(scenario.shipped(name), library.profiles())
        found |= {site.name: site for site in told.sites}
    return list(found.values())


def points(plant: Plant) -> set[tuple[str, str, str]]:
    return {(d.name, channel.name, channel.quantity) for d in plant.devices for channel in d.channels}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_is_a_configuration_with_limits(file: Path) -> None:
    plant = load(file)
    assert any(table is not None and table.limits() for device in plant.devices for table in device.alarms)
    assert plant.detection.devices


@pytest.mark.parametrize("site", sites(), ids=lambda site: site.name)
def test_a_configuration_has_the_instruments_and_channels_of_its_site(site: Site) -> None:
    plant = load(configuration(site.name))
    assert points(plant) == {
        (device.name, measured.name, measured.variable.quantity if measured.variable else "")
        for device in site.devices
        for measured in device.channels
    }
    assert {device.name: device.profile.name for device in plant.devices} == {
        device.name: device.profile.name for device in site.devices
    }


@pytest.mark.parametrize("site", sites(), ids=lambda site: site.name)
def test_values_are_scaled_as_the_instruments_show_them(site: Site) -> None:
    channels = {(d.name, c.name): c for d in load(configuration(site.name)).devices for c in d.channels}
    for device in site.devices:
        for measured in device.channels:
            here = channels[device.name, measured.name]
            assert here.scale == pytest.approx(measured.channel.scale * measured.scale)
            assert here.offset == pytest.approx(measured.channel.offset * measured.scale + measured.offset)


def test_concentrations_are_judged_by_shares_and_nothing_else_is() -> None:
    watches = {watch.device: watch for watch in load(configuration("ap-01")).detection.devices}
    gas = watches["gas"].settings.innovations
    dust = watches["sds011"].settings.innovations
    assert gas is not None
    assert gas.steps.keys() == {"so2", "no2", "co", "h2s"}
    assert dust is not None
    assert dust.steps == {"pm2_5": 5.0, "pm10": 7.5}
    boilers = load(configuration("bh-02")).detection.devices
    assert [watch.settings.innovations.steps.keys() for watch in boilers if watch.settings.innovations] == [
        {"co_hall"},
        set(),
        set(),
    ]
