"""`edge-agent calibrate`: what is refused, what is written, and that the agent's decoder applies it."""

import asyncio
import datetime as dt
import os
import pty
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli
from hypothesis import assume, given
from hypothesis import strategies as st

from edge_agent import settings
from edge_agent.commissioning import calibration, calibration_entry
from edge_agent.commissioning.calibration import CalibrationError, Compared, Limits
from edge_agent.decode import Decoder
from edge_agent.samples import Answer, Block, Instant, RawScan
from edge_agent.settings import Device
from edge_agent.settings.calibration import CalibrationPoint, CalibrationTable
from firmware_sim.devices import PtyLine
from sensor_profiles.model import Space
from tests.edge_agent.commissioning import Done, edge_agent, instrument
from tests.programs import script
from wire.config_file import ConfigError

SAMPLE = Path(__file__).parents[2] / "config" / "agent.toml"
PORT = "by-id/usb-FTDI_RS485-if00"
PAPER = (
    *("--person", "А. Қасымов", "--certificate", "ҚР-2026/114"),
    *("--certificate-date", "2026-02-01", "--certificate-until", "2099-02-01"),
)
QUICK = ("--readings", "2", "--every", "0.05")
NOTED = CalibrationTable(
    channel="in1",
    gain=1.5,
    offset=-0.25,
    date=dt.date(2026, 11, 29),
    person="A. Kasymov",
    certificate="KZ-114",
    certificate_date=dt.date(2026, 2, 1),
    certificate_until=dt.date(2027, 2, 1),
    points=(CalibrationPoint(reference=50.0, before=50.25, after=50.0),),
)
CONFIG = """# Boiler house 7.
gateway = "gw-1"

[site]
name = "bh-07"
class = "boiler_house"

[[link]]
name = "rs485"
port = "{port}"
baud = 9600

[[device]]  # the regulator
name = "heat"
link = "rs485"
profile = "owen_trm138"
unit = 24

[device.channels.in1]
name = "t_supply"
quantity = "temperature"
low = 0.0
high = 150.0  # °C

# What is this one? Ask the operator.
[device.channels.in2]

# The meter follows.
[[device]]
name = "power"
link = "rs485"
profile = "eastron_sdm630"
"""


def written(folder: Path) -> Path:
    path = folder / "agent.toml"
    path.write_text(CONFIG.format(port=folder / PORT), encoding="utf-8")
    return path


def backups(config: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in config.parent.glob("agent.toml.*.bak")]


async def calibrate(config: Path, *words: str, answers: str | None = None) -> Done:
    where = ("calibrate", "-c", str(config), "--device", "heat", "--channel", "t_supply")
    return await edge_agent(*where, *QUICK, *words, answers=answers)


@pytest.mark.system
async def test_one_point_is_noted_with_its_papers_and_every_other_line_stays(tmp_path: Path) -> None:
    config = written(tmp_path)
    before = config.read_text(encoding="utf-8")
    async with PtyLine([instrument("owen_trm138", 24, {"in1": 50.75})], tmp_path / PORT, 9600) as _:
        done = await calibrate(config, "-r", "50", *PAPER, "--json", "--yes")
        assert done.status == 0, done.err
        shown = await edge_agent("read", "-c", str(config), "--device", "heat", "--json")
        table = await edge_agent("read", "-c", str(config), "--device", "heat")
    found = done.json
    assert found["readings"] == [[50.75, 50.75]]
    assert backups(config) == [before]
    assert found["backup"]
    after = config.read_text(encoding="utf-8")
    assert [line for line in after.splitlines() if line not in found["diff"]] == [
        line for line in before.splitlines() if line not in found["diff"]
    ]
    device = tomli.loads(after)["device"][0]
    assert device["calibration"] == [
        {
            "channel": "in1",
            "gain": 1.0,
            "offset": -0.75,
            "date": dt.datetime.now().astimezone().date(),
            "person": "А. Қасымов",
            "certificate": "ҚР-2026/114",
            "certificate_date": dt.date(2026, 2, 1),
            "certificate_until": dt.date(2099, 2, 1),
            "points": [{"reference": 50.0, "before": 50.75, "after": 50.0}],
        }
    ]
    first = shown.json["channels"][0]
    assert (first["raw"], first["value"], first["corrected"]) == ("424B 0000", 50.75, 50.0)
    assert "corrected" not in shown.json["channels"][1]
    assert "50.75" in table.out
    assert "corrected" in table.out


