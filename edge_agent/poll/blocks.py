"""Which blocks to ask of a device: its fields, joined into as few requests as it allows.

    fields   0–1  2–3      6–7   40–41        (registers; max_hole = 2)
    blocks   [0 ········· 7]     [40 41]      one request with a hole (4–5), one without

A device that refuses a block with a hole is planned again without any (`without_holes`).
"""

from collections.abc import Iterable
from itertools import groupby

from msgspec import Struct

from edge_agent.samples import Block
from edge_agent.settings import Device
from sensor_profiles.model import BITS, REGISTERS, Encoding, Field, Space

MAX_BITS = 2000
"""Most bits in one read (Modbus application protocol V1.1b3, §6.1)."""

_BYTES = {
    Encoding.BIT: 1,
    Encoding.U8: 1,
    Encoding.I8: 1,
    Encoding.U16: 2,
    Encoding.I16: 2,
    Encoding.U24: 3,
    Encoding.I24: 3,
    Encoding.U32: 4,
    Encoding.I32: 4,
    Encoding.U64: 8,
    Encoding.I64: 8,
    Encoding.F32: 4,
    Encoding.F64: 8,
}


class Plan(Struct, frozen=True):
    """The requests of one poll, in order, and the pieces for whose sake they are made."""

    fields: tuple[Block, ...]
    blocks: tuple[Block, ...]


def plan(device: Device) -> Plan:
    """The fewest requests that bring every channel of the device and the statuses they depend on."""
    profile = device.profile
    if profile.frame_bytes is not None:
        frame = Block(Space.FRAME, 0, profile.frame_bytes)
        return Plan(fields=(frame,), blocks=(frame,))
    fields = tuple(sorted({_extent(field) for field in _fields(device)}, key=_place))
    return Plan(fields, _join(fields, profile.max_registers, profile.max_hole))


def without_holes(old: Plan, max_registers: int) -> Plan:
    """The same fields, nothing else."""
    return Plan(old.fields, _join(old.fields, max_registers, 0))


def has_hole(whole: Plan, block: Block) -> bool:
    """Whether the block reads anything that no field needs."""
    needed = {
        address
        for field in whole.fields
        if field.space is block.space
        for address in range(field.start, field.start + field.count)
    }
    return not needed.issuperset(range(block.start, block.start + block.count))


def _fields(device: Device) -> Iterable[Field]:
    wanted = {channel.status for channel in device.channels}
    yield from (channel.field for channel in device.channels)
    yield from (status.field for status in device.profile.statuses if status.name in wanted)


def _extent(field: Field) -> Block:
    """What must be read for one field: registers, bits or bytes."""
    if field.space in BITS:
        return Block(field.space, field.address, 1)
    size = field.byte + (field.size or _BYTES.get(field.encoding, 1))
    if field.encoding is Encoding.BIT and field.space in REGISTERS:
        size = 2
    return Block(field.space, field.address, (size + 1) // 2 if field.space in REGISTERS else size)


def _place(block: Block) -> tuple[str, int, int]:
    return block.space, block.start, block.count


def _join(fields: tuple[Block, ...], max_registers: int, max_hole: int) -> tuple[Block, ...]:
    joined: list[Block] = []
    for space, members in groupby(fields, key=lambda field: field.space):
        limit = MAX_BITS if space in BITS else max_registers
        joined.extend(_join_space(members, limit, max_hole))
    return tuple(joined)


def _join_space(fields: Iterable[Block], limit: int, max_hole: int) -> list[Block]:
    """Grow the last block while the hole is small enough and the whole not too long.

    A field longer than the limit stays whole: cut in two it could not be decoded.
    """
    blocks: list[Block] = []
    for field in fields:
        if blocks:
            last = blocks[-1]
            end = max(last.start + last.count, field.start + field.count)
            if field.start - (last.start + last.count) <= max_hole and end - last.start <= limit:
                blocks[-1] = Block(last.space, last.start, end - last.start)
                continue
        blocks.append(field)
    return blocks
