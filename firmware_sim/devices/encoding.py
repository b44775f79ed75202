"""One field: an engineering value to the bytes an instrument sends, and what those bytes then say.

Written from the meaning of the encodings, apart from the agent's decoder, so that the two check one another.
A codec knows scale and offset: value = raw · scale + offset.
"""

import math
import struct
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Protocol

from sensor_profiles.model import REGISTERS, Encoding, Field, Order
from wire.messages import Value

_INTEGER_BYTES = {
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
}
_SIGNED = frozenset({Encoding.I8, Encoding.I16, Encoding.I24, Encoding.I32, Encoding.I64})
_REAL = {Encoding.F32: ">f", Encoding.F64: ">d"}
F32_MAX, _F32_NORMAL = 3.4028234663852886e38, 2.0**-126


class MisfitError(ValueError):
    """A value or field that cannot be written: text for a number, an encoding its space has not got."""


class Written(NamedTuple):
    """Bytes in the order of the wire, and the value a correct reader takes from them."""

    data: bytes
    value: Value


class Codec(Protocol):
    """How a field's values become bytes; `mask` marks which bits of those bytes are the field's."""

    size: int

    @property
    def mask(self) -> bytes | None:
        """None: all bits of its bytes are the field's."""

    def put(self, value: float | str) -> Written:
        """Write a value as exactly as the encoding can; out of range goes to the end of the range."""

    def raw(self, raw: float) -> Written:
        """Write a raw value (before scale and offset), for sentinels and statuses."""

    @property
    def broken(self) -> Written | None:
        """How the encoding itself says `no value`; None where it cannot."""


def arrange(data: bytes, order: Order) -> bytes:
    """Bring ABCD… into the order of the wire; doing it twice gives ABCD… again."""
    if order is Order.BIG:
        return data
    if order is Order.LITTLE:
        return data[::-1]
    words = [data[i : i + 2] for i in range(0, len(data), 2)]
    return b"".join(reversed(words) if order is Order.WORD_SWAP else (word[::-1] for word in words))


def shortest_f32(value: float) -> float:
    """The number of fewest digits that is the same f32 as `value`: 15.12193, not 15.121929168701172."""
    if not math.isfinite(value):
        return value
    packed = struct.pack(">f", value)
    # Six digits always survive a normal f32 (FLT_DIG); subnormal ones have fewer.
    for digits in range(6 if abs(value) >= _F32_NORMAL else 1, 9):
        short = float(f"{value:.{digits}g}")
        if struct.pack(">f", short) == packed:
            return short
    return float(f"{value:.9g}")


def codec(field: Field, scale: float = 1.0, offset: float = 0.0) -> Codec:
    """The codec of a field.

    Raises:
        MisfitError: the encoding needs a size it has not got, or cannot stand in its space.
    """
    if field.encoding is Encoding.F24:
        return CutReal(field, scale, offset)
    if field.encoding in _REAL:
        return Real(field, scale, offset)
    if field.encoding is Encoding.STRING:
        return Text(field)
    if field.encoding is Encoding.BCD:
        return Bcd(field, scale, offset)
    return Integer(field, scale, offset)


def _number(value: float | str) -> float:
    if isinstance(value, str):
        raise MisfitError(f"{value!r} is text; this field takes a number")
    return value


def _sized(field: Field) -> int:
    if field.size is None:
        raise MisfitError(f"{field.encoding} needs a size in bytes")
    return field.size


class Scale:
    """value = raw · scale + offset in exact decimals: no 22.300000000000004."""

    def __init__(self, scale: float, offset: float) -> None:
        self.scale, self.offset = scale, offset
        exact, shift = Fraction(repr(scale)), Fraction(repr(offset))
        self.below = math.lcm(exact.denominator, shift.denominator)
        self.times, self.plus = int(exact * self.below), int(shift * self.below)
        self._decimal, self.plain = (Decimal(repr(scale)), Decimal(repr(offset))), scale == 1 and offset == 0

    def of_integer(self, raw: int) -> float:
        return (raw * self.times + self.plus) / self.below

    def of_real(self, raw: float) -> float | None:
        if not math.isfinite(raw):
            return None
        if self.plain:
            return raw
        times, plus = self._decimal
        return float(Decimal(repr(raw)) * times + plus)

    def undo(self, value: float) -> float:
        return (value - self.offset) / self.scale

    def to_integer(self, value: float, low: int, high: int) -> int:
        raw = self.undo(value)
        if raw >= high or raw <= low:
            return high if raw >= high else low
        return min(max(round(raw), low), high)


