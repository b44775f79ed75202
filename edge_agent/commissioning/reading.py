"""What a device says now, read with its profile: raw bytes beside values and their quality. Pure.

Only what one poll shows is judged: faults of decoding, the device's own status, the valid range.
"""

from collections.abc import Sequence

from msgspec import Struct

from edge_agent.decode import Decoder
from edge_agent.decode._places import width
from edge_agent.samples import Answer, Block, Instant, RawScan
from sensor_profiles import layout
from sensor_profiles.model import BITS, Channel, Field, Profile
from wire.messages import Quality, Value

GOOD = "good"


class Shown(Struct, frozen=True, kw_only=True):
    """One channel."""

    name: str
    title: str
    raw: str
    """The bytes it stands in, as they came, hexadecimal; empty when there are none."""
    value: Value
    unit: str
    quality: str


def show(profile: Profile, taken: Instant, answers: Sequence[Answer]) -> tuple[Shown, ...]:
    """Every channel of a profile in the answers to one poll."""
    decoder = Decoder(profile.channels, profile.statuses)
    scan = decoder.decode(RawScan(profile.name, taken, tuple(answers)))
    return tuple(
        Shown(
            name=channel.name,
            title=channel.title,
            raw=raw(channel.field, answers),
            value=value,
            unit=channel.quantity.unit,
            quality=scan.faults.get(index) or _in_range(channel, value),
        )
        for index, (channel, value) in enumerate(zip(profile.channels, scan.values, strict=True))
    )


def _in_range(channel: Channel, value: Value) -> str:
    if not isinstance(value, float | int):
        return GOOD
    below = channel.low is not None and value < channel.low
    above = channel.high is not None and value > channel.high
    return Quality.BAD_OUT_OF_RANGE if below or above else GOOD


def raw(field: Field, answers: Sequence[Answer]) -> str:
    """The registers, bits or bytes of a field as they stood on the wire."""
    extent = layout.extent(field)
    for answer in answers:
        block = answer.block
        inside = block.start <= extent.start and extent.end <= block.start + block.count
        if answer.fault is None and block.space is extent.space and inside:
            return _cut(answer.data, extent.start - block.start, extent.count, block)
    return ""


def _cut(data: bytes, first: int, count: int, block: Block) -> str:
    if block.space in BITS:
        return str(data[first // 8] >> first % 8 & 1)
    wide = width(block.space)
    return data[first * wide : (first + count) * wide].hex(" ", wide).upper()
