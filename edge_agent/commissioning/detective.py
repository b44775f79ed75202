"""The byte-order detective: how must these registers be read so that a measurement comes out? Pure.

    samples (the same registers, a few times) ─▶ every type × order × place × scale ─▶ scored, the best first

A reading scores by whether all its samples are in the range of the quantity, by how little of the type's own
span that range is (fitting by chance is then unlikely), by how little it moves from sample to sample for how
much of it could have moved, and by how simple it is. What fits equally well stands with the same score; the
proposal says so. Nothing is believed that does not fit in every sample.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from edge_agent.commissioning.plausible import Range, fits, range_of, surprise_bits
from edge_agent.decode import Decoder
from edge_agent.samples import Answer, Block, Instant, RawScan
from sensor_profiles.model import Channel, Encoding, Field, Order, Space
from wire.messages import Value
from wire.quantities import Quantity

WORDS: Final = {
    Encoding.I16: 1,
    Encoding.U16: 1,
    Encoding.I32: 2,
    Encoding.U32: 2,
    Encoding.F32: 2,
    Encoding.F64: 4,
    Encoding.BCD: 2,
}
"""The types tried, and how many registers each takes."""
ORDERS: Final = {1: (Order.BIG, Order.LITTLE)}
SCALES: Final = (1.0, 0.1, 0.01, 0.001)
_SCALED: Final = frozenset({Encoding.I16, Encoding.U16, Encoding.I32, Encoding.U32, Encoding.BCD})
_ORDER_BITS: Final = {Order.BIG: 0.0, Order.WORD_SWAP: -0.5, Order.LITTLE: -1.0, Order.BYTE_SWAP: -1.5}
"""How often each is met in the field."""
_SCALE_BITS: Final = {1.0: 0.0, 0.1: -0.5, 0.01: -1.0, 0.001: -2.0}
_TYPE_BITS: Final = {Encoding.I32: -2.0, Encoding.U32: -2.0, Encoding.F64: -3.0, Encoding.BCD: -2.0}
"""What measures is mostly f32 or 16 bits; a round f32 read as a scaled integer of 32 bits often fits, too."""
_MOST_RANGE_BITS: Final = 6.0
_SMOOTH_BITS: Final = 8.0
_STILL_BITS: Final = -4.0
"""It stands still while registers beside it move: perhaps only a part of the number."""
_STEADY: Final = 0.02
"""A step of this share of the value is smooth: the bytes below it may be noise."""
_ALL_ZERO_BITS: Final = -6.0
_WHOLE_BITS: Final = 3.0
"""It takes all registers that were asked for: their number was hardly chosen by chance."""
_TIE_BITS: Final = 1.5
_BCD_BYTES: Final = 4


class Reading(Struct, frozen=True, kw_only=True):
    """One way to read the registers, what it gives, and how well that fits (bits; below 0: it does not)."""

    encoding: Encoding
    order: Order
    register: int
    scale: float
    values: tuple[Value, ...]
    bits: float
    reason: str

    @property
    def name(self) -> str:
        """As people say it: f32 word_swap at 100."""
        times = "" if self.scale == 1 else f" × {self.scale:g}"
        return f"{self.encoding} {self.order} at {self.register}{times}"


class Proposal(Struct, frozen=True, kw_only=True):
    """All readings, the best first, and what is proposed; `best` is None where nothing fits."""

    readings: tuple[Reading, ...]
    best: Reading | None
    reason: str


def investigate(
    *,
    space: Space,
    start: int,
    samples: Sequence[bytes],
    quantity: Quantity | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Proposal:
    """Read registers in every way and propose one.

    Args:
        space: `holding` or `input`.
        start: the first register.
        samples: the registers' bytes as they came over the wire, all of one length, in order of time.
        quantity: what they should measure, if known; its usual range holds where none is stated.
        low: the lowest value that can be true, in the quantity's unit.
        high: the highest.
    """
    within = range_of(quantity or Quantity.COUNT, low, high)
    fields = list(_fields(space, start, len(samples[0]) // 2))
    found = [_judged(field, scale, within, samples, start) for field, scale in fields]
    readings = tuple(sorted(found, key=lambda r: (-r.bits, r.register, r.encoding, r.order)))
    return _proposed(readings)


def _fields(space: Space, start: int, count: int) -> Iterator[tuple[Field, float]]:
    for encoding, words in WORDS.items():
        for register in range(start, start + count - words + 1):
            for order in ORDERS.get(words, tuple(Order)):
                size = _BCD_BYTES if encoding is Encoding.BCD else None
                field = Field(space=space, address=register, encoding=encoding, order=order, size=size)
                for scale in SCALES if encoding in _SCALED else (1.0,):
                    yield field, scale


def _judged(field: Field, scale: float, within: Range, samples: Sequence[bytes], start: int) -> Reading:
    channel = Channel(
        name="value", quantity=Quantity.COUNT, field=field, scale=scale, low=within[0], high=within[1]
    )
    decoder = Decoder((channel,), ())
    block = Block(field.space, start, len(samples[0]) // 2)
    values = tuple(
        decoder.decode(RawScan("", Instant(0, 0), (Answer(block, sample),))).values[0] for sample in samples
    )
    bits, reason = _score(channel, values, within, moving=len(set(samples)) > 1)
    if bits > 0 and WORDS[field.encoding] == block.count:
        bits, reason = bits + _WHOLE_BITS, f"{reason}, takes all {block.count} registers"
    return Reading(
        encoding=field.encoding,
        order=field.order,
        register=field.address,
        scale=scale,
        values=values,
        bits=round(bits, 2),
        reason=reason,
    )


def _score(channel: Channel, values: Sequence[Value], within: Range, *, moving: bool) -> tuple[float, str]:
    numbers = [value for value in values if isinstance(value, float | int)]
    outside = [value for value in numbers if not fits(value, within)]
    if len(numbers) < len(values):
        return -20.0, "no number in every sample"
    if outside:
        return -10.0, f"{outside[0]:.6g} is outside {within[0]:g}…{within[1]:g}, or absurdly small"
    plain = _ORDER_BITS[channel.field.order] + _SCALE_BITS[channel.scale]
    plain += _TYPE_BITS.get(channel.field.encoding, 0.0)
    if not any(numbers):
        return _ALL_ZERO_BITS + plain, "always 0, which any way of reading gives"
    smooth = _smooth_bits(numbers, within, moving=moving)
    said = f"always in {within[0]:g}…{within[1]:g}"
    return min(_MOST_RANGE_BITS, surprise_bits(channel)) + smooth + plain, f"{said}, {_steps(numbers)}"


def _smooth_bits(numbers: Sequence[float], within: Range, *, moving: bool) -> float:
    """8 bits when no step is larger than 2 % of the value, fewer for larger ones; 0 for what is still."""
    steps = [abs(b - a) for a, b in pairwise(numbers)]
    if not any(steps):
        return _STILL_BITS if moving else 0.0
    usual = max(*map(abs, numbers), 1e-6 * (within[1] - within[0]))
    rough = max(steps) / usual
    return (
        _SMOOTH_BITS
        if rough <= _STEADY
        else max(-_SMOOTH_BITS, _SMOOTH_BITS - 2 * math.log2(rough / _STEADY))
    )


def _steps(numbers: Sequence[float]) -> str:
    if len(numbers) == 1:
        return "one sample only"
    largest = max(abs(b - a) for a, b in pairwise(numbers))
    return "steady" if largest == 0 else f"steps up to {largest:.4g}"


def _proposed(readings: tuple[Reading, ...]) -> Proposal:
    best = readings[0] if readings and readings[0].bits > 0 else None
    if best is None:
        return Proposal(
            readings=readings,
            best=None,
            reason="nothing fits: state the quantity or its range, or read more registers",
        )
    ties = [r.name for r in _rivals(readings, best)]
    reason = f"{best.name}: {best.reason}"
    if ties:
        reason += f"; {', '.join(ties[:3])} fit as well: compare with the instrument's display"
    return Proposal(readings=readings, best=best, reason=reason)


def _rivals(readings: Iterable[Reading], best: Reading) -> Iterator[Reading]:
    """Readings as good that say another value."""
    for reading in readings:
        if reading is not best and best.bits - reading.bits < _TIE_BITS and reading.values != best.values:
            yield reading
