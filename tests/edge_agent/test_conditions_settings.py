"""What is watched is parsed once; what could never be raised, or never end, is refused with its cure."""

from pathlib import Path

import pytest

from edge_agent import settings
from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms
from tests.edge_agent.test_settings import BAUD, SERIAL, SITE, device, plant_of, refused
from tests.sensor_profiles.test_loader import HEAD, SOURCE
from wire.config_file import ConfigError

OUTDOOR = "[device.channels.in1]\nlow = 0\nhigh = 150\n[device.channels.in1.alarms]\n"


def watched(alarms: str) -> str:
    return BAUD + device("a", more=OUTDOOR + alarms)


def test_a_channel_is_watched_as_its_table_says_and_the_others_are_not(tmp_path: Path) -> None:
    more = '[device.channels.in2]\nname = "p"\n' + OUTDOOR + "high = 95\nhigh_high = 105\nstuck_min = 60\n"
    (found,) = plant_of(tmp_path, BAUD + device("a", more=more)).devices
    assert [channel.name for channel in found.channels] == ["in1", "p"]
    assert found.alarms == (ChannelAlarms(high=95, high_high=105, stuck_min=60), None)


def test_without_a_table_nothing_is_watched(tmp_path: Path) -> None:
    assert plant_of(tmp_path, SERIAL + device("a")).devices[0].alarms == ()


def test_a_table_of_a_code_changes_only_what_it_says(tmp_path: Path) -> None:
    alarms = plant_of(tmp_path, "[alarms]\nhigh_high = { off_delay_s = 5 }\n" + SERIAL + device("a")).alarms
    assert (alarms.high_high.priority, alarms.high_high.on_delay_s, alarms.high_high.off_delay_s) == (
        1,
        15,
        5,
    )
    assert alarms.high == AlarmsTable().high


REFUSED = [
    ("low = 60\nhigh = 50\n", "high: low = 60 is not below high = 50; correct one"),
    ("low_low = 60\nhigh_high = 60\n", "high_high: low_low = 60 is not below high_high = 60; correct one"),
    (
        "low = 60\nhigh = 70\ndeadband = 10\n",
        "deadband: 10 does not fit between low = 60 and high = 70; write less than 10",
    ),
    ("stuck_min = 5\ndeadband = 1\n", "deadband: means nothing without a limit; add one or remove it"),
    ("high = 95\non_delay_s = -1\n", "on_delay_s: expected `float` >= 0.0"),
    ("high = 95\ndeadband = -1\n", "deadband: expected `float` >= 0.0"),
    ("rate_per_min = 0\n", "rate_per_min: expected `float` > 0.0"),
    ("stuck_min = 99999\n", "stuck_min: expected `float` <= 10080.0"),
    ("high = inf\n", "high: inf is no number to reckon with; write a finite one"),
    (
        "high = 200\n",
        "high: 200 can never be passed: beyond 0…150 a value of `in1` is bad; widen the",
    ),
    (
        "high = 95\ncount = 3\n",
        "count: 3 of the last 1 readings can never be; write at most 1, or raise `of`",
    ),
    ("hihg = 95\n", "hihg: unknown key; did you mean `high`?"),
]


@pytest.mark.parametrize(("alarms", "sentence"), REFUSED)
def test_what_could_never_be_raised_or_end_is_refused(alarms: str, sentence: str, tmp_path: Path) -> None:
    said = refused(tmp_path, watched(alarms))
    assert said.split(": ", 1)[1].startswith(f"device[0].channels.in1.alarms.{sentence}")
    lines = (tmp_path / "agent.toml").read_text().splitlines()
    where = lines[int(said.split(":")[1]) - 1]
    assert where.startswith(sentence.partition(":")[0]) or where == "[device.channels.in1.alarms]"


def test_a_code_whose_count_cannot_be_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, "[alarms]\nrate = { count = 4, of = 2 }\n" + SERIAL + device("a"))
    assert said.startswith("agent.toml:6: alarms.rate.count: 4 of the last 2 readings can never be; write at")


def test_text_is_not_watched(tmp_path: Path) -> None:
    profile = (
        HEAD
        + SOURCE
        + '[[channel]]\nname = "t"\nquantity = "text"\naddress = 0\nencoding = "string"\nsize = 4\n'
    )
    (tmp_path / "acme_t1.toml").write_text(profile)
    more = "[device.channels.t.alarms]\nhigh = 1\n"
    text = BAUD + device("a", profile="acme_t1", more=more)
    (tmp_path / "agent.toml").write_text('profiles = ["."]\n' + SITE + text)
    with pytest.raises(ConfigError, match="`t` is text, which has no limits; remove this table"):
        settings.load(tmp_path / "agent.toml")
