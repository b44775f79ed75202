"""What a device says now, read with its profile: raw bytes beside values and their quality. Pure.

Only what one poll shows is judged: faults of decoding, the device's own status, the valid range.
"""

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType

from edge_agent.decode import Decoder
from edge_agent.decode._places import width
from edge_agent.samples import Answer, Block, Instant, RawScan
from sensor_profiles import layout
from sensor_profiles.model import BITS, Channel, Encoding, Field, Profile, Space
from wire.messages import Quality, Value
from wire.quantities import Quantity

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
    corrected: Value | UnsetType = UNSET
    """With its calibration; absent: it has none, the value is what it is."""

    @property
    def final(self) -> Value:
        """What the agent makes of it."""
        return self.value if self.corrected is UNSET else self.corrected


def show(
    profile: Profile, taken: Instant, answers: Sequence[Answer], corrected: Sequence[Channel] = ()
) -> tuple[Shown, ...]:
    """Every channel of a profile in the answers to one poll.

    Args:
        profile: how the instrument is read.
        taken: when.
        answers: what it said.
        corrected: the same channels with their calibrations; empty: there are none.
    """
    raw_scan = RawScan(profile.name, taken, tuple(answers))
    scan = Decoder(profile.channels, profile.statuses).decode(raw_scan)
    final = Decoder(tuple(corrected), profile.statuses).decode(raw_scan).values if corrected else scan.values
    return tuple(
        Shown(
            name=channel.name,
            title=channel.title,
            raw=raw(channel.field, answers),
            value=scan.values[index],
            unit=unit_of(channel),
            quality=scan.faults.get(index) or _in_range(channel, final[index]),
            corrected=final[index] if corrected and corrected[index] != channel else UNSET,
        )
        for index, channel in enumerate(profile.channels)
    )


def serial_number(field: Field, answer: Answer) -> str:
    """An instrument's own number as people write it; empty when it did not come."""
    text = field.encoding is Encoding.STRING
    channel = Channel(name="serial", quantity=Quantity.TEXT if text else Quantity.COUNT, field=field)
    (value,) = Decoder((channel,), ()).decode(RawScan("", Instant(0, 0), (answer,))).values
    return "" if value is None else f"{value:.0f}" if isinstance(value, float) else value


def unit_of(channel: Channel) -> str:
    """What a value stands in as the instrument says it: a gas may be counted in ppm."""
    return channel.measured_in or channel.quantity.unit


def _in_range(channel: Channel, value: Value) -> str:
    if not isinstance(value, float | int):
        return GOOD
    below = channel.low is not None and value < channel.low
    above = channel.high is not None and value > channel.high
    return Quality.BAD_OUT_OF_RANGE if below or above else GOOD


def raw(field: Field, answers: Sequence[Answer]) -> str:
    """The registers, bits or bytes of a field as they stood on the wire."""
    if field.space is Space.ITEM:
        return _of_item(field, answers)
    extent = layout.extent(field)
    for answer in answers:
        block = answer.block
        inside = block.start <= extent.start and extent.end <= block.start + block.count
        if answer.fault is None and block.space is extent.space and inside:
            return _cut(answer.data, extent.start - block.start, extent.count, block)
    return ""


def _of_item(field: Field, answers: Sequence[Answer]) -> str:
    end = field.byte + layout.size_of(field)
    items = (a for a in answers if a.block.space is Space.ITEM and a.block.start == field.address)
    return next((a.data[field.byte : end].hex(" ").upper() for a in items if a.fault is None), "")


def _cut(data: bytes, first: int, count: int, block: Block) -> str:
    if block.space in BITS:
        return str(data[first // 8] >> first % 8 & 1)
    wide = width(block.space)
    return data[first * wide : (first + count) * wide].hex(" ", wide).upper()
