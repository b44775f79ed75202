"""Tank tables: from the level a probe counts to the cubic metres in the tank, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.decode import Decoder
from edge_agent.decode._tables import Table
from edge_agent.samples import Answer, Block, Fault, Instant, RawScan
from edge_agent.settings import Device
from sensor_profiles.model import Space
from tests.edge_agent.test_settings import SERIAL, device, plant_of, refused
from wire.messages import Quality
from wire.quantities import Quantity

POINTS = "[[100, 0], [1100, 2000], [2100, 5000]]"
OUTSIDE = {0: Quality.BAD_OUT_OF_RANGE}


def tank(folder: Path, points: str = POINTS, more: str = "") -> Device:
    table = f"[device.channels.level]\n{more}[device.channels.level.table]\npoints = {points}\n"
    return plant_of(folder, SERIAL + device("fuel", profile="omnicomm_lls", more=table)).devices[0]


def read(probe: Device, level: int) -> tuple[object, dict[int, Quality]]:
    """The reply frame of an LLS with this level, decoded."""
    data = bytes([0x3E, 1, 6, 20]) + level.to_bytes(2, "little") + b"\0\0\0"
    decoder = Decoder(probe.channels, probe.profile.statuses)
    scan = decoder.decode(RawScan("fuel", Instant(0, 0), (Answer(Block(Space.FRAME, 0, 9), data),)))
    return scan.values[0], scan.faults


@pytest.mark.parametrize(
    ("level", "m3"),
    # 600 is half way from 0 to 2000 litres; 1350 a quarter of the way from 2000 to 5000.
    [(100, 0.0), (600, 1.0), (1100, 2.0), (1350, 2.75), (2100, 5.0), (101, 0.002)],
)
def test_between_two_points_the_tank_is_straight(level: int, m3: float, tmp_path: Path) -> None:
    assert read(tank(tmp_path), level) == (m3, {})


@pytest.mark.parametrize(("level", "m3"), [(99, 0.0), (0, 0.0), (2101, 5.0), (4095, 5.0)])
def test_beyond_the_table_it_is_the_end_and_out_of_range(level: int, m3: float, tmp_path: Path) -> None:
    assert read(tank(tmp_path), level) == (m3, OUTSIDE)


def test_a_probe_that_measures_from_above_has_a_falling_table(tmp_path: Path) -> None:
    probe = tank(tmp_path, "[[0, 5000], [1000, 0]]")
    assert read(probe, 250) == (3.75, {})
    assert (probe.channels[0].low, probe.channels[0].high) == (0.0, 5.0)


def test_scale_and_offset_come_before_the_table(tmp_path: Path) -> None:
    probe = tank(tmp_path, "[[0, 0], [100, 1000]]", "scale = 0.1\noffset = 10\n")
    assert read(probe, 400) == (0.5, {})


def test_a_tank_is_a_volume_with_the_limits_of_its_table(tmp_path: Path) -> None:
    (channel,) = tank(tmp_path, more="low = 0.5\n").channels
    assert (channel.quantity, channel.low, channel.high) == (Quantity.VOLUME, 0.5, 5.0)


def test_without_an_answer_there_is_no_volume(tmp_path: Path) -> None:
    probe = tank(tmp_path)
    answer = Answer(Block(Space.FRAME, 0, 9), fault=Fault.NO_ANSWER)
    scan = Decoder(probe.channels, ()).decode(RawScan("fuel", Instant(0, 0), (answer,)))
    assert (scan.values, scan.faults) == ((None,), {0: Quality.BAD_NO_ANSWER})


REFUSED = [
    ("[[0, 0]]", "points: 1 point is no table; write at least two: [level, litres]"),
    (
        "[[0, 0], [100, 50], [90, 80]]",
        "points[2]: level 90 is not above 100 of the point before; sort the points by level",
    ),
    (
        "[[0, 0], [100, 50], [100, 80]]",
        "points[2]: level 100 is not above 100 of the point before; sort the points by level",
    ),
    (
        "[[0, 0], [100, 50], [200, 40], [300, 90]]",
        "points[2]: 40 litres after 50, while the table as a whole rises; correct the point",
    ),
    ("[[0, 70], [1, 70]]", "points: 70 litres at both ends; a tank table must lead somewhere"),
    ("[[0, -1], [1, 70]]", "points[0]: [0.0, -1.0]: level and litres are numbers, litres not below 0"),
    ("[[0, 1], [nan, 70]]", "points[1]: [nan, 70.0]: level and litres are numbers, litres not below 0"),
]


@pytest.mark.parametrize(("points", "sentence"), REFUSED)
def test_what_is_no_function_of_the_level_is_refused(points: str, sentence: str, tmp_path: Path) -> None:
    table = f"[device.channels.level.table]\npoints = {points}\n"
    said = refused(tmp_path, SERIAL + device("fuel", profile="omnicomm_lls", more=table))
    assert said == f"agent.toml:13: device[0].channels.level.table.{sentence}"


def test_a_table_of_another_quantity_is_refused(tmp_path: Path) -> None:
    table = f'[device.channels.level]\nquantity = "level"\ntable = {{ points = {POINTS} }}\n'
    said = refused(tmp_path, SERIAL + device("fuel", profile="omnicomm_lls", more=table))
    assert said.endswith("quantity: a tank table gives a volume, not level; remove it")


@given(st.lists(st.integers(0, 4095), min_size=2, max_size=9, unique=True), st.integers(-10, 5000), st.data())
def test_a_volume_never_leaves_its_table_and_never_falls_as_the_level_rises(
    levels: list[int], level: int, data: st.DataObject
) -> None:
    litres = sorted(data.draw(st.integers(0, 10**6)) for _ in levels)
    table = Table([(float(x), y / 1000) for x, y in zip(sorted(levels), litres, strict=True)])
    (here, inside), (above, _) = table.read(level), table.read(level + 1)
    assert litres[0] / 1000 <= here <= litres[-1] / 1000
    assert here <= above
    assert inside == (min(levels) <= level <= max(levels))
