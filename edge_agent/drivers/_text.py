"""Instruments that write their numbers as text: lines out of a stream, numbers out of a line.

All of them deliver numbers in one way: an `i32`, high byte first, that counts the last decimal place the
instrument writes ("22.2" with one decimal is 222), and `NOTHING` where it gave no number. So a profile scales
it like any other integer, and what was written is what is read, digit by digit.
"""

import re
import struct
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

NOTHING: Final = b"\x80\x00\x00\x00"
"""No number was given: −2147483648 as a sentinel of a profile."""
_NUMBER: Final = re.compile(rb"[+-]?\d{1,9}(\.\d{1,9})?")
_MOST: Final = 2**31 - 1
_END: Final = b"\r\n"


def take_line(
    received: bytearray, meaning: Callable[[bytes], bytes | None], end: bytes = _END
) -> bytes | None:
    """What the first line that means anything means; it is taken out with all before it, other lines stay.

    Args:
        received: all that has come in.
        meaning: of a line without its end; None for one that cannot be understood.
        end: what lines end with.
    """
    start = 0
    while (at := received.find(end, start)) >= 0:
        if (found := meaning(bytes(received[start:at]))) is not None:
            del received[: at + len(end)]
            return found
        start = at + len(end)
    return None


def number(text: bytes, decimals: int) -> bytes | None:
    """A decimal number as it is delivered, rounded to so many decimals; None when it is none or too large."""
    if not _NUMBER.fullmatch(text):
        return None
    counted = int(Decimal(text.decode()).scaleb(decimals).to_integral_value(ROUND_HALF_EVEN))
    return struct.pack(">i", counted) if abs(counted) <= _MOST else None
