"""Facts to findings, without any machine."""

import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge_agent import settings
from edge_agent.doctor.facts import Agent, Broker, Clock, Config, Disk, Facts, Outbox, Port, Probe, Trouble
from edge_agent.doctor.finding import Finding, Verdict, duration
from edge_agent.doctor.judging import findings, is_well
from edge_agent.doctor.machine import may
from edge_agent.health.record import Record, Uplink
from edge_agent.outbox.overview import Overview
from wire.messages import Clock as ClockState
from wire.messages import Learning, LinkStatus, Loss, LossReason, OperatingMode, Presence, Status
from wire.systemd.machine import ServiceState

NOW = 1_800_000_000_000
MIN = 60_000
PLANT = settings.load(Path(__file__).parents[2] / "config" / "agent.toml")
STATUS = Status(state=Presence.ONLINE, epoch="0" * 16, t_ms=NOW - 5_000)
UPLINK = Uplink(connected=True, receipt_ms=NOW - 20_000, collector_ms=NOW - 20_100)
RECORD = Record(pid=7, status=STATUS, uplink=UPLINK)
EMPTY = Overview(
    path="o", epoch="0" * 16, next_seq=1, batches=0, readings=0, oldest_seq=0, oldest_ms=0, newest_seq=0,
    newest_ms=0, held_readings=0, untold_losses=(), file_bytes=0, log_bytes=0,
)  # fmt: skip
PORT = Port(link="rs485", path="/dev/serial/by-id/a", exists=True, held_by_agent=True, holder="us")
UNIT = ServiceState(name="ulba-agent", unit="u", enabled="enabled", active="active", restarts="0", since="x")
DISK = Disk(folder="/d", free=1 << 34)
BROKER = Broker(host="b", port=8883, user="u", expires_ms=NOW + 90 * 86_400_000)
WELL = Facts(
    now_ms=NOW,
    config=Config(file="a.toml", plant=PLANT),
    agent=Agent(user="root", pid=7, record=RECORD),
    clock=Clock(synchronised=True),
    service=UNIT,
    has_systemd=True,
    disk=DISK,
    outbox=Outbox(path="o", overview=EMPTY),
    broker=BROKER,
    ports=(PORT,),
)


def status(**more: Any) -> Agent:
    return replace(WELL.agent, record=replace(RECORD, status=replace(STATUS, **more)))


def uplink(**more: Any) -> Agent:
    return replace(WELL.agent, record=replace(RECORD, uplink=replace(UPLINK, **more)))


def overview(**more: Any) -> Outbox:
    return Outbox(path="o", overview=replace(EMPTY, **more))


def line(**more: Any) -> Agent:
    return status(links=(LinkStatus(name="rs485", up=True, requests=1000, **more),))


def test_a_gateway_that_is_well() -> None:
    found = findings(WELL)
    assert is_well(found)
    assert {finding.verdict for finding in found} == {Verdict.OK}, found


