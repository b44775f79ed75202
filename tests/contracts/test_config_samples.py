"""The sample configurations show every setting, with its default, and can be used as they are."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli

import collector.settings
import edge_agent.settings
import wire.config_file
from collector.duty import ExceptionTable, NotifyTable, PersonTable, ShiftTable, StepTable
from collector.settings import (
    AirLimit,
    AlarmKind,
    BoilerHouse,
    CollectorFile,
    FeedTable,
    InfluxStore,
    OidcTable,
    RulesTable,
    SiteTable,
    SqliteStore,
    StateTable,
    Suppression,
    WebhooksTable,
)
from collector.settings import AlarmsTable as CollectorAlarms
from edge_agent.settings import tables
from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms
from edge_agent.settings.calibration import CalibrationTable
from edge_agent.settings.checks import ChecksTable
from edge_agent.settings.detection import DetectTable, DeviceDetectTable, ExpectedSettings
from edge_agent.settings.poll import PollTable
from edge_agent.settings.relations import RelationTable
from wire.broker import Broker

CONFIG = Path(__file__).parents[2] / "config"
AGENT: dict[str, tuple[type, ...]] = {
    "": (tables.AgentFile,),
    "site": (tables.SiteTable,),
    "broker": (Broker,),
    "outbox": (tables.OutboxTable,),
    "clock": (tables.ClockTable,),
    "poll": (PollTable,),
    "link": (tables.LinkTable,),
    "device": (tables.DeviceTable,),
    "device.channels": (tables.ChannelTable,),
    "alarms": (AlarmsTable,),
    "device.channels.alarms": (ChannelAlarms,),
    "device.channels.checks": (ChecksTable,),
    "device.channels.table": (tables.TankTable,),
    "air": (tables.AirTable,),
    "relation": (RelationTable,),
    "detect": (DetectTable,),
    "detect.expected": (ExpectedSettings,),
    "device.detect": (DeviceDetectTable,),
    "device.calibration": (CalibrationTable,),
}
COLLECTOR: dict[str, tuple[type, ...]] = {
    "": (CollectorFile,),
    "broker": (Broker,),
    "store": (SqliteStore, InfluxStore),
    "state": (StateTable,),
    "alarms": (CollectorAlarms,),
    "alarms.kind": (AlarmKind,),
    "alarms.suppress": (Suppression,),
    "rules": (RulesTable,),
    "rules.limit": (AirLimit,),
    "rules.boiler_house": (BoilerHouse,),
    "feed": (FeedTable,),
    "feed.oidc": (OidcTable,),
    "sites": (SiteTable,),
    "webhooks": (WebhooksTable,),
    "notify": (NotifyTable,),
    "notify.people": (PersonTable,),
    "notify.steps": (StepTable,),
    "notify.steps.rota": (ShiftTable,),
    "notify.steps.exceptions": (ExceptionTable,),
}
HEADER = re.compile(
    r"(?:# )?\[\[?(device\.detect|device\.calibration|detect\.expected|feed\.oidc|alarms\.kind|"
    r"alarms\.suppress|notify\.people|notify\.steps\.rota|notify\.steps\.exceptions|notify\.steps|"
    r"rules\.limit|rules\.boiler_house|[a-z]+(?:\.channels)?)"
    r"(?:\.[a-z0-9_]+(\.(?:alarms|checks|table))?)?\]"
)
SAMPLES = [("agent.toml", AGENT), ("collector.toml", COLLECTOR)]


def settings_of(text: str) -> Iterator[tuple[str, str, Any, bool]]:
    """Section, key, value of each line; whether it stands behind `#`."""
    section = ""
    for line in text.splitlines():
        if header := HEADER.match(line):
            section = header[1] + (header[2] or "")
        elif found := re.match(r"(# )?([a-z_0-9]+ = .*)", line):
            ((key, value),) = tomli.loads(found[2]).items()
            yield section, key, value, found[1] is not None


def fields(kinds: tuple[type, ...]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for kind in kinds for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize(("name", "sections"), SAMPLES)
def test_a_sample_shows_every_setting(name: str, sections: dict[str, tuple[type, ...]]) -> None:
    shown = {(section, key) for section, key, _, _ in settings_of((CONFIG / name).read_text())}
    known = {(section, key) for section, kinds in sections.items() for key in fields(kinds)}
    nested = {("", section) for section in sections} | {("device", "channels"), ("device.channels", "alarms")}
    nested |= {("device.channels", "checks"), ("device", "detect"), ("detect", "expected")}
    nested |= {
        ("device.channels", "table"),
        ("device", "calibration"),
        ("feed", "oidc"),
        ("alarms", "kind"),
        ("alarms", "suppress"),
        ("rules", "limit"),
        ("rules", "boiler_house"),
    }
    nested |= {("notify", "people"), ("notify", "steps")}
    nested |= {("notify.steps", "rota"), ("notify.steps", "exceptions")}
    assert known - nested - shown == set()
    assert shown - known <= {("store", "kind")}


@pytest.mark.parametrize(("name", "sections"), SAMPLES)
def test_what_is_commented_out_is_the_default(name: str, sections: dict[str, tuple[type, ...]]) -> None:
    for section, key, value, is_comment in settings_of((CONFIG / name).read_text()):
        default = fields(sections[section])[key].default if is_comment else None
        if default not in {None, msgspec.NODEFAULT}:
            assert msgspec.to_builtins(default) == (tuple(value) if isinstance(value, list) else value), key


@pytest.mark.parametrize("name", ["agent.toml", "collector.toml"])
def test_a_sentence_stands_above_each_setting_when_it_first_appears(name: str) -> None:
    lines = (CONFIG / name).read_text().splitlines()
    seen: set[tuple[str, str]] = set()
    section = ""
    for above, line in pairwise(lines):
        if header := HEADER.match(line):
            section = header[1] + (header[2] or "")
        elif found := re.match(r"(?:# )?([a-z_0-9]+) = ", line):
            assert (section, found[1]) in seen or re.fullmatch(r"## [A-Z].*\.", above), line
            seen.add((section, found[1]))


def test_the_people_of_the_sample_can_be_used_when_they_are_uncommented() -> None:
    text = (CONFIG / "collector.toml").read_text()
    people = "\n".join(
        line.removeprefix("# ") for line in text[text.index("# [notify]") :].splitlines() if line[:2] != "##"
    )
    second = '\n[[notify.people]]\nname = "bolat"\nchannels = ["env:B"]\n'
    found = wire.config_file.parse(people + second, CollectorFile, "sample").notify
    assert found is not None
    assert found.steps[0].exceptions[0].person == "bolat"


def test_the_samples_can_be_used_as_they_are() -> None:
    plant = edge_agent.settings.load(CONFIG / "agent.toml")
    assert [device.name for device in plant.devices] == ["heat", "fuel", "inputs"]
    assert isinstance(collector.settings.load(CONFIG / "collector.toml").store, SqliteStore)
