"""A whole scan: every line setting in turn, every address on it, and a look at each device found.

After the first setting at which devices answer the rest is left out, unless everything is wanted: a line has
one setting.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from edge_agent.commissioning import others, plan
from edge_agent.commissioning.inspector import Inspection, inspect
from edge_agent.commissioning.line import Line, opened
from edge_agent.commissioning.matching import first_block
from edge_agent.commissioning.others import Contact, Kind
from edge_agent.commissioning.plan import Endpoint, Estimate, LineSetting
from edge_agent.commissioning.scanner import Progress, Sweep
from edge_agent.commissioning.verdicts import Tried, answers_all, line_notes
from edge_agent.drivers import LinkDownError
from sensor_profiles.model import REGISTERS, Profile


class Order(Struct, frozen=True, kw_only=True):
    """What to scan."""

    endpoint: Endpoint
    lines: tuple[LineSetting | None, ...]
    units: tuple[int, ...]
    wait_s: float
    profiles: tuple[Profile, ...]
    """The Modbus models that devices are compared with; none: they are only found."""
    everything: bool = False
    """Go on with the other settings although devices were found."""
    kinds: tuple[Kind, ...] = ()
    """Protocols other than Modbus to look for."""

    def estimate(self) -> Estimate:
        """How long it takes on a healthy line on which only the last setting brings devices."""
        others_s = others.estimate_s(self.kinds)
        if not self.lines:
            return Estimate(others_s, 0.0)
        blocks = {first_block(profile) for profile in self.profiles}
        sizes = [2 * block.count if block.space in REGISTERS else 1 for block in blocks]
        modbus = plan.estimate(len(self.units), self.lines, self.wait_s, sizes)
        return Estimate(modbus.empty_s + others_s, modbus.device_s)


class Found(Struct, frozen=True, kw_only=True):
    """One device."""

    unit: int
    setting: LineSetting | None
    inspection: Inspection | None
    """None: nobody wanted it looked at, or the line was lost before."""


class Report(Struct, frozen=True, kw_only=True):
    """What a scan brought; `broken` says why it ended early, empty when it did not."""

    found: tuple[Found, ...]
    notes: tuple[str, ...]
    asked: int
    contacts: tuple[Contact, ...] = ()
    """Instruments of other protocols."""
    broken: str = ""


async def run(order: Order, tell: Callable[[Progress], None]) -> Report:
    """Scan, Modbus first; what was found before the line was lost is in the report.

    Raises:
        OpenError: the line cannot be opened.
    """
    report = await _modbus(order, tell)
    if report.broken or not order.kinds:
        return report
    try:
        contacts = await others.find_all(order.endpoint, order.kinds, tell)
    except LinkDownError as error:
        return msgspec.structs.replace(report, broken=f"{order.endpoint}: lost ({error}); check the cable")
    also = {(kind.protocol, unit) for kind in order.kinds for unit in kind.units}
    return msgspec.structs.replace(report, contacts=contacts, asked=report.asked + len(also))


async def _modbus(order: Order, tell: Callable[[Progress], None]) -> Report:
    found: list[Found] = []
    notes: list[str] = []
    asked = 0
    for setting in order.lines:
        async with opened(order.endpoint, setting, order.wait_s) as line:
            sweep = Sweep(line, order.units, tell)
            broken = await _sweep(sweep, order, line, found)
        asked += len(sweep.tried)
        notes += (note for note in line_notes(sweep.tried, sweep.unasked) if note not in notes)
        if broken or (found and not order.everything):
            return Report(found=tuple(found), notes=tuple(notes), asked=asked, broken=broken)
    return Report(found=tuple(found), notes=tuple(notes), asked=asked)


async def _sweep(sweep: Sweep, order: Order, line: Line, found: list[Found]) -> str:
    """One setting; returns why it ended early."""
    try:
        await sweep.run()
        for tried in _devices(sweep.tried):
            await _look(line, tried, order, found)
    except LinkDownError as error:
        seen = {device.unit for device in found}
        found += (
            Found(unit=tried.unit, setting=line.setting, inspection=None)
            for tried in _devices(sweep.tried)
            if tried.unit not in seen
        )
        last = next(reversed(sweep.tried), None)
        where = "before the first address" if last is None else f"after unit {last}"
        return f"{order.endpoint}: lost {where} ({error}); check the cable and scan again"
    return ""


def _devices(tried: dict[int, Tried]) -> list[Tried]:
    """Who is there; of a device that answers every address, one."""
    there = sorted((one for one in tried.values() if one.present), key=lambda one: one.unit)
    return there[:1] if answers_all(tried) else there


async def _look(line: Line, tried: Tried, order: Order, found: list[Found]) -> None:
    inspection = await inspect(line, tried.unit, order.profiles) if order.profiles else None
    found.append(Found(unit=tried.unit, setting=line.setting, inspection=inspection))
