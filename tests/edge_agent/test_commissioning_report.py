"""`edge-agent report`: what it finds, what it prints, in three languages, and what it refuses."""

import asyncio
import hashlib
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.commissioning import page, pdf
from edge_agent.commissioning.outcomes import Heard, Outcome
from edge_agent.commissioning.quality import ERRORS, line_quality
from edge_agent.commissioning.words import WORDS
from edge_agent.spool import Spool, SpoolError, folder_of
from firmware_sim.devices import PtyLine
from firmware_sim.devices.image import serial_number
from firmware_sim.faults import LineFault, LineFaults
from sensor_profiles import loader
from tests.edge_agent.commissioning import edge_agent, instrument
from tests.edge_agent.test_commissioning_takeover import running_agent
from wire import codec
from wire.reports import (
    Report,
    ReportDocument,
    ReportedChannel,
    ReportedDevice,
    ReportLanguage,
    Sample,
)
from wire.texts import LANGUAGES
from wire.texts.titles import translated

PORT = "by-id/usb-FTDI_RS485-if00"
CONFIG = """gateway = "gw-1"

[site]
name = "bh-07"
class = "boiler_house"
title = "Қазандық № 7"

[outbox]
path = "{folder}/outbox.db"

[[link]]
name = "rs485"
port = "{folder}/by-id/usb-FTDI_RS485-if00"
baud = 9600
stopbits = 1

[[device]]
name = "flow"
link = "rs485"
profile = "vzlet_tsrv_02x"
unit = 3

[[device]]
name = "room"
link = "rs485"
profile = "wirenboard_wb_ms_v2"
unit = 9

[[device]]
name = "vane"
link = "rs485"
profile = "renke_rs_fxjt"
unit = 5

[device.channels.wind_direction]
name = "wind"

[[device.calibration]]
channel = "wind_direction"
offset = 1.5
date = 2026-03-01
person = "А. Қасымов"
certificate = "ҚР-114"
certificate_date = 2026-02-01
certificate_until = 2027-02-01
points = [{{ reference = 91.5, before = 90.0, after = 91.5 }}]
"""
QUICK = ("--polls", "2", "--every", "0.05")
EACH = pytest.mark.parametrize("language", WORDS)


def written(folder: Path) -> Path:
    path = folder / "agent.toml"
    path.write_text(CONFIG.format(folder=folder), encoding="utf-8")
    return path


def printed(path: Path) -> str:
    """The text of a PDF, as one line."""
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


def strings(language: str) -> dict[str, str]:
    """All that a language says, by where it stands."""
    found: dict[str, str] = {}
    for key, value in msgspec.to_builtins(WORDS[language]).items():
        parts = (
            value
            if isinstance(value, dict)
            else dict(enumerate(value))
            if isinstance(value, tuple)
            else {"": value}
        )
        found |= {f"{key}.{part}": text for part, text in parts.items()}
    return found


@EACH
def test_no_language_lacks_a_word_or_names_something_else(language: str) -> None:
    reference, said = strings("en"), strings(language)
    assert set(said) == set(reference)
    assert all(text.strip() for text in said.values())
    filled = {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in said.items()}
    assert filled == {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in reference.items()}
    assert set(WORDS[language].error_kinds) == set(ERRORS)


def test_russian_and_kazakh_are_themselves() -> None:
    russian, kazakh = strings("ru"), strings("kk")
    for text in (*russian.values(), *kazakh.values()):
        assert not re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", text)), text
    alike = {text for key, text in kazakh.items() if text == russian[key] and len(text.split()) > 1}
    assert alike == {"{name}: {model}", "{date}, {person}"}


@given(st.lists(st.builds(Outcome, unit=st.just(1), heard=st.sampled_from(Heard), took_ms=st.floats(0, 1e4))))
def test_every_request_is_an_answer_or_an_error(heard: list[Outcome]) -> None:
    found = line_quality(heard)
    answered = [one.took_ms for one in heard if one.heard is Heard.ANSWER]
    assert found.requests == len(answered) + sum(found.errors.values()) == len(heard)
    if answered:
        least, middle, most = found.latency_min_ms, found.latency_median_ms, found.latency_max_ms
        assert least is not None
        assert middle is not None
        assert most is not None
        assert round(min(answered), 1) == least <= middle <= most == round(max(answered), 1)


