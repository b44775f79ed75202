"""Can this number be a measurement, and how much does it say that it can? Pure.

Evidence is counted in bits: how unlikely it is that registers filled with anything else would fit as well. A
16-bit register that must be 0…7 says 13 bits; an f32 that must be 0…150 °C says 3; one that may be anything
says nothing, and so does a zero, because empty registers are zero.
"""

import math
import struct
from collections.abc import Mapping
from typing import Final

from sensor_profiles.layout import size_of
from sensor_profiles.model import Channel, Encoding
from wire.quantities import Quantity

Range = tuple[float, float]
USUAL: Final[Mapping[Quantity, Range]] = {
    Quantity.TEMPERATURE: (-60, 1300),
    Quantity.PRESSURE: (-100, 4000),
    Quantity.DRAUGHT: (-2000, 2000),
    Quantity.VOLUME_FLOW: (0, 10_000),
    Quantity.MASS_FLOW: (0, 10_000),
    Quantity.LEVEL: (-5, 105),
    Quantity.HEAT_POWER: (0, 200_000),
    Quantity.VOLTAGE: (0, 1000),
    Quantity.CURRENT: (0, 5000),
    Quantity.LOOP_CURRENT: (0, 24),
    Quantity.POWER: (-5e6, 5e6),
    Quantity.POWER_FACTOR: (-1, 1),
    Quantity.FREQUENCY: (0, 400),
    Quantity.PM1: (0, 1000),
    Quantity.PM2_5: (0, 1000),
    Quantity.PM4: (0, 1000),
    Quantity.PM10: (0, 2000),
    Quantity.CO2: (0, 10_000),
    Quantity.HUMIDITY: (0, 100),
    Quantity.AIR_PRESSURE: (800, 1100),
    Quantity.WIND_SPEED: (0, 70),
    Quantity.WIND_DIRECTION: (0, 360),
    Quantity.RATIO: (-5, 105),
}
"""What boiler houses and air posts can show at all; wide on purpose."""
_ANYTHING: Final[Range] = (-1e9, 1e9)
SMALLEST_SHARE: Final = 1e-8
"""Of the range: nearer to zero than this, a floating-point number is a misread integer, not a measurement."""
_SMALLEST: Final = 1e-4
"""At most this in any case: where nothing is known of a range, one is taken that is wide."""
_MOST_BITS: Final = 16.0
_SINGLE: Final = (">f", ">i", 32)
_FLOATS: Final = {Encoding.F24: _SINGLE, Encoding.F32: _SINGLE, Encoding.F64: (">d", ">q", 64)}


def range_of(quantity: Quantity, low: float | None, high: float | None) -> Range:
    """The range a value must be in: what is stated, else what is usual for the quantity."""
    usual = USUAL.get(quantity, _ANYTHING)
    return (usual[0] if low is None else low, usual[1] if high is None else high)


def fits(value: float, within: Range) -> bool:
    """Whether a value can be measured: in its range, and not absurdly small."""
    low, high = within
    tiny = _tiny(within)
    return low <= value <= high and (value == 0 or abs(value) >= tiny)


def _tiny(within: Range) -> float:
    return min(_SMALLEST, SMALLEST_SHARE * max(abs(within[0]), abs(within[1])))


def surprise_bits(channel: Channel) -> float:
    """How much it says that a channel's value fits its range: −log2 of the share of patterns that do."""
    within = range_of(channel.quantity, channel.low, channel.high)
    if channel.field.encoding in _FLOATS:
        share = _share_of_floats(channel.field.encoding, within)
    else:
        share = _share_of_integers(channel, within)
    return min(_MOST_BITS, -math.log2(share)) if share > 0 else _MOST_BITS


def _share_of_floats(encoding: Encoding, within: Range) -> float:
    """Floating-point numbers are spread by magnitude: count the patterns of both signs."""
    form, whole, bits = _FLOATS[encoding]
    low, high = within
    tiny = _tiny(within)

    def rank(value: float) -> int:
        return int(struct.unpack(whole, struct.pack(form, value))[0])

    below = rank(-low) - rank(tiny) if low < -tiny else 0
    above = rank(high) - rank(tiny) if high > tiny else 0
    return float(max(below + above, 1) / 2**bits)


def _share_of_integers(channel: Channel, within: Range) -> float:
    if channel.scale == 0:
        return 1.0
    span = abs((within[1] - within[0]) / channel.scale) + 1
    field = channel.field
    whole = 1 if field.encoding is Encoding.BIT else 8 * size_of(field)
    bits = field.mask.bit_count() if field.mask else whole
    return float(min(1.0, span / 2**bits))
