"""Service, clock, disk and outbox. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from edge_agent.doctor.facts import Disk, Facts
from edge_agent.doctor.finding import Finding, duration, graded, ok, warning, worst, wrong
from edge_agent.outbox.overview import Overview
from wire.messages import Clock
from wire.systemd.machine import ServiceState

MIB: Final = 1024 * 1024
LEAST_FREE: Final = 32 * MIB
"""Below this nothing on the machine writes reliably."""
FULL: Final = (0.5, 0.9)
"""Shares of the outbox's limit: a long outage; about to thin (a quarter at most is its log's)."""
WAITING_MS: Final = (600_000, 3_600_000)
"""How old the oldest batch may be: the collector answers in seconds."""
CLOCK_OFF_MS: Final = (5_000, 60_000)
"""Against the collector's; a receipt travels for a second at most."""
FRESH_MS: Final = 86_400_000
"""An older receipt says nothing of the clock now."""
_JOURNAL: Final = "Look into its log: journalctl -u ulba-agent."
_SYNCHRONISE: Final = "Have the time set by NTP: sudo apt-get install chrony, then look at chronyc tracking."


def service(facts: Facts) -> Iterator[Finding]:
    """The unit, where systemd runs."""
    if not facts.has_systemd:
        yield ok("service", "systemd does not run here; whoever starts the agent has to keep it alive.")
    elif facts.service is None:
        yield warning("service", f"systemd does not answer: {facts.service_error}.", "Run it with sudo.")
    else:
        yield from _unit(facts.service)


def _unit(found: ServiceState) -> Iterator[Finding]:
    if not found.unit:
        do = "Install it: sudo edge-agent service install."
        yield warning("service", "It is not installed as a service and will not start with the machine.", do)
        return
    if found.active != "active":
        what = f"{found.name} is {found.active} ({found.sub}, result {found.result})."
        yield wrong("service", what, f"{_JOURNAL[:-1]}; then sudo systemctl start {found.name}.")
    elif found.enabled != "enabled":
        do = f"Enable it: sudo systemctl enable {found.name}."
        yield warning("service", f"{found.name} is {found.enabled}: it does not start with the machine.", do)
    elif found.restarts not in {"", "0"}:
        why = "; the last time the watchdog ended it" if found.result == "watchdog" else ""
        what = f"{found.name} was started again {found.restarts} times since the machine started{why}."
        yield warning("service", what, _JOURNAL)
    else:
        yield ok("service", f"{found.name} is active since {found.since}.")


def clock(facts: Facts) -> Iterator[Finding]:
    """Whether it is set, and whether the collector's shows the same."""
    plant, record = facts.config.plant, facts.agent.record
    if plant is not None and plant.clock.source == "system":
        yield ok("clock", 'It is trusted as it is ([clock] source = "system").')
    elif facts.clock.synchronised:
        yield ok("clock", f"It is synchronised and shows {_when(facts.now_ms)}.")
    elif facts.agent.pid and record and record.status.clock is Clock.HOLDOVER:
        yield warning("clock", "It was synchronised and is no longer; it runs on by itself.", _SYNCHRONISE)
    else:
        what = f"It is not synchronised and shows {_when(facts.now_ms)}; readings wait for a clock."
        yield wrong("clock", what, _SYNCHRONISE)
    if (off := _offset_ms(facts)) is not None:
        direction = "behind" if off > 0 else "ahead of"
        what = f"It is {duration(abs(off))} {direction} the collector's, by its last receipt."
        yield graded(
            "clock", abs(off), CLOCK_OFF_MS, what, "Find out which of the two is right and set the other."
        )
    yield from _gone_back(facts)


def _offset_ms(facts: Facts) -> int | None:
    """The collector's clock minus ours; None when it has not said lately."""
    if facts.broker and facts.broker.collector_ms:
        return facts.broker.collector_ms - facts.broker.heard_ms
    record = facts.agent.record
    if record is None or not record.uplink.collector_ms:
        return None
    age_ms = facts.now_ms - record.uplink.receipt_ms
    return record.uplink.collector_ms - record.uplink.receipt_ms if age_ms < FRESH_MS else None