@pytest.mark.system
@EACH
async def test_a_report_holds_what_was_found_and_is_printed_in_its_language(
    language: str, tmp_path: Path
) -> None:
    faults = LineFaults()
    devices = [
        instrument("vzlet_tsrv_02x", 3),
        instrument("wirenboard_wb_ms_v2", 9),
        instrument("renke_rs_fxjt", 5, {"wind_direction": 90.0}, faults=faults),
    ]
    faults.arm(LineFault.SILENT, count=3)  # two questions for its name, one poll
    words = (
        "report",
        "-c",
        str(written(tmp_path)),
        "-l",
        language,
        *QUICK,
        "-o",
        str(tmp_path / "r"),
        "--json",
    )
    async with PtyLine(devices, tmp_path / PORT, 9600):
        done = await edge_agent(
            *words, "--photo", "vane=IMG_1.jpg", "--note", "Мұнара", "--person", "Ә. Ғани"
        )
        again = await edge_agent(*words)
    assert done.status == 0, done.err
    made = done.json
    written_json = (tmp_path / "r.json").read_bytes()
    report = msgspec.json.decode(written_json, type=ReportDocument)
    assert (report.site, report.gateway, report.language, report.person) == (
        "bh-07",
        "gw-1",
        language,
        "Ә. Ғани",
    )
    flow, room, vane = report.devices
    assert room.identified.serial == str(serial_number(loader.find("wirenboard_wb_ms_v2")))
    assert flow.identified.serial == ""
    assert (flow.identified.product, flow.address) == ("TSRV-02x", 3)
    assert flow.identified.firmware
    assert vane.photos == ("IMG_1.jpg",)
    assert vane.quality.errors == {"no_answer": 1}
    wind = next(channel for channel in vane.channels if channel.name == "wind")
    assert [sample.quality for sample in wind.samples] == ["bad.no_answer", "good"]
    assert (wind.samples[1].value, wind.samples[1].corrected) == (90.0, 91.5)
    assert wind.samples[1].raw
    assert wind.calibration is not None
    assert wind.calibration.certificate == "ҚР-114"
    (link,) = report.links
    assert link.quality.requests == sum(device.quality.requests for device in report.devices)
    assert link.quality.latency_min_ms is not None
    text = printed(tmp_path / "r.pdf")
    for said in (
        *(
            WORDS[language].title,
            WORDS[language].signatures,
            "Қазандық № 7",
            translated("Wind direction", language),
            "IMG_1.jpg",
            "Мұнара",
            "Ә. Ғани",
        ),
        *(
            "ҚР-114",
            room.identified.serial,
            made["id"],
            hashlib.sha256(written_json).hexdigest(),
            WORDS[language].error_kinds["no_answer"],
        ),
    ):
        assert said in text, text
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert again.status == 1
    assert "r.pdf: is there already; write another --output" in again.err


@pytest.mark.system
async def test_a_report_with_an_adapter_missing_is_made_and_says_so(tmp_path: Path) -> None:
    words = ("report", "-c", str(written(tmp_path)), "-l", "en", *QUICK, "-o", str(tmp_path / "r"), "--send")
    done = await edge_agent(*words, "--json")
    assert done.status == 1
    assert "is not there and there is no other serial adapter: plug it in" in done.err
    assert "the report was made all the same, and says so" in done.err
    assert "The line could not be used: " in printed(tmp_path / "r.pdf")
    [number] = Spool(folder_of(f"{tmp_path}/outbox.db")).waiting()
    payload = Spool(folder_of(f"{tmp_path}/outbox.db")).read(number)
    assert payload is not None
    sent = codec.decode(Report, payload)
    assert (sent.id, sent.pdf) == (done.json["id"], (tmp_path / "r.pdf").read_bytes())
    assert bytes(sent.document) == (tmp_path / "r.json").read_bytes()


@pytest.mark.system
async def test_an_adapter_unplugged_in_mid_report_keeps_what_was_found(tmp_path: Path) -> None:
    names = {"vzlet_tsrv_02x": 3, "renke_rs_fxjt": 5, "wirenboard_wb_ms_v2": 9}
    devices = [instrument(name, unit) for name, unit in names.items()]
    words = (
        "report",
        "-c",
        str(written(tmp_path)),
        "--polls",
        "50",
        "--every",
        "0.05",
        "-o",
        str(tmp_path / "r"),
    )
    async with PtyLine(devices, tmp_path / PORT, 9600) as line:
        report = asyncio.create_task(edge_agent(*words), name="report")
        async with asyncio.timeout(30):
            while devices[1].requests < 6:  # noqa: ASYNC110  an instrument has no event for it
                await asyncio.sleep(0.01)
        await line.unplug()
        done = await report
    assert done.status == 1
    assert "check the cable and report again" in done.err
    found = msgspec.json.decode((tmp_path / "r.json").read_bytes(), type=ReportDocument)
    assert found.links[0].trouble in done.err
    assert all(len(device.channels[0].samples) >= 2 for device in found.devices)