CASES: list[tuple[str, dict[str, Any], Verdict, str]] = [
    ("service", {"service": replace(UNIT, unit="")}, Verdict.WARNING, "not installed"),
    ("service", {"service": replace(UNIT, active="failed", result="oom")}, Verdict.WRONG, "failed"),
    ("service", {"service": replace(UNIT, enabled="disabled")}, Verdict.WARNING, "disabled"),
    ("service", {"service": replace(UNIT, restarts="3", result="watchdog")}, Verdict.WARNING, "watchdog"),
    ("service", {"service": None, "service_error": "why"}, Verdict.WARNING, "does not answer: why"),
    ("agent", {"agent": Agent(user="u")}, Verdict.WRONG, "does not run"),
    ("agent", {"agent": replace(WELL.agent, record=None)}, Verdict.WARNING, "not left word"),
    ("agent", {"agent": status(t_ms=NOW - 10 * MIN)}, Verdict.WRONG, "no word for 10 min"),
    ("clock", {"clock": Clock(synchronised=False)}, Verdict.WRONG, "not synchronised"),
    (
        "clock",
        {"clock": Clock(synchronised=False), "agent": status(clock=ClockState.HOLDOVER)},
        Verdict.WARNING,
        "no longer",
    ),
    ("clock", {"agent": uplink(collector_ms=NOW + 70_000)}, Verdict.WRONG, "90 s behind the collector's"),
    ("clock", {"agent": uplink(collector_ms=NOW - 30_000)}, Verdict.WARNING, "10 s ahead of the collector's"),
    ("clock", {"outbox": overview(newest_ms=NOW + 10 * MIN)}, Verdict.WRONG, "gone back"),
    ("disk", {"disk": replace(DISK, error="no such file")}, Verdict.WRONG, "no such file"),
    ("disk", {"disk": replace(DISK, free=100 << 20)}, Verdict.WARNING, "may take 512 MB more"),
    ("disk", {"disk": replace(DISK, inodes_left=False)}, Verdict.WRONG, "no room for another file"),
    ("disk", {"disk": replace(DISK, writable=False)}, Verdict.WRONG, "cannot be written by root"),
    ("disk", {"disk": replace(DISK, set_aside=2)}, Verdict.WARNING, "2 damaged outboxes"),
    ("outbox", {"outbox": overview(batches=9, oldest_ms=NOW - 20 * MIN)}, Verdict.WARNING, "20 min old"),
    ("outbox", {"outbox": overview(batches=9, oldest_ms=NOW - 90 * MIN)}, Verdict.WRONG, "9 batches wait"),
    (
        "outbox",
        {"outbox": overview(batches=9, oldest_ms=NOW, file_bytes=500 << 20)},
        Verdict.WRONG,
        "98% of its limit",
    ),
    ("outbox", {"outbox": overview(held_readings=5)}, Verdict.WARNING, "5 readings wait for a clock"),
    (
        "outbox",
        {"outbox": overview(untold_losses=(Loss(reason=LossReason.THINNED, readings=4),))},
        Verdict.WARNING,
        "4 readings were given up (thinned)",
    ),
    ("collector", {"agent": uplink(connected=False, trouble="no route")}, Verdict.WRONG, "no route"),
    (
        "collector",
        {"outbox": overview(batches=9, oldest_ms=NOW - 20 * MIN)},
        Verdict.WRONG,
        "has waited 20 min for its receipt",
    ),
    ("certificate", {"broker": replace(BROKER, expires_ms=NOW + 86_400_000)}, Verdict.WARNING, "24 h"),
    ("port rs485", {"ports": (replace(PORT, usable=False),)}, Verdict.WRONG, "may not be used by root"),
    ("port rs485", {"ports": (replace(PORT, is_device=False),)}, Verdict.WRONG, "no serial port"),
    ("port rs485", {"ports": (replace(PORT, held_by_agent=False),)}, Verdict.WRONG, "in use by us"),
    ("port rs485", {"ports": (replace(PORT, borrower="scan"),)}, Verdict.WARNING, "lent to scan"),
    ("port rs485", {"ports": (replace(PORT, is_stable=False),)}, Verdict.WARNING, "another adapter"),
    ("line rs485", {"agent": line(timeouts=30)}, Verdict.WARNING, "30 were not answered"),
    ("line rs485", {"agent": line(timeouts=600)}, Verdict.WRONG, "600 were not answered"),
    ("line rs485", {"agent": line(garbled=200)}, Verdict.WRONG, "200 were garbled"),
    ("line rs485", {"agent": line(load=0.99, late_polls=5)}, Verdict.WARNING, "5 polls were late"),
    ("line rs485", {"agent": status(links=(LinkStatus(name="rs485", up=False),))}, Verdict.WRONG, "down"),
    ("device heat", {"agent": status(silent_devices=("heat",))}, Verdict.WRONG, "brought nothing"),
    (
        "device heat",
        {"probes": (Probe(device="heat", blocks=3, answered=1, fault="bad.refused"),)},
        Verdict.WRONG,
        "refuses registers of its profile: 1 of 3",
    ),
    (
        "detection",
        {"agent": status(mode=OperatingMode.MAINTENANCE)},
        Verdict.WARNING,
        "mode is maintenance: nothing is judged",
    ),
    ("detection", {"agent": status(learning=(Learning("heat", 60, 4320),))}, Verdict.OK, "in 3 days"),
]


@pytest.mark.parametrize(("area", "changed", "verdict", "said"), CASES)
def test_what_is_said(area: str, changed: dict[str, Any], verdict: Verdict, said: str) -> None:
    found = [one for one in findings(replace(WELL, **changed)) if one.area == area]
    assert any(one.verdict is verdict and said in one.what for one in found), found
    assert is_well(tuple(found)) == (verdict is not Verdict.WRONG)


@pytest.mark.parametrize("trouble", [one for one in Trouble if one])
def test_every_end_of_the_way_to_the_broker_has_its_sentence(trouble: Trouble) -> None:
    broken = replace(WELL, broker=Broker(host="b", port=1, user="u", trouble=trouble, detail="why"))
    (found,) = [one for one in findings(broken) if one.area == "broker"]
    assert found.verdict is not Verdict.OK
    assert "{" not in found.what + found.do


def parts() -> st.SearchStrategy[dict[str, Any]]:
    """Some of the cases at once, and some parts missing."""
    changes = [changed for _, changed, _, _ in CASES]
    gone: list[dict[str, Any]] = [
        {"service": None},
        {"has_systemd": False},
        {"disk": None},
        {"outbox": None},
        {"outbox": Outbox(path="o", error="o: locked")},
        {"broker": None},
        {"ports": ()},
        {"config": Config(file="a.toml", error="a.toml:1: no")},
        {"agent": Agent(user="u", record=RECORD)},
    ]
    chosen = st.lists(st.sampled_from(changes + gone), max_size=6)
    return chosen.map(lambda many: {key: value for one in many for key, value in one.items()})


@given(parts())
def test_whatever_is_missing_every_finding_is_two_sentences_or_one(changed: dict[str, Any]) -> None:
    for found in findings(replace(WELL, **changed)):
        assert isinstance(found, Finding)
        assert found.what.endswith(".")
        assert bool(found.do) == (found.verdict is not Verdict.OK)


def test_durations_read_well() -> None:
    read = [duration(ms) for ms in (-5, 90_000, 150_000, 7_200_000, 200_000_000)]
    assert read == ["0 s", "90 s", "2 min", "2 h", "2 days"]


def test_permissions_of_a_port_are_those_of_the_agents_user(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.touch(mode=0o600)
    assert may("root", file.stat(), 6)
    other = next(user for user in pwd.getpwall() if user.pw_uid not in {0, os.geteuid()})
    assert not may(other.pw_name, file.stat(), 6)
    file.chmod(0o606)
    assert may(other.pw_name, file.stat(), 6)