def _gone_back(facts: Facts) -> Iterator[Finding]:
    overview = facts.outbox.overview if facts.outbox else None
    ahead_ms = overview.newest_ms - facts.now_ms if overview else 0
    if ahead_ms > CLOCK_OFF_MS[1]:
        what = f"It has gone back: the newest reading in the outbox is {duration(ahead_ms)} ahead of it."
        yield wrong("clock", what, _SYNCHRONISE)


def disk(facts: Facts) -> Iterator[Finding]:
    """The file system of the outbox; one finding, the worst."""
    if facts.disk is None or facts.config.plant is None:
        return
    overview = facts.outbox.overview if facts.outbox else None
    used = overview.file_bytes + overview.log_bytes if overview else 0
    yield _disk(facts.disk, max(facts.config.plant.outbox.max_mb * MIB - used, 0), facts.agent.user)
    if facts.disk.set_aside:
        what = f"{facts.disk.set_aside} damaged outboxes lie in {facts.disk.folder}: disk or power fail."
        yield warning("disk", what, "Replace the card and see that the machine is not just switched off.")


def _disk(found: Disk, wanted: int, user: str) -> Finding:
    folder = found.folder
    if found.error:
        return wrong("disk", f"{folder}: {found.error}.", f"Create the folder and give it to {user}.")
    if found.read_only:
        do = "Mount it for writing; a card that turns read-only by itself is failing: replace it."
        return wrong("disk", f"{folder} is on a file system that cannot be written.", do)
    room = f"{folder} has {found.free / MIB:.0f} MB left"
    if found.free < LEAST_FREE or not found.inodes_left:
        why = "" if found.inodes_left else " and no room for another file"
        return wrong(
            "disk", f"{room}{why}: readings wait in memory.", "Make room: journalctl --vacuum-size=50M."
        )
    if not found.writable:
        do = f"Give it to the agent's user: sudo chown -R {user} {folder}."
        return wrong("disk", f"{folder} cannot be written by {user}.", do)
    if found.free < wanted:
        what = f"{room}, and the outbox may take {wanted / MIB:.0f} MB more."
        return warning("disk", what, "Make room or write a smaller [outbox] max_mb.")
    return ok("disk", f"{room}.")


def outbox(facts: Facts) -> Iterator[Finding]:
    """What waits, since when, how near its limit."""
    found, plant = facts.outbox, facts.config.plant
    if found is None or plant is None:
        return
    if found.overview is not None:
        yield from _waiting(found.overview, facts.now_ms, plant.outbox.max_mb * MIB)
    elif not found.exists:
        yield ok("outbox", f"There is no {found.path} yet; the agent makes it.")
    else:
        do = "Run it with sudo, or wait: a damaged one is set aside at the next start, and a new one begins."
        yield wrong("outbox", f"{found.error}.", do)


def _waiting(found: Overview, now_ms: int, limit: int) -> Iterator[Finding]:
    share = (found.file_bytes + found.log_bytes) / limit
    age_ms = now_ms - found.oldest_ms if found.batches else 0
    since = f", the oldest {duration(age_ms)} old" if found.batches else ""
    what = f"{found.batches} batches wait{since}; {share:.0%} of its limit is used."
    do = "They are sent when broker and collector answer again: see these."
    by_age, by_size = (
        graded("outbox", age_ms, WAITING_MS, what, do),
        graded("outbox", share if found.batches else 0.0, FULL, what, do),
    )
    yield worst(by_age, by_size)
    if found.held_readings:
        what = f"{found.held_readings} readings wait for a clock that is set."
        yield warning("outbox", what, "See the clock; they get their true times when it is set.")
    lost = sum(loss.readings for loss in found.untold_losses)
    if found.untold_losses:
        reasons = ", ".join(sorted({loss.reason.value for loss in found.untold_losses}))
        do = "The collector will be told; see the disk, and [outbox] max_mb."
        yield warning("outbox", f"{lost} readings were given up ({reasons}).", do)


def _when(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
