"""Looks at everything there is, one part after the other; a part that is not there is a fact, too."""

import pwd
import time
from os import environ, geteuid
from pathlib import Path

import msgspec
from msgspec.structs import replace

from edge_agent import settings
from edge_agent.clock import kernel_synchronised
from edge_agent.doctor import broker, machine, ports, probing
from edge_agent.doctor.facts import Agent, Clock, Config, Facts
from edge_agent.drivers._holders import holding
from edge_agent.health import record
from edge_agent.outbox.database import OutboxError
from edge_agent.outbox.inspection import Inspection
from edge_agent.rollout.configurations import SUFFIX
from edge_agent.rollout.trial import Rollout
from edge_agent.settings import Plant
from wire.config_file import ConfigError
from wire.systemd.unit import Service


def gather(file: Path, service: Service, *, probe: bool) -> Facts:
    """Look, changing nothing; only `probe` takes lines, one after the other, for seconds each.

    Args:
        file: the agent's configuration.
        service: the unit it runs as, where it is one.
        probe: read each device once, borrowing its line from a running agent.
    """
    config = _config(file)
    facts = replace(_without(config, service), **machine.service(service))
    return facts if config.plant is None else _with(facts, config.plant, service, probe=probe)


def _without(config: Config, service: Service) -> Facts:
    return Facts(
        now_ms=time.time_ns() // 1_000_000,
        config=config,
        agent=_agent(config.plant, service),
        clock=Clock(synchronised=kernel_synchronised()),
    )


def _with(facts: Facts, plant: Plant, service: Service, *, probe: bool) -> Facts:
    agent = facts.agent
    box = Path(plant.outbox.path)
    return replace(
        facts,
        disk=machine.disk(box, agent.user),
        outbox=machine.outbox(box),
        ports=tuple(ports.look(link, agent) for link in plant.links if link.port is not None),
        broker=broker.look(plant, _oldest(box), service.name),
        probes=tuple(probing.probe(plant)) if probe else None,
    )


def _config(file: Path) -> Config:
    """The gateway's own file, or what the collector has sent over it."""
    try:
        own = settings.load(file)
    except ConfigError as error:
        return Config(file=str(file), error=str(error))
    sent = _sent(Path(f"{own.outbox.path}{SUFFIX}"))
    if sent is None or sent.in_use is None:
        return Config(file=str(file), plant=own)
    name = f"configuration {sent.in_use.version}"
    try:
        plant = settings.parse(sent.in_use.toml, file, name)
    except ConfigError:  # the agent goes on with the file, and so do we
        return Config(file=str(file), plant=own)
    return Config(file=str(file), plant=plant, version=sent.in_use.version)


def _sent(shelf: Path) -> Rollout | None:
    try:
        return msgspec.json.decode(shelf.read_bytes(), type=Rollout)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _agent(plant: Plant | None, service: Service) -> Agent:
    if plant is None:
        return Agent(user=_user(0, service))
    pid = holding(Path(f"{plant.outbox.path}.lock"))
    return Agent(user=_user(pid, service), pid=pid, record=record.read(record.file_of(plant.outbox.path)))


def _user(pid: int, service: Service) -> str:
    """Who runs the agent; where it does not run the service's user, or whoever asks."""
    try:
        if pid:
            return pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name
        return pwd.getpwnam(service.name).pw_name
    except (KeyError, OSError):
        return _whoever_asks()


def _whoever_asks() -> str:
    try:
        return pwd.getpwuid(geteuid()).pw_name
    except KeyError:
        return environ.get("USER", str(geteuid()))


def _oldest(outbox: Path) -> bytes | None:
    """The batch that the agent would send next; None where there is none, or it cannot be read."""
    try:
        with Inspection(outbox) as inspection:
            return inspection.oldest_payload()
    except (OutboxError, OSError):
        return None
