"""A profile as a page for people: the line, each channel with how its bytes are read, statuses, sources."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from sensor_profiles.model import Channel, Encoding, Field, Order, Profile, Space, StatusField

_PER_VALUE = 8
"""How wide a value's number stands before its meaning."""


def page(profile: Profile) -> list[str]:
    """The lines of the page."""
    timing = profile.timing
    return [
        profile.title,
        f"  profile    {profile.name}, grade {profile.grade}, protocol {profile.protocol}",
        f"  from new   unit {profile.unit}, {line_settings(profile)}",
        f"  timing     {timing.gap_ms} ms of silence before a request, answer within {timing.timeout_ms} ms",
        f"             new values every {timing.min_period_ms / 1000:g} s",
        "channels",
        *_channels(profile.channels),
        *_statuses(profile.statuses),
        "sources",
        *(f"  {source.title} – {source.where}" for source in profile.sources),
        *["to be asked at the site"] * bool(profile.conflicts),
        *(f"  {text}" for text in profile.conflicts),
    ]


def line_settings(profile: Profile) -> str:
    """How it is reached as it leaves the factory: `9600 8N1`, `TCP 502`, or both."""
    serial = profile.serial
    ways = [f"{serial.baud} {serial.bytesize}{serial.parity}{serial.stopbits}"] if serial else []
    ways += [f"TCP {profile.tcp_port}"] if profile.tcp_port else []
    return " or ".join(ways) or "line not known"


def _channels(channels: Sequence[Channel]) -> Iterable[str]:
    rows = [
        (
            channel.name,
            channel.quantity,
            f"{channel.measured_in} → {channel.quantity.unit}"
            if channel.measured_in
            else channel.quantity.unit,
            _limits(channel),
            _place(channel.field),
            _reading(channel),
        )
        for channel in channels
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row, channel in zip(rows, channels, strict=True):
        cells = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"  {cells}  {channel.title}".rstrip()


def _limits(channel: Channel) -> str:
    limits = (channel.low, channel.high)
    return "" if limits == (None, None) else "…".join("" if end is None else f"{end:g}" for end in limits)


def _place(field: Field) -> str:
    """Space and address, with the byte, bit or mask of it: `holding 0x0033 bit 4`."""
    parts = [f"{field.space} {field.address:#06x}"]
    if field.bit is not None:
        parts.append(f"bit {field.bit}")
    elif field.encoding is not Encoding.BIT or field.space is Space.FRAME:
        parts.append(f"byte {field.byte} {field.encoding}" if field.byte else field.encoding)
    if field.mask is not None:
        parts.append(f"& {field.mask:#x}")
    return " ".join(parts) + (f" {field.order}" if field.order is not Order.BIG else "")


def _reading(channel: Channel) -> str:
    """From the raw number to the value, and what says that there is none."""
    parts = [f"× {channel.scale:g}"] if channel.scale != 1 else []
    parts += [f"{channel.offset:+g}"] if channel.offset else []
    parts += [f"none: {', '.join(map(_raw, channel.sentinels))}"] if channel.sentinels else []
    parts += [f"if {channel.status}"] if channel.status else []
    return " ".join(parts)


def _raw(value: float) -> str:
    return f"{int(value):#x}" if value.is_integer() and value > _PER_VALUE else f"{value:g}"


def _statuses(statuses: Sequence[StatusField]) -> Iterable[str]:
    """Statuses that say the same of several channels are told together."""
    for (good, meanings), alike in groupby(statuses, lambda s: (s.good, tuple(s.meanings.items()))):
        first, *others = alike
        name, place = first.name, _place(first.field)
        if others:
            name, place = f"{name}…{others[-1].name}", f"{place} … {_place(others[-1].field)}"
        yield f"status {name}: {place}, good: {', '.join(map(str, good))}"
        yield from (f"  {value:>{_PER_VALUE}}  {meaning}" for value, meaning in meanings)
