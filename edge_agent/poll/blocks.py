"""Which blocks to ask of a device: its fields, joined into as few requests as it allows.

    fields   0–1  2–3      6–7   40–41        (registers; max_hole = 2)
    blocks   [0 ········· 7]     [40 41]      one request with a hole (4–5), one without

A device that refuses a block with a hole is planned again without any (`without_holes`).
"""

from collections.abc import Iterable

from msgspec import Struct

from edge_agent.samples import Block
from edge_agent.settings import Device
from sensor_profiles import layout
from sensor_profiles.model import Field, Space


class Plan(Struct, frozen=True):
    """The requests of one poll, in order, and the fields for whose sake they are made."""

    fields: tuple[Field, ...]
    blocks: tuple[Block, ...]


def plan(device: Device) -> Plan:
    """The fewest requests that bring every channel of the device and the statuses they depend on."""
    profile = device.profile
    fields = tuple(_fields(device))
    if profile.frame_bytes is not None:
        return Plan(fields, (Block(Space.FRAME, 0, profile.frame_bytes),))
    return Plan(fields, _blocks(fields, profile.max_registers, profile.max_hole))


def without_holes(old: Plan, max_registers: int) -> Plan:
    """The same fields, nothing else."""
    return Plan(old.fields, _blocks(old.fields, max_registers, 0))


def has_hole(whole: Plan, block: Block) -> bool:
    """Whether the block reads anything that no field needs."""
    extents = (layout.extent(field) for field in whole.fields if field.space is block.space)
    needed = {address for extent in extents for address in range(extent.start, extent.end)}
    return not needed.issuperset(range(block.start, block.start + block.count))


def _fields(device: Device) -> Iterable[Field]:
    wanted = {channel.status for channel in device.channels}
    yield from (channel.field for channel in device.channels)
    yield from (status.field for status in device.profile.statuses if status.name in wanted)


def _blocks(fields: tuple[Field, ...], max_registers: int, max_hole: int) -> tuple[Block, ...]:
    requests = layout.requests(fields, max_registers, max_hole)
    return tuple(Block(request.space, request.start, request.count) for request in requests)
