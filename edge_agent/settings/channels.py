"""A device's channels: the profile's, with what the site says about them."""

import math
from collections.abc import Iterator

import msgspec

from edge_agent.settings import air, alarms, tanks
from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms
from edge_agent.settings.checks import Checks, checks
from edge_agent.settings.page import Page
from edge_agent.settings.tables import ChannelTable, DeviceTable
from sensor_profiles.model import Channel, Encoding, Profile
from wire.config_file import Path_, nearest
from wire.quantities import Quantity
from wire.titles import by_language, plain

_NUMBERS = ("low", "high", "scale", "offset")
_OF_CHANNEL = ("name", "quantity", "measured_in", *_NUMBERS)


def channels(page: Page, path: Path_, device: DeviceTable, profile: Profile) -> tuple[Channel, ...]:
    """The channels of a device in the order of its profile: all of them, or those its table lists.

    Raises:
        ConfigError: an unknown channel, two of one name, or a meaning that contradicts itself.
    """
    known = {channel.name: channel for channel in profile.channels}
    for name in device.channels:
        if name not in known:
            message = f"the profile {profile.name} has no such channel{nearest(name, known)}"
            raise page.error((*path, "channels", name), message)
    if not device.channels:
        return profile.channels
    return tuple(_overridden(page, path, device, profile))


def channel_alarms(
    page: Page, path: Path_, device: DeviceTable, known: tuple[Channel, ...], defaults: AlarmsTable
) -> tuple[ChannelAlarms | None, ...]:
    """What is watched on each of `known`, in their order; empty when no channel says anything.

    Raises:
        ConfigError: limits that contradict one another or the channel.
    """
    tables = {table.name or key: (key, table.alarms) for key, table in device.channels.items()}
    if all(watched is None for _, watched in tables.values()):
        return ()
    for channel in known:
        key, watched = tables[channel.name]
        if watched is not None:
            alarms.check(page, (*path, "channels", key, "alarms"), channel, watched, defaults)
    return tuple(tables[channel.name][1] for channel in known)


def channel_checks(
    page: Page, path: Path_, device: DeviceTable, known: tuple[Channel, ...]
) -> tuple[Checks, ...]:
    """How each of `known` is doubted, in their order.

    Raises:
        ConfigError: a number that is none, or a `stamp` that is no channel of the device.
    """
    tables = {table.name or key: (key, table.checks) for key, table in device.channels.items()}
    names = [channel.name for channel in known]
    found: list[Checks] = []
    for channel in known:
        key, table = tables.get(channel.name, (channel.name, None))
        here = (*path, "channels", key, "checks")
        found.append(checks(page, here, channel, table))
        stamp = found[-1].stamp
        if stamp is not None and stamp not in names:
            message = f"`{device.name}` has no channel `{stamp}` here{nearest(stamp, names)}"
            raise page.error((*here, "stamp"), message)
    return tuple(found)


def _overridden(page: Page, path: Path_, device: DeviceTable, profile: Profile) -> Iterator[Channel]:
    origins: dict[str, str] = {}
    for channel in profile.channels:
        table = device.channels.get(channel.name)
        if table is None:
            continue
        here = (*path, "channels", channel.name)
        known = _join(page, here, channel, table)
        if known.name in origins:
            raise page.error(
                (*here, "name"),
                f"`{known.name}` is the name of the channel {origins[known.name]} too; choose another",
            )
        origins[known.name] = channel.name
        yield known


def _join(page: Page, path: Path_, channel: Channel, table: ChannelTable) -> Channel:
    """One channel as the site means it."""
    for key in _NUMBERS:
        value = getattr(table, key)
        if value is not None and not math.isfinite(value):
            raise page.error((*path, key), f"{value} is no number to reckon with; write a finite one")
    if table.scale == 0:
        raise page.error((*path, "scale"), "0 would make every value the same; write another scale")
    given = {key: value for key in _OF_CHANNEL if (value := getattr(table, key)) is not None}
    joined = msgspec.structs.replace(channel, **(_limits(channel, table) | given | _titles(table)))
    joined = tanks.calibrated(page, path, air.shared(page, path, joined, table), table)
    if joined.low is not None and joined.high is not None and joined.low >= joined.high:
        key = "low" if table.low is not None else "high"
        raise page.error(
            (*path, key), f"low = {joined.low:g} is not below high = {joined.high:g}; correct one"
        )
    if (joined.quantity is Quantity.TEXT) != (joined.field.encoding is Encoding.STRING):
        raise page.error(
            (*path, "quantity"), "text is the quantity of strings only, and strings have no other"
        )
    return joined


def _titles(table: ChannelTable) -> dict[str, object]:
    """What the site calls a channel; nothing where it leaves that to the profile."""
    if table.title is None:
        return {}
    return {"title": plain(table.title), "titles": by_language(table.title)}


def _limits(channel: Channel, table: ChannelTable) -> dict[str, float | None]:
    """The profile's limits belong to raw values; with another scale they are other numbers."""
    scale = channel.scale if table.scale is None else table.scale
    offset = channel.offset if table.offset is None else table.offset
    if (scale, offset) == (channel.scale, channel.offset):
        return {}
    low, high = (
        None if limit is None else (limit - channel.offset) / channel.scale * scale + offset
        for limit in (channel.low, channel.high)
    )
    return {"low": high, "high": low} if scale * channel.scale < 0 else {"low": low, "high": high}
