"""Where a field's bytes stand, most significant first.

The image of a space counts in bytes: a register is two, a byte of a frame is one, and a bit is one too (0 or
1), so that everything after this module knows nothing but positions.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from edge_agent.decode._cut import Positions
from sensor_profiles.layout import ITEM_BYTES, size_of
from sensor_profiles.model import REGISTERS, Encoding, Field, Order, Space

_CODES: Final = {
    Encoding.U8: "B",
    Encoding.I8: "b",
    Encoding.U16: "H",
    Encoding.I16: "h",
    Encoding.U32: "I",
    Encoding.I32: "i",
    Encoding.U64: "Q",
    Encoding.I64: "q",
    Encoding.F32: "f",
    Encoding.F64: "d",
}
_SIGNED: Final = frozenset("bhiq")
_WORDS: Final = {1: "B", 2: "H"}
_WIDTHS: Final = {**dict.fromkeys(REGISTERS, 2), Space.ITEM: ITEM_BYTES}


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
    return _WIDTHS.get(space, 1)


def place(field: Field) -> Place:
    """Find a field's bytes; the profile loader has checked that it makes sense."""
    size = size_of(field)
    start = field.address * width(field.space) + field.byte
    return Place(field.space, start, _code(field, size), _ORDERS[field.order](tuple(range(size))))


def _code(field: Field, size: int) -> str:
    """Packed decimals, text and three bytes stay bytes; what has a mask counts as unsigned."""
    if field.encoding is Encoding.BIT:
        return _WORDS[size]
    code = _CODES.get(field.encoding, f"{size}s")
    return code.upper() if field.mask is not None and code in _SIGNED else code
