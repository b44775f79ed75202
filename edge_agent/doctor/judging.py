"""Facts ─▶ findings, in the order in which a person would look: this machine, the centre, the lines. Pure."""

from collections.abc import Iterator

from edge_agent.doctor import judging_centre, judging_lines, judging_machine
from edge_agent.doctor.facts import Agent, Config, Facts
from edge_agent.doctor.finding import Finding, Verdict, duration, ok, warning, wrong

STALE_MS = 180_000
"""A running agent leaves word each minute."""


def findings(facts: Facts) -> tuple[Finding, ...]:
    """All that can be said; without a usable configuration, what can be said without one."""
    return tuple(_all(facts))


def is_well(found: tuple[Finding, ...]) -> bool:
    """Whether nothing is wrong; warnings are not."""
    return all(finding.verdict is not Verdict.WRONG for finding in found)


def _all(facts: Facts) -> Iterator[Finding]:
    yield _configuration(facts.config)
    yield from judging_machine.service(facts)
    if facts.config.plant is not None:
        yield _agent(facts.agent, facts.now_ms, is_service=bool(facts.service and facts.service.unit))
    yield from judging_machine.clock(facts)
    yield from judging_machine.disk(facts)
    yield from judging_machine.outbox(facts)
    yield from judging_centre.broker(facts)
    yield from judging_centre.collector(facts)
    yield from judging_lines.ports(facts)
    yield from judging_lines.lines(facts)
    yield from judging_lines.devices(facts)
    yield from judging_lines.detection(facts)


def _configuration(config: Config) -> Finding:
    if config.plant is None:
        return wrong(
            "configuration", f"{config.error}.", f"Correct {config.file} and check it: edge-agent check."
        )
    whose = f"configuration {config.version} of the collector" if config.version else config.file
    plant = config.plant
    return ok("configuration", f"{whose} is good: {len(plant.links)} links, {len(plant.devices)} devices.")


def _agent(agent: Agent, now_ms: int, *, is_service: bool) -> Finding:
    if not agent.pid:
        last = f"; its last word is {duration(now_ms - agent.record.status.t_ms)} old" if agent.record else ""
        judged = wrong if is_service else warning
        return judged("agent", f"It does not run{last}.", "Start it: sudo systemctl start ulba-agent.")
    where = f"It runs as process {agent.pid}"
    if agent.record is None or agent.record.pid != agent.pid:
        return warning("agent", f"{where} and has not left word yet.", "Wait ten seconds and look again.")
    age_ms = now_ms - agent.record.status.t_ms
    if age_ms > STALE_MS:
        return wrong(
            "agent",
            f"{where} and has left no word for {duration(age_ms)}: it hangs, or cannot write its folder.",
            "Look into its log, journalctl -u ulba-agent; then sudo systemctl restart ulba-agent.",
        )
    return ok("agent", f"{where}; its last word is {duration(age_ms)} old.")
