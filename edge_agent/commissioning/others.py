"""Instruments that speak no Modbus: those that stream are recognised by listening, the others are asked.

    for each line setting the protocols have:  listen ─▶ whose frames are in it?  ─▶  ask who was not heard

A checksum or a fixed frame must fit, so what is found is no guess. Without addresses it is asked once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from edge_agent.commissioning import plan
from edge_agent.commissioning.line import Line, opened
from edge_agent.commissioning.matching import all_blocks
from edge_agent.commissioning.outcomes import PRESENT, Heard
from edge_agent.commissioning.plan import Endpoint, LineSetting
from edge_agent.commissioning.scanner import Progress
from edge_agent.drivers import Ask, DriverError, Framing, Session, find
from edge_agent.drivers._exchange import steps_of
from edge_agent.samples import Block
from sensor_profiles.model import Profile, SerialDefaults

LISTEN_S: Final = 2.5
"""Streaming instruments send each second or two."""


class Kind(Struct, frozen=True, kw_only=True):
    """One protocol at one line setting, and how its instruments are asked."""

    protocol: str
    setting: LineSetting | None
    profiles: tuple[Profile, ...]
    units: tuple[int, ...]
    block: Block
    wait_s: float
    gap_s: float
    password: bytes
    """The factory's; an instrument with another one refuses to be read, and so is found."""


class Contact(Struct, frozen=True, kw_only=True):
    """An instrument that was heard."""

    protocol: str
    unit: int
    setting: LineSetting | None
    streams: bool
    profiles: tuple[str, ...]
    """The models that speak so; the protocol does not tell them apart."""


def kinds(profiles: Iterable[Profile], units: Sequence[int], *, serial: bool) -> tuple[Kind, ...]:
    """The protocols of these profiles, each at the line settings its instruments have.

    No units: those the instruments leave the factory with, where a protocol has addresses at all.
    """
    groups: dict[tuple[str, LineSetting | None, Block, str | None], list[Profile]] = {}
    for profile in profiles:
        block = all_blocks(profile, holes=True)[0]
        setting = _setting(profile) if serial else None
        groups.setdefault((profile.protocol, setting, block, profile.password), []).append(profile)
    return tuple(_kind(setting, block, here, units) for (_, setting, block, _), here in groups.items())


def _setting(profile: Profile) -> LineSetting:
    serial = profile.serial or SerialDefaults(baud=9600)
    return LineSetting(serial.baud, serial.parity, serial.bytesize, serial.stopbits)


def _kind(
    setting: LineSetting | None, block: Block, profiles: Sequence[Profile], units: Sequence[int]
) -> Kind:
    protocol = profiles[0].protocol
    factory = tuple(dict.fromkeys(profile.unit for profile in profiles))
    here = tuple(units) or factory if has_addresses(protocol, block) else factory[:1]
    return Kind(
        protocol=protocol,
        setting=setting,
        profiles=tuple(profiles),
        units=here,
        block=block,
        wait_s=max(profile.timing.timeout_ms for profile in profiles) / 1000,
        gap_s=max(profile.timing.gap_ms for profile in profiles) / 1000,
        password=bytes.fromhex(profiles[0].password or ""),
    )


def has_addresses(protocol: str, block: Block) -> bool:
    """Whether two addresses are asked by different bytes."""
    driver = find(protocol)
    return next(steps_of(driver, _ask(1, block))).send != next(steps_of(driver, _ask(2, block))).send


def _ask(unit: int, block: Block) -> Ask:
    return Ask(Framing.RTU, unit, block)


def estimate_s(wanted: Sequence[Kind]) -> float:
    """How long it takes when nobody is there."""
    settings = {kind.setting for kind in wanted}
    return LISTEN_S * len(settings) + sum(
        len(kind.units) * (kind.gap_s + plan.patience_s(kind.wait_s, kind.setting, kind.block.count))
        for kind in wanted
    )


async def find_all(
    endpoint: Endpoint, wanted: Sequence[Kind], tell: Callable[[Progress], None]
) -> tuple[Contact, ...]:
    """Listen and ask at every setting.

    Raises:
        OpenError, LinkDownError: the line cannot be opened, or is gone.
    """
    found: list[Contact] = []
    for setting in dict.fromkeys(kind.setting for kind in wanted):
        here = [kind for kind in wanted if kind.setting == setting]
        async with opened(endpoint, setting, 0.0) as line:
            heard = await line.listen(LISTEN_S)
            streaming = list(recognised(here, heard))
            found += streaming
            names = {contact.protocol for contact in streaming}
            asked = [await _asked(line, kind, tell) for kind in here if kind.protocol not in names]
            found += chosen([answer for answers in asked for answer in answers])
    return tuple(found)


def chosen(answers: Sequence[tuple[Contact, Heard]]) -> list[Contact]:
    """Without the models whose reads an instrument refuses that answers those of another one."""
    sure = {(c.protocol, c.unit) for c, heard in answers if heard is not Heard.REFUSED}
    return [c for c, heard in answers if heard is not Heard.REFUSED or (c.protocol, c.unit) not in sure]


def recognised(wanted: Iterable[Kind], heard: bytes) -> Iterator[Contact]:
    """Whose frames stand in what came unasked."""
    for kind in wanted:
        driver, unit = find(kind.protocol), kind.units[0]
        if isinstance(driver, Session):
            continue
        try:
            frame = driver.take(_ask(unit, kind.block), bytearray(heard))
        except DriverError:
            continue
        if frame is not None:
            yield _contact(kind, unit, streams=True)


async def _asked(line: Line, kind: Kind, tell: Callable[[Progress], None]) -> list[tuple[Contact, Heard]]:
    found: list[tuple[Contact, Heard]] = []
    for number, unit in enumerate(kind.units, 1):
        outcome = await line.ask(
            find(kind.protocol),
            unit,
            kind.block,
            answer_bytes=kind.block.count,
            gap_s=kind.gap_s,
            wait_s=kind.wait_s,
            password=kind.password,
        )
        present = outcome.heard in PRESENT
        tell(Progress(unit, number, present))
        if present:
            found.append((_contact(kind, unit, streams=False), outcome.heard))
    return found


def _contact(kind: Kind, unit: int, *, streams: bool) -> Contact:
    return Contact(
        protocol=kind.protocol,
        unit=unit,
        setting=kind.setting,
        streams=streams,
        profiles=tuple(profile.name for profile in kind.profiles),
    )
