"""Each device read once, on request: the one thing of doctor that takes lines."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from edge_agent.commissioning import reader
from edge_agent.commissioning.access import AccessError, access
from edge_agent.commissioning.line import Line, opened
from edge_agent.commissioning.plan import SERIAL_WAIT_S, TCP_WAIT_S, Endpoint, LineSetting
from edge_agent.doctor.facts import Probe
from edge_agent.drivers import DriverError
from edge_agent.drivers._ports import OpenError
from edge_agent.settings import Device, Link, Plant
from wire.broker import SecretError

_TRIES: Final = 2
"""One lost answer is no dead device."""


def probe(plant: Plant) -> Iterator[Probe]:
    """Borrow each line from a running agent and read every device on it."""
    for link in plant.links:
        devices = [device for device in plant.devices if device.link == link.name]
        yield from asyncio.run(_on_line(link, devices))


async def _on_line(link: Link, devices: Sequence[Device]) -> list[Probe]:
    done: list[Probe] = []
    try:
        async with (
            access(Path(link.port) if link.port else None, take_over=True),
            opened(_endpoint(link), _setting(link), SERIAL_WAIT_S if link.port else TCP_WAIT_S) as line,
        ):
            for device in devices:
                done.append(await _device(line, device))  # noqa: PERF401 - what was read before a loss stays
    except (AccessError, OpenError, DriverError, SecretError) as error:
        done += (Probe(device=device.name, error=str(error)) for device in devices[len(done) :])
    return done


async def _device(line: Line, device: Device) -> Probe:
    for _ in range(_TRIES):
        answers = await reader.poll(line, device.unit, device.profile)
        faults = [answer.fault for answer in answers if answer.fault is not None]
        if not faults:
            break
    answered = len(answers) - len(faults)
    fault = str(faults[0]) if faults else ""
    return Probe(device=device.name, blocks=len(answers), answered=answered, fault=fault)


def _endpoint(link: Link) -> Endpoint:
    return Endpoint(port=link.port, host=link.host, tcp_port=link.tcp_port, rtu_over_tcp=link.rtu_over_tcp)


def _setting(link: Link) -> LineSetting | None:
    return LineSetting(link.baud, link.parity, link.bytesize, link.stopbits) if link.port else None
