"""Ports, lines, devices, and what the detectors have learnt. Pure."""

from collections.abc import Iterator
from typing import Final

from edge_agent.doctor.facts import Facts, Port, Probe
from edge_agent.doctor.finding import Finding, duration, graded, ok, warning, worst, wrong
from wire.messages import LinkStatus, OperatingMode, Quality

TIMEOUTS: Final = (0.02, 0.5)
GARBLED: Final = (0.005, 0.1)
REFUSED: Final = (0.02, 0.5)
"""Shares of all requests since the start."""
FEW: Final = 20
"""Requests from which a share says something."""
BUSY: Final = 0.95
ROW_MS: Final = 60_000
"""Detectors learn a row a minute."""
_WIRING: Final = "power, A and B, termination and the address"
_FAULTS: Final = {
    Quality.BAD_NO_ANSWER: "does not answer",
    Quality.BAD_GARBLED: "answers with no valid frame",
    Quality.BAD_REFUSED: "refuses registers of its profile",
    Quality.BAD_LINK_DOWN: "cannot be reached",
}


def ports(facts: Facts) -> Iterator[Finding]:
    """Each serial port: there, ours to use, and used by nobody else."""
    for port in facts.ports:
        yield _port(port, facts)


def _port(port: Port, facts: Facts) -> Finding:
    area = f"port {port.link}"
    if not port.exists:
        there = f"Plug it in, or write another as its `port`: {', '.join(port.others)}."
        none = "Plug it in; no serial adapter is there at all."
        return wrong(area, f"{port.path} is not there.", there if port.others else none)
    held = "held by the agent" if port.held_by_agent else "free"
    found = next((finding for finding in _port_troubles(area, port, facts.agent.user)), None)
    return found or ok(area, f"{port.path} is there and {held}.")


def _port_troubles(area: str, port: Port, user: str) -> Iterator[Finding]:
    """What hinders most first."""
    if not port.is_device:
        yield wrong(
            area, f"{port.path} is no serial port.", "Write a name of /dev/serial/by-id/ as its `port`."
        )
    if not port.usable:
        do = (
            f"Add it to the group: sudo usermod -aG {port.group or 'dialout'} {user}; then restart the agent."
        )
        yield wrong(area, f"{port.path} may not be used by {user}.", do)
    if port.borrower:
        yield warning(area, f"{port.path} is lent to {port.borrower}.", "Wait until that has ended.")
    if port.holder and not port.held_by_agent:
        do = "Stop it: only one program may talk on a line."
        yield wrong(area, f"{port.path} is in use by {port.holder}.", do)
    if not port.is_stable:
        named, rule = f'Write `port = "{port.stable_name}"`.', "Give it a name that stays by a udev rule."
        what = f"{port.path} may be another adapter after the next start."
        yield warning(area, what, named if port.stable_name else rule)


def lines(facts: Facts) -> Iterator[Finding]:
    """Each link by the running agent's counters."""
    if facts.agent.pid and facts.agent.record:
        for link in facts.agent.record.status.links:
            yield _line(link)


def _line(link: LinkStatus) -> Finding:
    area, asked = f"line {link.name}", max(link.requests, 1)
    if not link.up:
        return wrong(
            area, "It is down.", "See its port or host, and the agent's log: journalctl -u ulba-agent."
        )
    what = (
        f"Of {link.requests} requests {link.timeouts} were not answered, {link.garbled} were garbled and "
        f"{link.refused} refused; {link.late_polls} polls were late."
    )
    if link.requests < FEW:
        return ok(area, what)
    judged = (
        graded(
            area,
            link.garbled / asked,
            GARBLED,
            what,
            "See termination, shielding, and whether another master talks.",
        ),
        graded(
            area, link.timeouts / asked, TIMEOUTS, what, f"See {_WIRING} of the devices that do not answer."
        ),
        graded(
            area, link.refused / asked, REFUSED, what, "See whether the profiles fit: edge-agent identify."
        ),
        graded(
            area, link.load, (BUSY, 2.0), what, "Poll less often, raise the baud rate or use a second line."
        ),
    )
    return worst(*judged)


def devices(facts: Facts) -> Iterator[Finding]:
    """Who answered doctor itself, else who is silent by the agent's word."""
    if facts.probes is not None:
        yield from map(_probe, facts.probes)
    elif facts.agent.pid and facts.agent.record:
        for name in facts.agent.record.status.silent_devices:
            what = "Its last poll brought nothing."
            yield wrong(f"device {name}", what, f"See {_WIRING}; edge-agent doctor --probe asks it now.")


def _probe(probe: Probe) -> Finding:
    area = f"device {probe.device}"
    if probe.error:
        return wrong(area, f"It was not asked: {probe.error}.", "See its port or host.")
    if probe.answered == probe.blocks:
        return ok(area, "It answers.")
    said = _FAULTS.get(Quality(probe.fault), "brings nothing")
    what = f"It {said}: {probe.answered} of {probe.blocks} reads brought something."
    fix = (
        "See whether its profile fits: edge-agent identify."
        if probe.fault == Quality.BAD_REFUSED
        else f"See {_WIRING}."
    )
    return wrong(area, what, fix)


def detection(facts: Facts) -> Iterator[Finding]:
    """Whether the detectors judge yet."""
    record = facts.agent.record
    if not facts.agent.pid or record is None:
        return
    status = record.status
    if status.mode in {OperatingMode.OFF, OperatingMode.MAINTENANCE}:
        until = (
            f", for another {duration(status.mode_until_ms - facts.now_ms)}" if status.mode_until_ms else ""
        )
        do = "Tell it when this is over: collector command mode SITE/GATEWAY heating."
        yield warning(
            "detection", f"The site's mode is {status.mode}{until}: nothing is judged or learnt.", do
        )
    for one in status.learning:
        left = duration((one.needed - one.seen) * ROW_MS)
        what = (
            f"{one.device}: {one.seen} of {one.needed} rows are learnt; it judges in {left} at the earliest."
        )
        yield ok("detection", what)
    if not status.learning and facts.config.plant is not None:
        watched = facts.config.plant.detection.devices or facts.config.plant.detection.relations
        nothing = "There is nothing for detectors to watch."
        yield ok("detection", "All detectors judge." if watched else nothing)
