"""A configuration becomes a plant, or is refused with one sentence that names file, line, key and cure."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import settings
from edge_agent.health import about
from edge_agent.settings import Device, Link
from edge_agent.settings.lines import line_ms
from sensor_profiles import loader
from sensor_profiles.model import Profile
from tests.sensor_profiles.test_loader import HEAD, SOURCE
from wire.config_file import ConfigError
from wire.quantities import Quantity

SITE = """\
gateway = "gw-1"
[site]
name = "bh-07"
class = "boiler_house"
"""
SERIAL = """\
[[link]]
name = "line"
port = "/dev/ttyUSB0"
"""
BAUD = SERIAL + "baud = 9600\n"
TCP = """\
[[link]]
name = "lan"
host = "10.0.0.5"
"""
SERVER = TCP + "tcp_port = 4001\nrtu_over_tcp = true\n"


def device(name: str, link: str = "line", profile: str = "owen_mv110_224_8a", more: str = "") -> str:
    return f'[[device]]\nname = "{name}"\nlink = "{link}"\nprofile = "{profile}"\n{more}'


def plant_of(folder: Path, text: str) -> settings.Plant:
    file = folder / "agent.toml"
    file.write_text(SITE + text, encoding="utf-8")
    return settings.load(file)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        plant_of(folder, text)
    return str(caught.value).removeprefix(f"{folder}/")


def test_a_device_takes_from_its_profile_what_its_table_leaves_out(tmp_path: Path) -> None:
    plant = plant_of(
        tmp_path, SERIAL + device("a") + device("b", more="unit = 17\nperiod_s = 5\ntimeout_ms = 90\n")
    )
    profile = loader.find("owen_mv110_224_8a")
    assert [(d.unit, d.period_ms, d.timeout_ms) for d in plant.devices] == [(16, 60000, 500), (17, 5000, 90)]
    assert [d.channels for d in plant.devices] == [profile.channels] * 2
    assert plant.links == (
        Link("line", "/dev/ttyUSB0", 9600, 8, "N", 1, None, 0, rtu_over_tcp=False, dead_share=0.1),
    )
    assert (plant.site, plant.site_class, plant.gateway) == ("bh-07", "boiler_house", "gw-1")


def test_channels_are_those_that_are_listed_with_what_the_site_says_of_them(tmp_path: Path) -> None:
    more = (
        '[device.channels.in3]\n[device.channels.in2]\nname = "p_supply"\nquantity = "pressure"\n'
        'title = "Supply"\nlow = 0\nhigh = 1600\nscale = 10\noffset = -5\n'
    )
    third, second = reversed(plant_of(tmp_path, SERIAL + device("a", more=more)).devices[0].channels)
    original = loader.find("owen_mv110_224_8a").channels
    assert third == original[2]
    assert (second.name, second.quantity, second.title) == ("p_supply", Quantity.PRESSURE, "Supply")
    assert (second.low, second.high, second.scale, second.offset) == (0, 1600, 10, -5)
    assert (second.field, second.status) == (original[1].field, "s2")


def test_a_profiles_limits_follow_another_scale(tmp_path: Path) -> None:
    more = "[device.channels.wind_speed]\nscale = -0.2\noffset = 1\n"
    plant = plant_of(tmp_path, SERIAL + device("w", profile="renke_rs_fsjt", more=more))
    (channel,) = plant.devices[0].channels
    assert channel.low == pytest.approx(-59.0)
    assert channel.high == pytest.approx(1.0)


def test_a_tcp_link_takes_the_port_of_its_devices_profile(tmp_path: Path) -> None:
    plant = plant_of(tmp_path, TCP + device("m", "lan", "owen_mv210_101"))
    assert (plant.links[0].host, plant.links[0].tcp_port, plant.links[0].port) == ("10.0.0.5", 502, None)


def test_a_gateway_carries_modbus_instruments_over_modbus_tcp(tmp_path: Path) -> None:
    two = device("a", "lan", more="unit = 16\n") + device("b", "lan", "renke_rs_fxjt", "unit = 2\n")
    plant = plant_of(tmp_path, TCP + two)
    assert (plant.links[0].rtu_over_tcp, plant.links[0].tcp_port) == (False, 502)
    assert [d.unit for d in plant.devices] == [16, 2]


def test_the_line_behind_a_gateway_is_not_faster_than_a_line(tmp_path: Path) -> None:
    more = "unit = 2\nperiod_s = 1\n"
    winds = "".join(device(f"w{n}", "lan", "renke_rs_fsjt", more.replace("2", str(n))) for n in range(1, 6))
    assert "overloaded" in refused(tmp_path, TCP + winds)


def test_a_serial_server_carries_serial_instruments(tmp_path: Path) -> None:
    plant = plant_of(tmp_path, SERVER + device("w", "lan", "renke_rs_fxjt"))
    assert (plant.links[0].rtu_over_tcp, plant.links[0].tcp_port, plant.links[0].baud) == (True, 4001, 4800)


def test_profiles_of_ones_own_are_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "acme_t1.toml").write_text(
        HEAD + SOURCE + '[[channel]]\nname = "t"\nquantity = "temperature"\naddress = 0\nencoding = "i16"\n'
    )
    file = tmp_path / "agent.toml"
    file.write_text('profiles = ["mine"]\n' + SITE + BAUD + device("a", profile="acme_t1"))
    assert settings.load(file).devices[0].profile.vendor == "ACME"


def test_a_title_in_each_language_is_told_so_that_older_collectors_have_one_too(tmp_path: Path) -> None:
    titles = '{ ru = "Насос", kk = "Сорғы", en = "Pump" }'
    more = f'[device.channels.in1]\ntitle = {titles}\n[device.channels.in2]\ntitle = "Pump"\n'
    site = SITE + f"title = {titles}\n"
    file = tmp_path / "agent.toml"
    file.write_text(site + SERIAL + device("a", more=more), encoding="utf-8")
    said = json.loads(msgspec.json.encode(about(settings.load(file), "0" * 16, "b", 1)))
    languages = {"ru": "Насос", "kk": "Сорғы", "en": "Pump"}
    assert (said["site_title"], said["site_titles"]) == ("Pump", languages)
    own, plain = said["devices"][0]["channels"]
    assert (own["title"], own["titles"]) == ("Pump", languages)
    assert plain["title"] == "Pump"
    assert "titles" not in plain, "what older agents say must be what is said without wordings"


REFUSED = [
    (
        SERIAL + device("a") + device("a", more="unit = 3\n"),
        "13: device[1].name: `a` is taken by the device of line 9; choose another",
    ),
    (SERIAL + SERIAL + device("a"), "9: link[1].name: `line` is taken by the link of line 6; choose another"),
    (
        SERIAL + SERIAL.replace("line", "other") + device("a"),
        "10: link[1].port: `/dev/ttyUSB0` is taken by the link of line 7; choose another",
    ),
    (SERIAL + device("a", "lien"), "10: device[0].link: there is no link `lien`; did you mean `line`?"),
    (
        SERIAL + device("a", profile="owen_trm183"),
        "11: device[0].profile: there is no profile `owen_trm183`; did you mean `owen_trm138`?",
    ),
    (
        SERIAL + device("a", more="[device.channels.in9]\n"),
        "12: device[0].channels.in9: the profile owen_mv110_224_8a has no such channel; did you mean `in8`?",
    ),
    (
        SERIAL + device("a", more='[device.channels.in1]\ntitle = { de = "Eingang" }\n'),
        "13: device[0].channels.in1.title: `de` is not known; known: en, kk, ru",
    ),
    (
        SERIAL + device("a", more="[device.channels.in1]\ntitle = { ru = 5 }\n"),
        "13: device[0].channels.in1.title.ru: expected `str`, got `int`",
    ),
    (
        '[[link]]\nname = "line"\n' + device("a"),
        "5: link[0]: has neither of `port` (a serial line) and `host` (TCP); write one of them",
    ),
    (
        SERIAL + 'host = "x"\n' + device("a"),
        "5: link[0]: has both of `port` (a serial line) and `host` (TCP); write one of them",
    ),
    (TCP + "baud = 9600\n" + device("a"), "8: link[0].baud: means nothing on a TCP link; remove it"),
    (
        SERIAL + "tcp_port = 502\n" + device("a"),
        "8: link[0].tcp_port: means nothing on a serial line; remove it",
    ),
    (
        SERIAL + "rtu_over_tcp = true\n" + device("a"),
        "8: link[0].rtu_over_tcp: means nothing on a serial line; remove it",
    ),
    (
        TCP + device("a", "lan", "omnicomm_lls"),
        (
            "10: device[0].link: omnicomm_lls speaks no Modbus and `lan` is Modbus TCP; "
            "if 10.0.0.5 is a serial server, write rtu_over_tcp = true in that link"
        ),
    ),
    (
        TCP + "rtu_over_tcp = true\n" + device("a", "lan"),
        "5: link[0]: the key `tcp_port` is missing; a serial server's is found in its own settings",
    ),
    (
        SERIAL + device("a", profile="plantower_pms5003", more="period_s = 2\n"),
        "12: device[0].period_s: 2 s is too often: plantower_pms5003 has new values every 2.3 s",
    ),
    (
        SERIAL + device("a") + device("b", more="unit = 16\n"),
        (
            "16: device[1].unit: 16 is also the unit of a on `line`; "
            "give one of the instruments another address and write it here"
        ),
    ),
    (
        SERIAL + device("a") + device("b"),
        (
            "12: device[1].unit: 16 is also the unit of a on `line`; "
            "give one of the instruments another address and write it here"
        ),
    ),
    (
        SERIAL + device("a", profile="owen_trm138"),
        "5: link[0]: the key `baud` is missing, and owen_trm138 has no factory setting; write it here",
    ),
    (
        SERIAL + device("a") + device("b", profile="renke_rs_fsjt"),
        "5: link[0]: factory settings differ in `baud` (a 9600, b 4800); set the devices alike and",
    ),
    (SERIAL, "1: file: the key `device` is missing"),
    (
        SERIAL + TCP + device("a", "lan", "generic_f32_20"),
        "5: link[0]: no device is on this link; add one or remove the link",
    ),
    (
        SERIAL + device("a", more='[device.channels.in1]\nname = "x"\n[device.channels.in2]\nname = "x"\n'),
        "15: device[0].channels.in2.name: `x` is the name of the channel in1 too; choose another",
    ),
    (
        SERIAL + device("a", more='[device.channels.in1]\n[device.channels.in2]\nname = "in1"\n'),
        "14: device[0].channels.in2.name: `in1` is the name of the channel in1 too; choose another",
    ),
    (
        SERIAL + device("a", more="[device.channels.in1]\nlow = 5\nhigh = 5\n"),
        "13: device[0].channels.in1.low: low = 5 is not below high = 5; correct one",
    ),
    (
        SERIAL + device("w", profile="renke_rs_fsjt", more="[device.channels.wind_speed]\nhigh = -1\n"),
        "13: device[0].channels.wind_speed.high: low = 0 is not below high = -1; correct one",
    ),
    (
        SERIAL + device("a", more="[device.channels.in1]\nscale = 0\n"),
        "13: device[0].channels.in1.scale: 0 would make every value the same; write another scale",
    ),
    (
        SERIAL + device("a", more="[device.channels.in1]\nlow = nan\n"),
        "13: device[0].channels.in1.low: nan is no number to reckon with; write a finite one",
    ),
    (
        SERIAL + device("a", more='[device.channels.in1]\nquantity = "text"\n'),
        "13: device[0].channels.in1.quantity: text is the quantity of strings only",
    ),
    (SERIAL + "speed = 3\n" + device("a"), "8: link[0].speed: unknown key; known: "),
    (
        "[poll]\nburst_for_s = 4\n" + SERIAL + device("a"),
        (
            "6: poll.burst_for_s: 4 s are over before the first poll, which comes after 5 s (burst_every_s); "
            "make it longer"
        ),
    ),
    (
        "[poll]\nburst_every_s = 20\nburst_per_hour_s = 19.5\n" + SERIAL + device("a"),
        (
            "7: poll.burst_per_hour_s: 19.5 s have no room for one poll every 20 s (burst_every_s); "
            "raise it, or write 0 for no bursts"
        ),
    ),
    (
        "[poll]\nburst_share = 0.6\n" + SERIAL + device("a"),
        "6: poll.burst_share: expected `float` <= 0.5",
    ),
    (
        "[poll]\nburst_evry_s = 5\n" + SERIAL + device("a"),
        "6: poll.burst_evry_s: unknown key; did you mean `burst_every_s`?",
    ),
    (SERIAL + device("a", more="period_s = inf\n"), "12: device[0].period_s: expected `float` <= 86400.0"),
    (
        SERIAL + "baud = 1200\ndead_share = 0.2\n" + device("a", more="period_s = 1\n"),
        (
            "5: link[0]: overloaded: its devices need 90% of its time and may use 80% "
            "(a 900 ms every 1000 ms); poll less often, raise the baud rate or use a second line"
        ),
    ),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_cannot_work_is_refused_with_the_cure(text: str, sentence: str, tmp_path: Path) -> None:
    assert refused(tmp_path, text).startswith(f"agent.toml:{sentence}")


def test_a_class_is_called_class_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(SITE.replace("boiler_house", "boiler-house") + SERIAL + device("a"))
    with pytest.raises(ConfigError, match=r":4: site\.class: `boiler-house` is not known; did you mean"):
        settings.load(file)


def test_a_folder_of_profiles_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('profiles = ["mine"]\n' + SITE + SERIAL + device("a"))
    with pytest.raises(
        ConfigError, match=r":1: profiles\[0\]: .*/mine: no such folder; correct it or create it"
    ):
        settings.load(file)


def test_a_profile_of_ones_own_that_is_wrong_is_named_by_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text("vendor = 3\n")
    file = tmp_path / "agent.toml"
    file.write_text('profiles = ["."]\n' + SITE + SERIAL + device("a", profile="acme"))
    with pytest.raises(ConfigError, match=r"acme\.toml:1: "):
        settings.load(file)


def test_the_estimated_load_is_bytes_gaps_and_turnarounds_over_the_period(tmp_path: Path) -> None:
    plant = plant_of(tmp_path, BAUD + device("a", profile="owen_trm138", more="period_s = 2\n"))
    registers = 40 - 2  # from the first status to the last value
    line_ms = 120 + 20 + (8 + 5 + 2 * registers) * 10 / 9.6
    assert settings.line_load(plant.links[0], plant.devices) == pytest.approx(line_ms / 2000)


def test_a_lan_is_not_slowed_by_bytes(tmp_path: Path) -> None:
    devices = "".join(
        device(f"d{n}", "lan", "generic_f32_20", f"unit = {n}\nperiod_s = 1\n") for n in range(1, 33)
    )
    plant = plant_of(tmp_path, TCP + devices)
    assert settings.line_load(plant.links[0], plant.devices) == pytest.approx(32 * 0.002)


KEYS = [
    "unit = 1",
    "unit = 16",
    "period_s = 1",
    "[device.channels.in1]",
    'name = "x"',
    "low = 3",
    "baud = 300",
]
DEVICES = [device("a"), device("b", "lan", "generic_f32_20"), device("c", profile="nova_sds011")]
LINES = st.sampled_from([SERIAL, BAUD, TCP, SERVER, *DEVICES, *(f"{key}\n" for key in KEYS)])


@given(st.lists(LINES, max_size=8).map("".join))
def test_any_configuration_is_a_plant_or_one_sentence(text: str) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        try:
            plant = plant_of(Path(folder), text)
        except ConfigError as error:
            assert str(error).startswith(f"{folder}/agent.toml:")
            assert "\n" not in str(error)
        else:
            assert {d.link for d in plant.devices} == {link.name for link in plant.links}


class TestCommands:
    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "edge_agent.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_check_sums_a_configuration_up(self, tmp_path: Path) -> None:
        file = tmp_path / "agent.toml"
        file.write_text(SITE + SERIAL + device("a"))
        answer = self.run("check", "-c", str(file))
        assert answer.stdout == (
            f"{file}: good: links 1, devices 1, channels 8; estimated line load: line 0.2%\n"
        )
        answer = self.run("check", "-c", str(file), "--json")
        said = json.loads(answer.stdout)
        assert (said["devices"], said["channels"], said["links"][0]["name"]) == (1, 8, "line")

    def test_check_refuses_in_one_sentence_with_status_1(self, tmp_path: Path) -> None:
        file = tmp_path / "agent.toml"
        file.write_text(SITE + SERIAL)
        answer = self.run("check", "-c", str(file))
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr == f"{file}:1: file: the key `device` is missing\n"

    def test_check_knows_the_drivers(self, tmp_path: Path) -> None:
        (tmp_path / "acme_t1.toml").write_text(
            HEAD.replace('"modbus"', '"modbuss"')
            + SOURCE
            + '[[channel]]\nname = "t"\nquantity = "temperature"\naddress = 0\nencoding = "i16"\n'
        )
        file = tmp_path / "agent.toml"
        file.write_text('profiles = ["."]\n' + SITE + BAUD + device("a", profile="acme_t1"))
        answer = self.run("check", "-c", str(file))
        assert answer.returncode == 1
        assert answer.stderr.startswith(f"{file}: a: no driver for `modbuss`; known: ")
        assert " modbus, " in answer.stderr

    def test_profiles_are_listed_shown_and_linted(self, tmp_path: Path) -> None:
        listed = json.loads(self.run("profiles", "list", "--json").stdout)
        assert {entry["name"] for entry in listed} == set(loader.library())
        shown = self.run("profiles", "show", "owen_trm138").stdout
        assert "in8" in shown
        assert "sensor break" in shown
        assert self.run("profiles", "show", "owen").returncode == 1
        assert self.run("profiles", "lint", str(loader.SHIPPED)).returncode == 0
        wrong = tmp_path / "acme.toml"
        wrong.write_text(HEAD)
        answer = self.run("profiles", "lint", str(tmp_path))
        assert answer.returncode == 1
        assert [line.split(": ")[1] for line in answer.stdout.splitlines()] == ["name", "file", "file"]
        assert json.loads(self.run("profiles", "lint", str(wrong), "--json").stdout)["files"] == 1

    def test_wrong_usage_has_status_2(self) -> None:
        assert self.run("profiles", "lint").returncode == 2


def test_sessions_and_letters_count_in_the_time_of_a_line() -> None:
    link = Link("line", "/dev/ttyUSB0", 9600, 8, "N", 1, None, 0, False, 0.1)

    def needs_ms(profile: Profile) -> float:
        return line_ms(link, Device("a", "line", profile, 1, 60_000, 1500, profile.channels))

    calculator, controller = loader.find("teplocom_vkt7"), loader.find("owen_trm138_ascii")
    assert needs_ms(calculator) > 12 * calculator.timing.gap_ms
    as_bytes = msgspec.structs.replace(controller, letters=1)
    values = len({channel.field.address for channel in controller.channels})
    byte_ms, least_bytes = 1000 * 10 / 9600, 13
    assert needs_ms(controller) - needs_ms(as_bytes) > values * least_bytes * byte_ms
