"""Numbers as instruments write them that speak in text."""

from decimal import Decimal

_NOT_MEASURED = (-(2**31)).to_bytes(4, "big", signed=True)


def is_number(raw: bytes) -> bool:
    """Whether the four bytes of an image hold a number at all."""
    return raw != _NOT_MEASURED


def decimal(raw: bytes, places: int) -> str:
    """A signed integer of an image, high byte first, as a decimal number with so many places."""
    return f"{Decimal(int.from_bytes(raw, 'big', signed=True)).scaleb(-places):.{places}f}"