@pytest.mark.system
async def test_two_points_wait_for_the_second_and_give_gain_and_offset(tmp_path: Path) -> None:
    config = written(tmp_path)
    device = instrument("owen_trm138", 24)
    device.values = lambda: {"in1": 20.5 if device.requests <= 2 else 91.5}
    async with PtyLine([device], tmp_path / PORT, 9600):
        words = ("-r", "20", "-r", "90", *PAPER, "--json", "--yes")
        done = await calibrate(config, *words, answers="\n")
    assert done.status == 0, done.err
    assert "bring it to 90 Cel, then press Enter" in done.err
    assert done.json["readings"] == [[20.5, 20.5], [91.5, 91.5]]
    found = done.json["calibration"]
    assert found["gain"] == pytest.approx(70 / 71, rel=1e-6)
    assert [point["after"] for point in found["points"]] == pytest.approx([20, 90], abs=1e-4)


@pytest.mark.system
async def test_at_a_terminal_everything_missing_is_asked(tmp_path: Path) -> None:
    config = written(tmp_path)
    master, slave = pty.openpty()
    with os.fdopen(master, "wb", buffering=0) as keyboard:
        async with PtyLine([instrument("owen_trm138", 24, {"in1": 50.75})], tmp_path / PORT, 9600):
            process = await asyncio.create_subprocess_exec(
                *(script("edge-agent"), "calibrate", "-c", str(config), *QUICK),
                stdin=slave,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            os.close(slave)
            keyboard.write(b"heat\nt_supply\nA. Kasymov\nKZ-114\n2026-02-01\n2099-02-01\n50\ny\n")
            out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    assert "reference 50 Cel: shows 50.75, corrected 50" in out.decode()
    assert settings.load(config).devices[0].calibrations[0].person == "A. Kasymov"


@pytest.mark.system
async def test_at_each_refusal_nothing_is_written(tmp_path: Path) -> None:
    config = written(tmp_path)
    before = config.read_bytes()
    async with PtyLine([instrument("owen_trm138", 24, {"in1": 50.75, "in2": None})], tmp_path / PORT, 9600):
        large = await calibrate(config, "-r", "70", *PAPER, "--yes")
        asked = await calibrate(config, "-r", "50", *PAPER)
        forced = await calibrate(config, "-r", "70", *PAPER, "--force", "--json")
        nobody = await calibrate(config, "-r", "20", "-r", "90", *PAPER, answers="")
        none = await edge_agent(
            *("calibrate", "-c", str(config), "-d", "heat", "--channel", "in2", "-r", "5", *PAPER, *QUICK)
        )
    assert "would be corrected by +19.25 Cel, more than 5% of the range" in large.err
    assert asked.err.endswith("nothing was written; add --yes to write it\n")
    assert forced.json["calibration"]["offset"] == 19.25
    assert "nobody pressed Enter" in nobody.err
    assert "heat/in2 gave no value (bad.device_status)" in none.err
    assert {large.status, asked.status, nobody.status, none.status} == {1}
    assert config.read_bytes() == before
    assert backups(config) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--certificate-date", "2020-01-01", "--certificate-until", "2021-01-01"),
            "№ 7 expired on 2021-01-01, before the calibration of",
        ),
        (
            ("--certificate-date", "2098-01-01", "--certificate-until", "2099-01-01"),
            "№ 7 was issued on 2098-01-01, after",
        ),
        (
            ("--certificate-date", "2026-01-01", "--certificate-until", "2025-01-01"),
            "2025-01-01 is before 2026-01-01, when it was issued",
        ),
        (
            ("--certificate-date", "2026-02-30", "--certificate-until", "2099-01-01"),
            "`2026-02-30` is no date; write it as in 2026-03-31",
        ),
        (("--certificate-date", "2026-01-01"), "write --certificate-until"),
    ],
)
async def test_a_wrong_certificate_date_is_one_sentence_and_nobody_is_asked(
    words: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    """There is no line: whoever would open it would fail otherwise."""
    done = await calibrate(written(tmp_path), "-r", "50", "--person", "A", "--certificate", "№ 7", *words)
    assert done.status in {1, 2}
    assert sentence in " ".join(done.err.replace("│", " ").split())


async def test_a_second_calibration_of_a_channel_is_refused_or_replaces_the_first(tmp_path: Path) -> None:
    config = written(tmp_path)
    text = config.read_text(encoding="utf-8")
    once = calibration_entry.with_calibration(text, "agent.toml", 0, NOTED, None)
    config.write_text(once, encoding="utf-8")
    done = await calibrate(config, "-r", "50", *PAPER)
    assert "heat/t_supply was calibrated on 2026-11-29 by A. Kasymov; add --replace" in done.err
    again = msgspec.structs.replace(NOTED, offset=0.5)
    assert tomli.loads(calibration_entry.with_calibration(once, "agent.toml", 0, again, 0))["device"][0][
        "calibration"
    ] == [msgspec.structs.asdict(again) | {"points": [{"reference": 50.0, "before": 50.25, "after": 50.0}]}]
    assert calibration_entry.with_calibration(once, "agent.toml", 0, NOTED, 0) == once


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"channel": "in9"}, "calibration[1].channel: `in9` is no channel of this device"),
        (
            {"channel": "in1"},
            "calibration[1].channel: `in1` is calibrated twice, on 2026-11-29 and 2026-11-29",
        ),
        (
            {"channel": "in2", "date": dt.date(2027, 3, 1)},
            "certificate_until: KZ-114 expired on 2027-02-01, before",
        ),
        (
            {"channel": "in2", "date": dt.date(2026, 1, 1)},
            "certificate_date: KZ-114 was issued on 2026-02-01, after",
        ),
        ({"channel": "in2", "gain": -1.0}, "gain is above 0"),
        ({"channel": "in2", "points": ()}, "0 points; a calibration has one or two"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused_with_its_line(
    change: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    config = written(tmp_path)
    once = calibration_entry.with_calibration(config.read_text(encoding="utf-8"), "a", 0, NOTED, None)
    twice = calibration_entry.with_calibration(once, "a", 0, msgspec.structs.replace(NOTED, **change), None)
    with pytest.raises(ConfigError, match=r"agent\.toml:\d+: device\[0\]\.calibration\[1\]") as error:
        settings.parse(twice, config)
    assert sentence in str(error.value)


def test_a_tank_and_a_text_cannot_be_calibrated(tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    table = msgspec.structs.replace(NOTED, channel="level")
    number = [device["name"] for device in tomli.loads(text)["device"]].index("fuel")
    with pytest.raises(ConfigError, match="`fuel_store` has a tank table, which is its calibration"):
        settings.parse(calibration_entry.with_calibration(text, "a", number, table, None), SAMPLE)


def reply(device: Device, in1: str, s1: str) -> RawScan:
    """The two fields in an answer to a read of all that lies around them."""
    data = bytearray(2 * 300)
    profile = device.profile
    status = next(one.field for one in profile.statuses if one.name == "s1")
    for field, text in ((profile.channels[0].field, in1), (status, s1)):
        data[2 * field.address : 2 * field.address + len(text) // 2] = bytes.fromhex(text)
    return RawScan("heat", Instant(0, 0), (Answer(Block(Space.INPUT, 0, 300), bytes(data)),))


def test_the_decoder_corrects_and_the_range_is_that_of_the_corrected_value(tmp_path: Path) -> None:
    config = written(tmp_path)
    text = calibration_entry.with_calibration(config.read_text(encoding="utf-8"), "a", 0, NOTED, None)
    device = settings.parse(text, config).devices[0]
    plain = settings.parse(config.read_text(encoding="utf-8"), config).devices[0]
    raw = reply(plain, in1="42CA0000", s1="0000")
    statuses = plain.profile.statuses
    assert Decoder(plain.channels[:1], statuses).decode(raw).values == (101.0,)
    assert Decoder(device.channels[:1], statuses).decode(raw).values == (101.0 * 1.5 - 0.25,)
    assert (device.channels[0].low, device.channels[0].high) == (0.0, 150.0)
    assert device.instrument == plain.channels


@given(
    st.floats(0.8, 1.25),
    st.floats(-3, 3),
    st.lists(st.floats(0, 100), min_size=1, max_size=2, unique=True),
)
def test_a_believed_correction_brings_the_points_to_the_reference(
    gain: float, offset: float, references: list[float]
) -> None:
    points = [Compared(reference=r, values=((r - offset) / gain,) * 3) for r in references]
    try:
        found = calibration.correction(points, (0.0, 100.0), "Cel", Limits(), force=True)
    except CalibrationError as error:
        assert len(references) == 2
        assert abs(references[0] - references[1]) < 10
        assert "choose them further apart" in str(error)
        return
    for point in found.points:
        assert point.after == pytest.approx(point.reference, abs=2e-4)
    assert found.gain > 0
    assume(len(references) == 2)
    assert found.gain == pytest.approx(gain, rel=1e-5)


def test_an_unsteady_reading_is_not_believed() -> None:
    moving = Compared(reference=50.0, values=(49.0, 51.0))
    with pytest.raises(
        CalibrationError, match=r"at 50 Cel the readings differ by 2 Cel, more than 0\.5% of the range"
    ):
        calibration.correction([moving], (0.0, 150.0), "Cel", Limits(), force=True)


@given(st.integers(0, 1), st.sampled_from(["in1", "in2"]), st.text(min_size=1, max_size=20))
def test_whatever_is_noted_can_be_read_back_and_nothing_else_moves(
    device: int, channel: str, person: str
) -> None:
    assume(person.strip() and person.isprintable())
    text = CONFIG.format(port="/dev/ttyS0")
    table = msgspec.structs.replace(NOTED, channel=channel, person=person)
    after = calibration_entry.with_calibration(text, "a", device, table, None)
    tree = tomli.loads(after)
    assert tree["device"][device].pop("calibration")[0]["person"] == person
    assert tree == tomli.loads(text)
    added = after.splitlines()
    assert [line for line in text.splitlines() if line not in added] == []
