"""`edge-agent profiles`: what an engineer reads on the screen before he writes a configuration."""

import json

import pytest
from typer.testing import CliRunner

from edge_agent.cli.profiles import app
from sensor_profiles import loader


def said(*words: str) -> str:
    answer = CliRunner().invoke(app, [*words])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_the_list_tells_how_each_is_reached() -> None:
    lines = said("list").splitlines()
    assert len(lines) == len(loader.library())
    (drive,) = (line for line in lines if line.startswith("danfoss_fc51 "))
    assert drive.split()[1:5] == ["B", "9", "9600", "8E1"]


def test_the_list_can_be_narrowed_by_name_or_title() -> None:
    names = {entry["name"] for entry in json.loads(said("list", "Wiren Board", "--json"))}
    assert names == {name for name in loader.library() if name.startswith("wirenboard_")}
    assert len(names) > 4


def test_a_word_that_fits_nothing_is_said() -> None:
    answer = CliRunner().invoke(app, ["list", "zzz"])
    assert answer.exit_code == 1
    assert "nothing that is known has `zzz` in its name or title" in answer.output


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("escort_td500", "holding 0x0000 byte 1 u16"),
        ("owen_mv110_16d", "holding 0x0033 bit 15"),
        ("peacefair_pzem", "input 0x0001 u32 word_swap"),
        ("ectocontrol_v2", "× 10 none: 0xff if boiler"),
        ("wirenboard_wb_ms_v2", "none: 0xffff, 0xfffe"),
        ("winsen_ze07_co", "ppm → mg/m3"),
        ("apc_nmc2", "9600 8N1 or TCP 502"),
        ("elemer_f1772", "line not known"),
        ("owen_mv110_224_8a", "status s1…s8: holding 0x0002 u16 … holding 0x002c u16, good: 0"),
        ("owen_mv110_220_8ac", "to be asked at the site"),
    ],
)
def test_a_page_tells_how_a_value_is_read(name: str, line: str) -> None:
    assert line in said("show", name)


def test_no_line_of_any_page_ends_in_space() -> None:
    for name in loader.library():
        assert all(line == line.rstrip() for line in said("show", name).splitlines()), name
