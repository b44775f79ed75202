"""`edge-agent add` changes a configuration by one device, or says in one sentence why it cannot."""

import os
import pty
import stat
import subprocess
from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.commissioning import entry, names
from edge_agent.commissioning.entry import NewDevice, NewLink
from tests.programs import command, script

SAMPLE = Path(__file__).parents[2] / "config" / "agent.toml"
RS485 = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"
OTHER = "/dev/serial/by-id/usb-OTHER-if00"
BARE = (
    'gateway = "gw-1"\nlink = []  # none yet\ndevice = []\n\n[site]\nname = "bh-07"\nclass = "boiler_house"\n'
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    path.chmod(0o640)
    return path


def add(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return command("edge-agent", "add", "-c", str(config), *words)


def test_a_device_on_a_link_that_is_there_keeps_every_line_and_passes_the_check(config: Path) -> None:
    before = config.read_text(encoding="utf-8")
    done = add(
        config, "--port", RS485, "--profile", "renke_rs_fxjt", "--unit", "3", "--name", "vane", "--yes"
    )
    assert done.returncode == 0, done.stderr
    after = config.read_text(encoding="utf-8")
    assert after.startswith(before)
    assert after[len(before) :] == (
        '\n[[device]]\nname = "vane"\nlink = "rs485"\nprofile = "renke_rs_fxjt"\nunit = 3\nperiod_s = 60.0\n'
    )
    assert '+name = "vane"' in done.stdout
    assert "line rs485: 0.4% of its time is used, then 0.8%" in done.stdout
    assert command("edge-agent", "check", "-c", str(config)).returncode == 0
    [backup] = config.parent.glob("agent.toml.*.bak")
    assert backup.read_text(encoding="utf-8") == before
    assert stat.S_IMODE(config.stat().st_mode) == 0o640


def test_a_second_and_third_device_may_bring_a_link_of_their_own(config: Path) -> None:
    first = add(config, "--port", OTHER, "--profile", "renke_rs_fxjt", "--unit", "1", "--yes")
    host = ("--host", "10.0.0.9", "--profile", "owen_mv210_101")
    second = add(config, *host, "--yes")
    third = add(config, *host, "--unit", "7", "--yes")
    assert len(list(config.parent.glob("*.bak"))) == 3
    assert [first.returncode, second.returncode, third.returncode] == [0, 0, 0], third.stderr
    tree = tomli.loads(config.read_text(encoding="utf-8"))
    assert [link["name"] for link in tree["link"]] == ["rs485", "lan", "rs485-2", "lan-2"]
    assert tree["link"][2] == {"name": "rs485-2", "port": OTHER, "baud": 4800}
    assert [device["link"] for device in tree["device"][3:]] == ["rs485-2", "lan-2", "lan-2"]
    assert command("edge-agent", "check", "-c", str(config)).returncode == 0


def test_the_first_device_of_an_empty_configuration(tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text(BARE, encoding="utf-8")
    done = add(config, "--port", RS485, "--profile", "eastron_sdm630", "--yes")
    assert done.returncode == 0, done.stderr
    assert command("edge-agent", "check", "-c", str(config)).returncode == 0


def test_without_a_yes_nothing_is_written(config: Path) -> None:
    before = config.read_bytes()
    done = add(config, "--port", RS485, "--profile", "renke_rs_fxjt", "--unit", "3")
    assert done.returncode == 1
    assert done.stderr == "nothing was written; add --yes to write it\n"
    assert '+profile = "renke_rs_fxjt"' in done.stdout
    assert config.read_bytes() == before
    assert [path.name for path in config.parent.iterdir()] == ["agent.toml"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--port", RS485, "--profile", "renke_rs_fxjt", "--unit", "24"),
            "24 is also the unit of heat on `rs485`",
        ),
        (
            ("--port", RS485, "--profile", "renke_rs_fxjt", "--unit", "3", "--baud", "4800"),
            "has baud 9600 (asked",
        ),
        (("--port", RS485, "--profile", "renke_rs_fxj", "--unit", "3"), "did you mean `renke_rs_fxjt`?"),
        (
            ("--port", RS485, "--profile", "renke_rs_fxjt", "--unit", "3", "--name", "Vane 1"),
            "device[3].name",
        ),
        (
            ("--port", RS485, "--profile", "renke_rs_fxjt", "--unit", "3", "--period", "0.1"),
            "greater than or equal to 1",
        ),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_changes_nothing(
    config: Path, words: tuple[str, ...], sentence: str
) -> None:
    before = config.read_bytes()
    done = add(config, *words, "--yes")
    assert done.returncode in {1, 2}
    assert sentence in done.stderr
    assert config.read_bytes() == before


def test_a_line_that_would_be_overloaded_is_refused_with_the_numbers(config: Path) -> None:
    for unit in map(str, range(3, 9)):
        words = ("--port", RS485, "--profile", "eastron_sdm630", "--unit", unit, "--period", "1", "--yes")
        done = add(config, *words)
    assert done.returncode == 1
    assert "overloaded: its devices need" in done.stderr
    assert "may use 90%" in done.stderr
    assert "sdm630-3" in done.stderr


def test_a_file_that_is_wrong_already_is_to_be_corrected_first(tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text("[[link]\n", encoding="utf-8")
    done = add(config, "--port", RS485, "--profile", "renke_rs_fxjt", "--yes")
    assert done.returncode == 1
    assert f"correct it first: edge-agent check -c {config}" in done.stderr


def test_at_a_terminal_everything_missing_is_asked(config: Path) -> None:
    """A real pseudo-terminal: address and period as proposed, a name of one's own, then yes."""
    master, slave = pty.openpty()
    with os.fdopen(master, "wb", buffering=0) as keyboard:
        os.set_inheritable(slave, True)
        process = subprocess.Popen(
            [script("edge-agent"), "add", "-c", str(config), "--port", RS485],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        os.close(slave)
        keyboard.write(b"renke_rs_fxjt\n5\nvane\n\ny\n")
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert "written; before:" in out.decode()
    device = tomli.loads(config.read_text(encoding="utf-8"))["device"][-1]
    assert device == {
        "name": "vane",
        "link": "rs485",
        "profile": "renke_rs_fxjt",
        "unit": 5,
        "period_s": 60.0,
    }


def test_a_port_is_written_by_the_name_that_stays(tmp_path: Path) -> None:
    device, by_id = tmp_path / "ttyUSB0", tmp_path / "serial" / "by-id"
    device.touch()
    by_id.mkdir(parents=True)
    (by_id / "usb-FTDI_A1").symlink_to(device)
    found = names.stable(str(device), tmp_path / "serial")
    assert found.port == str(by_id / "usb-FTDI_A1")
    assert "names the adapter in whatever socket" in found.reason
    assert names.stable(found.port) == names.Stable(found.port)
    unnamed = names.stable(str(tmp_path / "ttyS0"), tmp_path / "serial")
    assert "has no name in" in unnamed.reason
    assert names.ports(tmp_path / "serial") == (found.port,)


@settings(max_examples=50)
@given(
    st.text("ab-_ 'é\"\\#]", min_size=1, max_size=12),
    st.integers(0, 255),
    st.none() | st.builds(NewLink, name=st.just("l"), port=st.text(min_size=1, max_size=12)),
)
def test_whatever_is_added_can_be_read_back(name: str, unit: int, link: NewLink | None) -> None:
    device = NewDevice(name=name, link="l", profile="p", unit=unit)
    after = entry.with_tables(BARE, link, device)
    tree = tomli.loads(after)
    assert tree["device"][-1]["name"] == name
    assert tree["device"][-1]["unit"] == unit
    assert (tree["link"][-1]["port"] if link else None) == (link.port if link else None)
    twice = entry.with_tables(after, None, device)
    assert twice.startswith(after)
