"""Where a field's bytes stand, most significant first.

The image of a space counts in bytes: a register is two, a byte of a frame is one, and a bit is one too (0 or
1), so that everything after this module knows nothing but positions.
"""

import struct
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from edge_agent.decode._cut import Positions
from sensor_profiles.model import BITS, REGISTERS, Encoding, Field, Order, Space

_CODES: Final = {
    Encoding.U8: "B",
    Encoding.I8: "b",
    Encoding.U16: "H",
    Encoding.I16: "h",
    Encoding.U24: "3s",
    Encoding.I24: "3s",
    Encoding.U32: "I",
    Encoding.I32: "i",
    Encoding.U64: "Q",
    Encoding.I64: "q",
    Encoding.F32: "f",
    Encoding.F64: "d",
}
_SIGNED: Final = frozenset("bhiq")
_WORDS: Final = {"B": 1, "H": 2, "I": 4, "Q": 8}


def _words(at: Positions) -> list[Positions]:
    return [at[i : i + 2] for i in range(0, len(at), 2)]


_ORDERS: Final[dict[Order, Callable[[Positions], Positions]]] = {
    Order.BIG: lambda at: at,
    Order.LITTLE: lambda at: at[::-1],
    Order.WORD_SWAP: lambda at: tuple(i for word in reversed(_words(at)) for i in word),
    Order.BYTE_SWAP: lambda at: tuple(i for word in _words(at) for i in word[::-1]),
}


class Place(Struct, frozen=True):
    """A field in the image of its space.

    `code` is what `struct` makes of its bytes once they are in the order A, B, C, …; `order` is where each of
    these stands, counted from `start`.
    """

    space: Space
    start: int
    code: str
    order: Positions

    @property
    def end(self) -> int:
        return self.start + len(self.order)


def width(space: Space) -> int:
    """How many bytes of the image one address of the space takes."""
    return 2 if space in REGISTERS else 1


def place(field: Field) -> Place:
    """Find a field's bytes.

    Raises:
        ValueError: a string or BCD without a size, or anything but a bit in a space of bits.
    """
    if field.space in BITS and field.encoding is not Encoding.BIT:
        raise ValueError(f"{field.encoding} cannot stand in {field.space}, which holds single bits")
    code, size = _shape(field)
    start = field.address * width(field.space) + field.byte
    return Place(field.space, start, code, _ORDERS[field.order](tuple(range(size))))


def _shape(field: Field) -> tuple[str, int]:
    """The struct code and the number of bytes; what has a mask counts as unsigned."""
    if field.encoding in {Encoding.BCD, Encoding.STRING}:
        if field.size is None:
            raise ValueError(f"{field.encoding} at {field.space} {field.address} has no size")
        return f"{field.size}s", field.size
    code = _container(field) if field.encoding is Encoding.BIT else _CODES[field.encoding]
    if field.mask is not None and code in _SIGNED:
        code = code.upper()
    return code, struct.calcsize(f">{code}")


def _container(field: Field) -> str:
    """What a bit is counted in: its register or byte; beyond that, the smallest word that has the bit."""
    if field.space in BITS:
        return "B"
    smallest = 2 if field.space in REGISTERS and field.byte == 0 else 1
    return next(code for code, size in _WORDS.items() if size >= smallest and (field.bit or 0) < 8 * size)
