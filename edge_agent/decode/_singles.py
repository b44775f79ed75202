"""The shortest decimal that is the same f32: an instrument that says 21.7 is stored as 21.7.

A float64 that holds an f32 prints as 21.700000762939453: twice the bytes on the wire, and digits that nobody
measured. Formatting and parsing seven digits costs 300 ns a value and is not always enough.

From one f32 to the next it is one step. The coarse grid is the smallest power of ten above the step: at most
one of its points falls back to the f32, and if one does, no decimal has fewer digits. The grid ten times
finer always has such a point. So two candidates are enough, `round(x · ten) / ten`, each the float64 nearest
to its decimal.
"""

import math
import struct
from decimal import ROUND_DOWN, Context
from typing import Final

from edge_agent.decode._cut import Cut, Positions

_EXPONENTS: Final = range(127 - 14, 127 + 23)
"""Biased: 6·10⁻⁵ … 8·10⁶. There x · ten is exact in float64: 24 bits of x, at most 28 of 5**12."""
_SMALLEST_NORMAL: Final = 2.0**-126
_ONE: Final = struct.Struct(">f")
_DOWN: Final = [Context(prec=digits, rounding=ROUND_DOWN) for digits in range(1, 10)]


def _coarse(exponent: int) -> float:
    """Grid points from 0 to 1; 0 where digits are tried one by one (zero, tiny, huge, not finite)."""
    if exponent not in _EXPONENTS:
        return 0.0
    step = 2.0 ** (exponent - 127 - 23)
    return float(next(10**d for d in range(12, -1, -1) if step * 10**d < 1))


_TEN: Final = tuple(_coarse(sign_and_exponent & 0xFF) for sign_and_exponent in range(512))


class Singles:
    """All f32 of a device at once."""

    def __init__(self, pieces: list[Positions]) -> None:
        self._cut = Cut(pieces)
        self._floats = self._cut.format("f" * len(pieces))
        self._words = self._cut.format("I" * len(pieces))
        self._dense = struct.Struct(f">{len(pieces)}f")

    def read(self, image: bytes) -> list[float]:
        """The shortest decimals; NaN and infinities stay what they are, -0.0 becomes 0.0."""
        data = self._cut.arrange(image)
        singles: tuple[float, ...] = self._floats.unpack_from(data)
        tens = [_TEN[word >> 23] for word in self._words.unpack_from(data)]
        short = [round(x * t) / t if t else x for x, t in zip(singles, tens, strict=True)]
        back = self._dense.unpack(self._dense.pack(*short))
        if back != singles:
            short = [
                c if b == x or not t else round(x * t * 10) / (t * 10)
                for c, b, x, t in zip(short, back, singles, tens, strict=True)
            ]
        return [c if t else _by_digits(c) for c, t in zip(short, tens, strict=True)] if 0.0 in tens else short


def shortest(value: float) -> float:
    """The shortest decimal that is the same f32 as `value`; infinite beyond 3.4·10³⁸."""
    try:
        return _by_digits(_ONE.unpack(_ONE.pack(value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def shortest_cut(raw: bytes) -> float:
    """The shortest decimal whose f32 begins with these three bytes: 21.7 is cut to 41 AD 99, or 21.699707."""
    least: float = _ONE.unpack(raw + b"\0")[0]
    most: float = _ONE.unpack(raw + b"\xff")[0]
    if not least or not math.isfinite(least):
        return least + 0.0
    tried = (context.create_decimal(most) for context in _DOWN)
    return next((float(short) for short in tried if abs(short) >= abs(least)), least + 0.0)


def _by_digits(x: float) -> float:
    if not x or not math.isfinite(x):
        return x + 0.0
    # Six digits always survive a normal f32 (FLT_DIG); nine always bring it back (FLT_DECIMAL_DIG).
    fewest = 6 if abs(x) >= _SMALLEST_NORMAL else 1
    tried = (float(f"{x:.{digits}g}") for digits in range(fewest, 9))
    return next((short for short in tried if _same(short, x)), float(f"{x:.9g}"))


def _same(short: float, x: float) -> bool:
    try:
        return bool(_ONE.unpack(_ONE.pack(short))[0] == x)
    except OverflowError:  # the largest f32, rounded up
        return False