@pytest.mark.system
async def test_a_running_agents_line_is_refused_or_lent(tmp_path: Path) -> None:
    async with running_agent(tmp_path) as vane:
        words = ("report", "-c", str(tmp_path / "agent.toml"), *QUICK, "-o", str(tmp_path / "r"))
        refused = await edge_agent(*words)
        lent = await edge_agent(*words, "--take-over")
    assert refused.status == 1
    assert "add --take-over to borrow the line from it" in refused.err
    assert lent.status == 0, lent.err
    assert vane.writes_attempted == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--photo", "flwo=IMG_1.jpg"), "there is no device `flwo`; did you mean `flow`?"),
        (("--photo", "vane"), "write DEVICE=NAME, as in heat=IMG_0012.jpg"),
        (("--language", "de"), "'de' is not one of 'ru', 'kk', 'en'"),
    ],
)
async def test_wrong_words_are_told_before_any_line_is_opened(
    words: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    done = await edge_agent("report", "-c", str(written(tmp_path)), *words)
    assert done.status == 2
    assert sentence in " ".join(done.err.replace("│", " ").split())


def test_without_a_font_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(pdf.FontError, match="sudo apt-get install fonts-dejavu-core"):
        pdf.fonts([tmp_path])


REPORT = ReportDocument(
    language=ReportLanguage.KAZAKH,
    title="Хаттама",
    site="bh-07",
    site_class="boiler_house",
    gateway="gw-1",
    made_ms=0,
    utc_offset_min=300,
    program="0",
)


def test_the_same_sheet_gives_the_same_bytes() -> None:
    made = datetime(2026, 11, 29, tzinfo=UTC)
    sheet = page.sheet(REPORT, "0" * 16, "f" * 64)
    assert pdf.draw(sheet, made) == pdf.draw(sheet, made)


@pytest.mark.parametrize(
    "said",
    [
        "W" * 5000,
        "щ " * 3000,
        "\0\x1b[31m\r\t\x85\u2028",
        "שלום مرحبا",
        "😀\U000e0041",
        "{nb} **b** \\",
        "\n" * 300,
    ],
)
def test_whatever_instruments_and_people_write_can_be_printed(said: str) -> None:
    number = 1.7e308
    sample = Sample(raw=said, value=said, quality=said)
    channels = (
        ReportedChannel(name="a", quantity="text", unit="", title=said, samples=(sample,)),
        ReportedChannel(name="b", quantity="pressure", unit=said, low=number, high=number),
    )
    device = ReportedDevice(
        name="heat",
        profile="p",
        model=said,
        link="l",
        address=1,
        period_s=60.0,
        channels=channels,
        photos=(said,),
    )
    report = msgspec.structs.replace(REPORT, person=said, notes=(said,), devices=(device,))
    assert pdf.draw(page.sheet(report, "0" * 16, "f" * 64), datetime(2026, 11, 29, tzinfo=UTC)).startswith(
        b"%PDF"
    )


def test_a_spool_keeps_the_order_and_knows_only_its_own_files(tmp_path: Path) -> None:
    spool = Spool(folder_of(f"{tmp_path}/outbox.db"))
    assert spool.waiting() == []
    for number in ("f" * 16, "0" * 16):
        spool.put(number, number.encode())
    (tmp_path / "reports" / "notes.txt").touch()
    assert spool.waiting() == ["f" * 16, "0" * 16]
    assert spool.read("0" * 16) == b"0" * 16
    assert not spool.remove("../../etc/passwd")
    assert spool.remove("f" * 16)
    assert not spool.remove("f" * 16)
    assert spool.waiting() == ["0" * 16]
    with pytest.raises(SpoolError, match="send it on the gateway, as root or the agent's user"):
        Spool(tmp_path / "nowhere" / "reports").put("0" * 16, b"")


def test_every_unit_of_a_report_has_a_symbol() -> None:
    for language in LANGUAGES.values():
        assert {"[ppm]", "[ppb]"} <= set(language.units)
