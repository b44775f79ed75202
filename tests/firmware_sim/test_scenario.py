"""A scenario's file: what it means, and what is said about a wrong one."""

from pathlib import Path

import pytest

from edge_agent.settings import AgentFile
from firmware_sim import scenario
from firmware_sim.demo.agent_config import Surroundings, agent_config
from firmware_sim.library import profiles
from firmware_sim.scenario import SHIPPED, Scenario
from firmware_sim.simulation import Endpoint
from tests.firmware_sim import examples
from wire import config_file
from wire.config_file import ConfigError
from wire.quantities import Quantity

STORY = """\
title = "One house"
start = 2026-01-26T03:20:00+05:00

[[site]]
name = "bh-01"
class = "boiler_house"
gateway = "gw"

[[site.link]]
name = "cabinet"
kind = "pty"
by_id = "usb-adapter"

[[site.device]]
name = "trm"
profile = "test"
link = "cabinet"
[site.device.channels]
t1 = "t_supply"
t2 = 21.5
t3 = { of = "p_supply", shown = [4, 20], means = [0, 1600] }
"""
LIBRARY = {"test": examples.trm138()}


def load(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "story.toml"
    path.write_text(text, encoding="utf-8")
    return scenario.load(path, LIBRARY)


def test_a_channel_shows_a_variable_a_number_or_a_current(tmp_path: Path) -> None:
    (site,) = load(tmp_path, STORY).sites
    supply, number, loop = site.devices[0].channels
    plant = {"t_supply": 86.0, "p_supply": 800.0}
    assert [channel.shown(plant) for channel in (supply, number, loop)] == [86.0, 21.5, 12.0]
    assert [channel.name for channel in (supply, number, loop)] == ["t_supply", "t2", "p_supply"]


def test_a_sensor_breaks_for_a_while(tmp_path: Path) -> None:
    broken = 'link = "cabinet"\nbreaks = [{ channel = "t1", after_s = 30, for_s = 20 }]\n'
    (device,) = load(tmp_path, STORY.replace('link = "cabinet"\n', broken)).sites[0].devices
    plant = {"t_supply": 86.0, "p_supply": 800.0}
    shown = [device.shown(plant, told)["t1"] for told in (0, 29.9, 30, 49.9, 50)]
    assert shown == [86.0, 86.0, None, None, 86.0]


def test_the_unit_is_the_factorys_unless_it_is_said(tmp_path: Path) -> None:
    assert load(tmp_path, STORY).sites[0].devices[0].unit == 24
    text = STORY.replace('link = "cabinet"\n', 'link = "cabinet"\nunit = 32\n')
    assert load(tmp_path, text).sites[0].devices[0].unit == 32


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        (
            '"t_supply"',
            '"t_suply"',
            ":19: site[0].device[0].channels.t1: no plant variable `t_suply`; did you mean",
        ),
        (
            "t1 =",
            "t11 =",
            ":19: site[0].device[0].channels.t11: no channel of test `t11`; did you mean `t1`?",
        ),
        ('of = "p_supply"', 'of = "p_suply"', "no plant variable `p_suply`; did you mean `p_supply`?"),
        ('profile = "test"', 'profile = "tesst"', "no profile `tesst`; did you mean `test`?"),
        ('link = "cabinet"\n', 'link = "cabin"\n', "no link `cabin`; did you mean `cabinet`?"),
        ('by_id = "usb-adapter"\n', "", "a pty needs a name to stand under"),
        ("+05:00", "", "start: say the zone as well"),
        ("shown = [4, 20]", "shown = [4, 4]", "`shown` and `means` need two different ends each"),
        ('gateway = "gw"', 'gateway = "gw"\nfuel = "cole"', "no fuel `cole`; did you mean `coal`?"),
        ('gateway = "gw"', 'gateway = "gw"\ncolour = 1', "unknown key; known:"),
        ("t2 = 21.5", 't2 = "t_supply"', "`t_supply` is there twice"),
        (
            'link = "cabinet"\n',
            'link = "cabinet"\nbreaks = [{ channel = "t9", after_s = 0, for_s = 1 }]\n',
            "no channel `t9`; known: t1, t2, t3",
        ),
        ('kind = "pty"', 'kind = "usb"', "site[0].link[0].kind"),
    ],
)
def test_a_wrong_file_gets_one_sentence(tmp_path: Path, right: str, wrong: str, sentence: str) -> None:
    assert right in STORY
    with pytest.raises(ConfigError) as error:
        load(tmp_path, STORY.replace(right, wrong, 1))
    assert sentence in str(error.value)
    assert str(error.value).startswith(f"{tmp_path / 'story.toml'}:")


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no scenario `regin`; did you mean `region`"):
        scenario.shipped("regin")


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_is_right_and_can_be_read_by_agents(path: Path, tmp_path: Path) -> None:
    story = scenario.load(path, profiles())
    for site in story.sites:
        ends = [
            Endpoint(site.name, link.name, link.kind, host="127.0.0.1", tcp_port=1) for link in site.links
        ]
        text = agent_config(site, ends, Surroundings(outboxes=tmp_path, period_s=2))
        file = config_file.parse(text, AgentFile, site.name)
        assert [device.name for device in file.devices] == [device.name for device in site.devices]


def test_the_agents_get_the_straight_line_back(tmp_path: Path) -> None:
    story = load(tmp_path, STORY)
    ends = [Endpoint("bh-01", "cabinet", "pty", port="/dev/x", baud=9600)]
    text = agent_config(story.sites[0], ends, Surroundings(outboxes=tmp_path, broker_port=1999, period_s=2))
    file = config_file.parse(text, AgentFile, "agent.toml")
    channels = file.devices[0].channels
    pressure = channels["t3"]
    assert (pressure.name, pressure.quantity) == ("p_supply", Quantity.PRESSURE)
    assert pressure.scale is not None
    assert pressure.offset is not None
    assert 12.0 * pressure.scale + pressure.offset == pytest.approx(800)
    assert channels["t1"].name == "t_supply"
    assert channels["t1"].quantity is None
    assert channels["t2"].name is None
    assert (file.links[0].port, file.links[0].baud, file.broker.port) == ("/dev/x", 9600, 1999)
    assert file.clock.source == "system"


def test_what_measures_slowly_is_not_asked_faster(tmp_path: Path) -> None:
    story = scenario.load(scenario.shipped("region"), profiles())
    post = next(site for site in story.sites if site.name == "ap-01")
    text = agent_config(post, [], Surroundings(outboxes=tmp_path, period_s=2)) + '\n[[link]]\nname="x"\n'
    periods = {d.name: d.period_s for d in config_file.parse(text, AgentFile, "agent.toml").devices}
    assert (periods["pms5003"], periods["gas"]) == (3, 2)
