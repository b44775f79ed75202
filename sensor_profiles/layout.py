"""How much of a space a field takes, and which requests bring a set of fields. Pure arithmetic, no bytes."""

from collections.abc import Iterable

from msgspec import Struct

from sensor_profiles.model import BITS, REGISTERS, Encoding, Field, Space

SIZES = {
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
    Encoding.F24: 3,
    Encoding.F32: 4,
    Encoding.F64: 8,
}
"""Bytes of the encodings that have a size of their own."""
ITEM_BYTES = 256
"""Room an item has in the image of its space: a byte counts inside its item and never reaches the next."""
MAX_BITS = 2000
"""Most bits in one read (Modbus application protocol V1.1b3, §6.1)."""


class Extent(Struct, frozen=True, order=True):
    """`count` registers, bits or bytes of a space from `start`; of items, bytes of the item `start`."""

    space: Space
    start: int
    count: int

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.start + self.count


def size_of(field: Field) -> int:
    """How many bytes a field's value has; a bit is read with the register or byte it stands in."""
    if field.encoding is Encoding.BIT:
        return 2 if field.space in REGISTERS else 1
    return field.size or SIZES.get(field.encoding, 1)


def extent(field: Field) -> Extent:
    """What must be read for one field."""
    if field.space in BITS:
        return Extent(field.space, field.address, 1)
    size = field.byte + size_of(field)
    return Extent(field.space, field.address, (size + 1) // 2 if field.space in REGISTERS else size)


def requests(fields: Iterable[Field], max_registers: int, max_hole: int) -> tuple[Extent, ...]:
    """Join the fields of one device into as few requests as it allows.

    A field longer than the limit stays whole: cut in two it could not be decoded.

    Args:
        fields: all in spaces of Modbus, or items, of which each is a request of its own.
        max_registers: most registers in one read; bits have the limit of the protocol.
        max_hole: so many addresses that no field needs may be read between two fields.
    """
    joined: list[Extent] = []
    for here in sorted({extent(field) for field in fields}):
        limit = MAX_BITS if here.space in BITS else max_registers
        last = joined[-1] if joined else None
        if last is not None and here.space is last.space is Space.ITEM:
            if here.start == last.start:
                joined[-1] = here  # sorted: the longer one
            else:
                joined.append(here)
            continue
        if last is not None and last.space is here.space and here.start - last.end <= max_hole:
            whole = Extent(here.space, last.start, max(last.end, here.end) - last.start)
            if whole.count <= limit:
                joined[-1] = whole
                continue
        joined.append(here)
    return tuple(joined)
