"""What instruments write, from the meaning of the encodings: orders by letter, IEEE 754 by arithmetic."""

import math
from typing import Any

from edge_agent.decode import Decoder
from edge_agent.samples import Answer, Block, DecodedScan, Instant, RawScan
from sensor_profiles.model import BITS, REGISTERS, Channel, Encoding, Field, Order, Space, StatusField
from wire.quantities import Quantity

TAKEN = Instant(1_700_000_000_000, 5_000)

LETTERS = {
    (1, Order.BIG): "A",
    (2, Order.BIG): "AB",
    (2, Order.LITTLE): "BA",
    (3, Order.BIG): "ABC",
    (3, Order.LITTLE): "CBA",
    (4, Order.BIG): "ABCD",
    (4, Order.LITTLE): "DCBA",
    (4, Order.WORD_SWAP): "CDAB",
    (4, Order.BYTE_SWAP): "BADC",
    (6, Order.BIG): "ABCDEF",
    (6, Order.LITTLE): "FEDCBA",
    (6, Order.WORD_SWAP): "EFCDAB",
    (6, Order.BYTE_SWAP): "BADCFE",
    (8, Order.BIG): "ABCDEFGH",
    (8, Order.LITTLE): "HGFEDCBA",
    (8, Order.WORD_SWAP): "GHEFCDAB",
    (8, Order.BYTE_SWAP): "BADCFEHG",
}
INTEGERS = {
    Encoding.U8: (1, False),
    Encoding.I8: (1, True),
    Encoding.U16: (2, False),
    Encoding.I16: (2, True),
    Encoding.U24: (3, False),
    Encoding.I24: (3, True),
    Encoding.U32: (4, False),
    Encoding.I32: (4, True),
    Encoding.U64: (8, False),
    Encoding.I64: (8, True),
}


def cases(*encodings: Encoding, size: int) -> list[tuple[Encoding, Order]]:
    """Each of these encodings with every order its size knows."""
    return [(encoding, order) for encoding in encodings for bytes_, order in LETTERS if bytes_ == size]


def on_the_wire(big: bytes, order: Order) -> bytes:
    return bytes(big["ABCDEFGH".index(letter)] for letter in LETTERS[len(big), order])


def ieee(bits: int, exponent_bits: int, fraction_bits: int) -> float:
    """The number that a bit pattern stands for (IEEE 754-2019, §3.4)."""
    fraction = bits & ((1 << fraction_bits) - 1)
    exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1)
    sign = -1.0 if bits >> (fraction_bits + exponent_bits) else 1.0
    bias = (1 << (exponent_bits - 1)) - 1
    if exponent == (1 << exponent_bits) - 1:
        return math.nan if fraction else sign * math.inf
    if exponent == 0:
        return sign * math.ldexp(fraction, 1 - bias - fraction_bits)
    return sign * math.ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits)


def field(encoding: Encoding, address: int = 0, space: Space = Space.HOLDING, **more: Any) -> Field:
    return Field(space=space, address=address, encoding=encoding, **more)


def channel(place: Field, name: str = "c", **more: Any) -> Channel:
    return Channel(name=name, quantity=more.pop("quantity", Quantity.TEMPERATURE), field=place, **more)


def answer(data: bytes, start: int = 0, space: Space = Space.HOLDING) -> Answer:
    """An answer of whole registers or bytes."""
    assert space not in BITS
    width = 2 if space in REGISTERS else 1
    assert len(data) % width == 0
    return Answer(Block(space, start, len(data) // width), data)


def scan(*answers: Answer) -> RawScan:
    return RawScan("boiler", TAKEN, answers)


def decode(channels: list[Channel], *answers: Answer, statuses: tuple[StatusField, ...] = ()) -> DecodedScan:
    return Decoder(tuple(channels), statuses).decode(scan(*answers))


def registers(*words: int) -> bytes:
    return b"".join(word.to_bytes(2, "big") for word in words)
