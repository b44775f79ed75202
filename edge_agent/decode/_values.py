"""What a raw number or text means: sentinel, scale and offset.

    value = raw · scale + offset

in decimals, exactly, rounded once to float64: people write scale and offset as decimals, so 3 · 0.1 is the
float64 nearest to 0.3 and prints as 0.3. Whole numbers go through one fraction of integers, which Python
divides with one rounding; an f32 or f64 is taken for the shortest decimal that reads as it. (Dividing by ten
would serve 0.1 but not 98.0665; rounding to the decimals of the scale needs to know how many an f32 has.)
"""

import math
import struct
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any, Final

from edge_agent.decode._singles import shortest, shortest_cut
from sensor_profiles.model import Channel, Encoding, Field
from wire.messages import Quality

Convert = Callable[[Any], float | str | Quality]
"""From what `struct` gave to the value, or the reason why there is none."""
Read = Callable[[Any], int | None]
"""From what `struct` gave to the raw integer; None when it is none."""

_DIGITS: Final = Context(prec=50)
"""Enough for 17 digits times 17 digits, and an offset."""
_BILLION: Final = 10**9
_EXACT: Final = 2**53 / _BILLION


def converter(channel: Channel) -> Convert | None:
    """How a channel's raw value becomes its value; None for an f32 that already is.

    An f32 must have been shortened before.

    Raises:
        ValueError: scale or offset is not finite, or the charset is unknown.
    """
    if not math.isfinite(channel.scale) or not math.isfinite(channel.offset):
        raise ValueError(f"channel {channel.name}: scale and offset must be finite")
    return _CONVERTERS.get(channel.field.encoding, _integer)(channel)


def reader(field: Field) -> Read | None:
    """How a field's raw integer is got; None when `struct` already gives it."""
    if field.encoding is Encoding.BCD:
        return _bcd
    if field.encoding in {Encoding.U24, Encoding.I24}:
        signed = field.encoding is Encoding.I24 and field.mask is None
        return _masked(field.mask, lambda raw: int.from_bytes(raw, "big", signed=signed))
    mask = 1 << (field.bit or 0) if field.encoding is Encoding.BIT else field.mask
    return None if mask is None else _masked(mask, int)


def _bcd(raw: bytes) -> int | None:
    digits = raw.hex()
    return int(digits) if digits.isdecimal() else None


def _masked(mask: int | None, whole: Callable[[Any], int]) -> Read:
    if mask is None:
        return whole
    shift = (mask & -mask).bit_length() - 1
    return lambda raw: (whole(raw) & mask) >> shift


def _integer(channel: Channel) -> Convert:
    scaled = _scaled_integer(channel)
    read = reader(channel.field)
    if read is None:
        return scaled

    def convert(raw: Any) -> float | str | Quality:
        number = read(raw)
        return Quality.BAD_NOT_FINITE if number is None else scaled(number)

    return convert


def _scaled_integer(channel: Channel) -> Convert:
    times, plus, below = _fraction(channel.scale, channel.offset)
    nothing = frozenset(channel.sentinels)

    def convert(raw: int) -> float | Quality:
        try:
            # A sentinel of 64 bits is written as float64: compared as such.
            if nothing and float(raw) in nothing:
                return Quality.BAD_SENTINEL
            return (raw * times + plus) / below + 0.0
        except OverflowError:  # beyond float64: some hundred digits of BCD, or an absurd scale
            return Quality.BAD_NOT_FINITE

    return convert


def _fraction(scale: float, offset: float) -> tuple[int, int, int]:
    """Times, plus, below: value = (raw · times + plus) / below, all integers."""
    (times, under), (plus, beneath) = (Decimal(repr(x)).as_integer_ratio() for x in (scale, offset))
    below = math.lcm(under, beneath)
    return times * (below // under), plus * (below // beneath), below


def _single(channel: Channel) -> Convert | None:
    if channel.scale == 1 and channel.offset == 0 and not channel.sentinels:
        return None
    return _real(channel, frozenset(shortest(sentinel) for sentinel in channel.sentinels))


def _cut_single(channel: Channel) -> Convert:
    convert = _real(channel, frozenset(map(_as_cut, channel.sentinels)))
    return lambda raw: convert(shortest_cut(raw))


def _as_cut(value: float) -> float:
    return shortest_cut(struct.pack(">f", shortest(value))[:3])


def _double(channel: Channel) -> Convert:
    return _real(channel, frozenset(channel.sentinels))


def _real(channel: Channel, nothing: frozenset[float]) -> Convert:
    scaled = _scaled_real(channel.scale, channel.offset)

    def convert(raw: float) -> float | Quality:
        if not math.isfinite(raw):
            return Quality.BAD_NOT_FINITE
        if raw in nothing:
            return Quality.BAD_SENTINEL
        try:
            value = scaled(raw) + 0.0
        except OverflowError:  # an absurd scale
            return Quality.BAD_NOT_FINITE
        return value if math.isfinite(value) else Quality.BAD_NOT_FINITE

    return convert


def _scaled_real(scale: float, offset: float) -> Callable[[float], float]:
    """In decimals; most numbers are whole billionths, and integers are four times as fast as Decimal."""
    if scale == 1 and offset == 0:
        return float
    times, plus, below = _fraction(scale, offset)
    plus, below = plus * _BILLION, below * _BILLION
    slow_times, slow_plus = Decimal(repr(scale)), Decimal(repr(offset))

    def scaled(raw: float) -> float:
        # Below 2**53 billionths a float64 is nearest to at most one of them: it is its shortest decimal.
        if abs(raw) < _EXACT and (billionths := round(raw * _BILLION)) / _BILLION == raw:
            return (billionths * times + plus) / below
        return float(_DIGITS.fma(Decimal(repr(raw)), slow_times, slow_plus))

    return scaled


def _text(channel: Channel) -> Convert:
    charset = channel.field.charset
    try:
        b"\0\0\0\0".decode(charset)  # of nothing any charset is known
    except LookupError:
        raise ValueError(f"channel {channel.name}: no charset {charset}") from None

    def convert(raw: bytes) -> str | Quality:
        try:
            return raw.partition(b"\0")[0].decode(charset).strip()
        except UnicodeError:
            return Quality.BAD_NOT_TEXT

    return convert


_CONVERTERS: Final[dict[Encoding, Callable[[Channel], Convert | None]]] = {
    Encoding.F24: _cut_single,
    Encoding.F32: _single,
    Encoding.F64: _double,
    Encoding.STRING: _text,
}
"""Every other encoding is a whole number."""
