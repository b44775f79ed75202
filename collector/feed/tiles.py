"""Sites as the API shows them, from what gateways say, what they measured last and their alarms; pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from collector.alarms.alarm import Alarm
from collector.alarms.lifecycle import URGENT
from collector.alarms.silence import Facts, silent
from collector.feed.models.sites import (
    ChannelValue,
    DeviceValues,
    GatewayState,
    Headline,
    Progress,
    Site,
)
from collector.feed.region import Region
from collector.feed.values import Newest
from wire.messages import ChannelAbout, DeviceAbout
from wire.texts.titles import channel_title

_HEADLINES: Final = 4
_TELLING: Final = (
    "t_supply",
    "p_supply",
    "t_return",
    "draught",
    "fuel_level",
    "so2",
    "pm2_5",
    "no2",
    "co",
    "h2s",
    "wind_speed",
)
"""Channels that say most of a site where its settings name none, the most telling first."""


def site(
    name: str, region: Region, newest: Newest, alarms: Sequence[Alarm], *, now_ms: int, language: str
) -> Site:
    """A site; `alarms` are those of it that a dispatcher's list shows."""
    known = region.at(name)
    listed = region.sites.get(name)
    times = [one.newest_ms for one in known if one.newest_ms is not None]
    return Site.model_validate(
        {
            "site": name,
            "title": region.title(name, language),
            "group": region.group(name),
            "class": next((one.about.site_class for one in known if one.about), ""),
            "lat": listed.lat if listed else None,
            "lon": listed.lon if listed else None,
            "gateways": [_gateway(one) for one in known],
            "newest_ms": max(times, default=None),
            "stale": any(True for _ in silent(known, now_ms)),
            "worst_priority": min((one.priority for one in alarms), default=None),
            "unacknowledged": sum(one.state in URGENT for one in alarms),
            "active": sum(one.active for one in alarms),
            "headline": _headline(name, region, newest, language),
        }
    )


def devices(name: str, region: Region, newest: Newest, language: str) -> list[DeviceValues]:
    """All devices of a site with their newest values."""
    return [
        DeviceValues(
            device=device.name,
            model=device.model,
            link=device.link,
            period_s=device.period_s,
            gateway=known.gateway.gateway,
            channels=[_channel(name, device, channel, newest, language) for channel in device.channels],
        )
        for known in region.at(name)
        if known.about
        for device in known.about.devices
    ]


def titled(point: str, region: Region, language: str) -> tuple[str, str]:
    """The title and unit of a point; its own name where nobody has told."""
    name, device_name, channel_name = point.split("/")
    for device, channel in _channels(name, region):
        if (device.name, channel.name) == (device_name, channel_name):
            return _title(channel, language), channel.unit
    return channel_name, ""


def _gateway(known: Facts) -> GatewayState:
    status = known.status
    return GatewayState(
        gateway=known.gateway.gateway,
        state=status.state.value if status else "unknown",
        newest_ms=known.newest_ms,
        mode=status.mode.value if status else None,
        learning=_progress([(one.seen, one.needed) for one in status.learning] if status else []),
    )


def _progress(learning: Sequence[tuple[int, int]]) -> Progress | None:
    if not learning:
        return None
    return Progress(seen=sum(seen for seen, _ in learning), needed=sum(needed for _, needed in learning))


def _headline(name: str, region: Region, newest: Newest, language: str) -> list[Headline]:
    channels = list(_channels(name, region))
    listed = region.sites.get(name)
    chosen = list(_chosen(channels, listed.headline if listed and listed.headline else _TELLING))
    return [_value(name, *one, newest, language) for one in (chosen or channels)[:_HEADLINES]]


def _chosen(
    channels: Iterable[tuple[DeviceAbout, ChannelAbout]], wanted: Iterable[str]
) -> Iterator[tuple[DeviceAbout, ChannelAbout]]:
    """For each name, `channel` or `device/channel`, the first that is called so."""
    first: dict[str, tuple[DeviceAbout, ChannelAbout]] = {}
    for device, channel in channels:
        first.setdefault(channel.name, (device, channel))
        first.setdefault(f"{device.name}/{channel.name}", (device, channel))
    yield from (first[one] for one in wanted if one in first)


def _channels(name: str, region: Region) -> Iterator[tuple[DeviceAbout, ChannelAbout]]:
    for known in region.at(name):
        for device in known.about.devices if known.about else ():
            yield from ((device, channel) for channel in device.channels)


def _title(channel: ChannelAbout, language: str) -> str:
    return channel_title(channel.title, channel.titles, language) or channel.name


def _value(site: str, device: DeviceAbout, channel: ChannelAbout, newest: Newest, language: str) -> Headline:
    reading = newest.get(f"{site}/{device.name}/{channel.name}")
    return Headline(
        channel=channel.name,
        title=_title(channel, language),
        value=reading.value if reading else None,
        unit=channel.unit,
        quality=reading.quality if reading else None,
        t_ms=reading.t_ms if reading else None,
    )


def _channel(
    site: str, device: DeviceAbout, channel: ChannelAbout, newest: Newest, language: str
) -> ChannelValue:
    return ChannelValue(
        **_value(site, device, channel, newest, language).model_dump(),
        quantity=channel.quantity,
        low=channel.low,
        high=channel.high,
        point=f"{site}/{device.name}/{channel.name}",
    )