class Integer:
    """Integers of 1…8 bytes, single bits, and some bits of an integer (`mask`)."""

    broken = None

    def __init__(self, field: Field, scale: float, offset: float) -> None:
        self.scale, self._order = Scale(scale, offset), field.order
        self.size = _INTEGER_BYTES.get(field.encoding) or _bit_container(field)
        bits = (1 << (field.bit or 0)) if field.encoding is Encoding.BIT else field.mask
        self._all = (1 << 8 * self.size) - 1
        self._bits = (bits or self._all) & self._all
        self._shift = (self._bits & -self._bits).bit_length() - 1
        self._signed = field.encoding in _SIGNED and bits is None
        span = self._bits >> self._shift
        self.low, self.high = (-(span // 2) - 1, span // 2) if self._signed else (0, span)
        self.mask = arrange(self._bits.to_bytes(self.size, "big"), self._order) if bits else None

    def put(self, value: float | str) -> Written:
        return self.raw(self.scale.to_integer(_number(value), self.low, self.high))

    def raw(self, raw: float) -> Written:
        """A raw value; one beyond the range keeps its low bits (65535 is 0xFFFF in an i16 too)."""
        big = ((int(raw) << self._shift) & self._bits).to_bytes(self.size, "big")
        return Written(arrange(big, self._order), self.scale.of_integer(int(raw)))

    def read(self, data: bytes) -> int:
        """The raw value of bytes as they stand on the wire, for words that several fields share."""
        raw = (int.from_bytes(arrange(data, self._order), "big") & self._bits) >> self._shift
        return raw - self._all - 1 if self._signed and raw > self.high else raw


def _bit_container(field: Field) -> int:
    """Bytes of the register or byte a bit stands in."""
    size = 2 if field.space in REGISTERS else 1
    if (field.bit or 0) >= 8 * size:
        raise MisfitError(f"bit {field.bit} of {8 * size} there are")
    return size


class Real:
    """IEEE 754, single and double; a broken sensor is NaN."""

    mask = None

    def __init__(self, field: Field, scale: float, offset: float) -> None:
        self._scale, self._order, self._format = Scale(scale, offset), field.order, _REAL[field.encoding]
        self.single, self.plain = field.encoding is Encoding.F32, self._scale.plain
        self.size = struct.calcsize(self._format)

    def put(self, value: float | str) -> Written:
        raw = self._scale.undo(_number(value))
        if self.single and math.isfinite(raw):
            raw = min(max(raw, -F32_MAX), F32_MAX)
        return self.raw(raw)

    def raw(self, raw: float) -> Written:
        big = struct.pack(self._format, raw)
        kept = shortest_f32(struct.unpack(">f", big)[0]) if self.single else raw
        return Written(arrange(big, self._order), self._scale.of_real(kept))

    @property
    def broken(self) -> Written | None:
        return self.raw(math.nan)


class CutReal:
    """An f32 whose last byte is not sent; a broken sensor is NaN."""

    mask, size = None, 3

    def __init__(self, field: Field, scale: float, offset: float) -> None:
        self._scale, self._order = Scale(scale, offset), field.order

    def put(self, value: float | str) -> Written:
        raw = self._scale.undo(_number(value))
        return self.raw(min(max(raw, -F32_MAX), F32_MAX) if math.isfinite(raw) else raw)

    def raw(self, raw: float) -> Written:
        big = struct.pack(">f", raw)[:3]
        return Written(arrange(big, self._order), self._scale.of_real(fewest_digits(big)))

    @property
    def broken(self) -> Written | None:
        return self.raw(math.nan)


def fewest_digits(big: bytes) -> float:
    """What is meant by three bytes of an f32: of all f32 that begin so, the decimal of fewest digits."""
    low: float = struct.unpack(">f", big + b"\x00")[0]
    high: float = struct.unpack(">f", big + b"\xff")[0]
    if low == 0 or not math.isfinite(low):
        return low + 0.0
    first, last = abs(Fraction(low)), abs(Fraction(high))
    place = math.floor(math.log10(last)) + 1
    while (steps := last // Fraction(10) ** place) * Fraction(10) ** place < first:
        place -= 1
    return math.copysign(float(steps * Fraction(10) ** place), low)


class Bcd:
    """Packed decimals, unsigned; a broken sensor is all F, which is no digit."""

    mask = None

    def __init__(self, field: Field, scale: float, offset: float) -> None:
        self._scale, self._order, self.size = Scale(scale, offset), field.order, _sized(field)

    def put(self, value: float | str) -> Written:
        return self.raw(self._scale.to_integer(_number(value), 0, 10 ** (2 * self.size) - 1))

    def read(self, data: bytes) -> int | None:
        """The raw value of bytes as they stand on the wire; None where they are no digits."""
        digits = arrange(data, self._order).hex()
        return int(digits) if digits.isdecimal() else None

    def raw(self, raw: float) -> Written:
        digits = bytes.fromhex(f"{int(raw) % 10 ** (2 * self.size):0{2 * self.size}d}")
        return Written(arrange(digits, self._order), self._scale.of_integer(int(raw)))

    @property
    def broken(self) -> Written | None:
        return Written(b"\xff" * self.size, None)


class Text:
    """Characters, cut to the field and filled up with NUL; a broken sensor is no text."""

    mask = None

    def __init__(self, field: Field) -> None:
        self._charset, self._order, self.size = field.charset, field.order, _sized(field)

    def put(self, value: float | str) -> Written:
        if not isinstance(value, str):
            raise MisfitError(f"{value!r} is a number; this field takes text")
        data = value.encode(self._charset, "replace")[: self.size]
        said = data.split(b"\0")[0].decode(self._charset, "ignore")
        return Written(arrange(data.ljust(self.size, b"\0"), self._order), said)

    def raw(self, raw: float) -> Written:
        raise MisfitError(f"text has no raw value {raw}")

    @property
    def broken(self) -> Written | None:
        return self.put("")
