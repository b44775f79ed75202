"""Every device of a plant asked a few times: what it calls itself, what it says, how long it takes.

Links one after the other, each open only for its own devices; one that fails does not spoil the others.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from edge_agent.commissioning import matching
from edge_agent.commissioning.access import access
from edge_agent.commissioning.configured import named
from edge_agent.commissioning.inspector import answer_of, ask_block, identify, read_block
from edge_agent.commissioning.line import Line, opened
from edge_agent.commissioning.outcomes import Heard, Outcome
from edge_agent.commissioning.plan import end_of
from edge_agent.commissioning.reader import now
from edge_agent.commissioning.reading import serial_number, show
from edge_agent.commissioning.surveyed import Surveyed, SurveyedLink
from edge_agent.drivers import DriverError
from edge_agent.drivers._ports import OpenError
from edge_agent.samples import Block
from edge_agent.settings import Link, Plant
from sensor_profiles.layout import extent

_MODBUS = "modbus"
_PATIENCE_S = 1.0


class Order(Struct, frozen=True, kw_only=True):
    """How a survey is made."""

    polls: int
    every_s: float
    take_over: bool
    tell: Callable[[str], None]
    """Called with a sentence before each link."""


async def survey(plant: Plant, file: str, order: Order) -> tuple[SurveyedLink, ...]:
    """Ask every device of a plant.

    Raises:
        AccessError: a line is somebody else's.
        SecretError: the password of a device is not there.
    """
    return tuple([await _link(plant, link, file, order) for link in plant.links])


async def _link(plant: Plant, link: Link, file: str, order: Order) -> SurveyedLink:
    heres = [named(plant, device.name, file) for device in plant.devices if device.link == link.name]
    devices = tuple(
        Surveyed(here=here, blocks=matching.all_blocks(here.profile, holes=True)) for here in heres
    )
    where, setting = end_of(link)
    if not devices:
        return SurveyedLink(link=link, devices=())
    order.tell(f"{link.name}: {len(devices)} devices, {order.polls} polls of each")
    try:
        async with (
            access(Path(link.port) if link.port else None, take_over=order.take_over),
            opened(where, setting, _PATIENCE_S) as line,
        ):
            await _ask_all(line, devices, order)
    except OpenError as error:
        return SurveyedLink(link=link, devices=devices, trouble=str(error))
    except DriverError as error:
        trouble = f"{where}: {error}; check the cable and report again"
        return SurveyedLink(link=link, devices=devices, trouble=trouble)
    return SurveyedLink(link=link, devices=devices)


async def _ask_all(line: Line, devices: tuple[Surveyed, ...], order: Order) -> None:
    for device in devices:
        if device.here.profile.protocol == _MODBUS:
            device.identity = await identify(line, device.here.device.unit)
            device.serial = await _serial(line, device)
    loop = asyncio.get_running_loop()
    slowest_s = max(device.here.profile.timing.min_period_ms for device in devices) / 1000
    for number in range(order.polls):
        started = loop.time()
        for device in devices:
            await _poll(line, device)
        if number + 1 < order.polls:
            await asyncio.sleep(max(0.0, started + max(order.every_s, slowest_s) - loop.time()))


async def _serial(line: Line, device: Surveyed) -> str:
    """Its own number, where the profile knows where it stands and the instrument lets it be read."""
    profile = device.here.profile
    if (field := profile.serial_number) is None:
        return ""
    where = extent(field)
    block = Block(where.space, where.start, where.count)
    answer = await read_block(line, device.here.device.unit, profile, block)
    return serial_number(field, answer)


async def _poll(line: Line, device: Surveyed) -> None:
    """One poll; where a hole is refused, without holes from now on, as the agent does."""
    taken = now()
    outcomes = await _blocks(line, device)
    whole = matching.all_blocks(device.here.profile, holes=False)
    if any(one.heard is Heard.REFUSED for one in outcomes) and whole != device.blocks:
        device.blocks = whole
        outcomes = await _blocks(line, device)
    device.heard += outcomes
    answers = [answer_of(block, one) for block, one in zip(device.blocks, outcomes, strict=True)]
    device.polls.append(show(device.here.profile, taken, answers, device.here.corrected))


async def _blocks(line: Line, device: Surveyed) -> list[Outcome]:
    unit, profile = device.here.device.unit, device.here.profile
    return [await ask_block(line, unit, profile, block) for block in device.blocks]
