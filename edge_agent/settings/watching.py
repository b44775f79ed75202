"""Which channels the detectors of a site watch, and which of them each of its relations names.

[detect]   [device.detect]   [[detect.expected]]   [device.channels.X] detect = false
    └────────────┴──────▶ Detection ◀──────┴──────────────┘
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edge_agent.settings.checks import USUAL, Points
from edge_agent.settings.detection import DetectSettings, DetectTable, ExpectedSettings, ProfileClass
from edge_agent.settings.page import Page
from edge_agent.settings.tables import AgentFile, DeviceTable
from sensor_profiles.model import Channel
from wire.messages import OperatingMode
from wire.quantities import Quantity

UNWATCHED: Final = frozenset(
    {
        Quantity.TEXT,
        Quantity.STATE,
        Quantity.COUNT,
        Quantity.DURATION,
        Quantity.ENERGY,
        Quantity.HEAT,
        Quantity.VOLUME,
        Quantity.MASS,
        Quantity.LOOP_CURRENT,
        Quantity.WIND_DIRECTION,
        Quantity.PRECIPITATION,
    }
)
"""What only counts up, jumps by nature or turns past north; what a loop current means is unknown."""


CONCENTRATIONS: Final = frozenset(
    {
        Quantity.PM1,
        Quantity.PM2_5,
        Quantity.PM4,
        Quantity.PM10,
        Quantity.SO2,
        Quantity.NO2,
        Quantity.NO,
        Quantity.CO,
        Quantity.H2S,
        Quantity.O3,
        Quantity.NH3,
        Quantity.CH2O,
    }
)
"""What is sent out over how fast it is carried off: a gust as well as a fire multiplies them.

An ordinary night under a lid has the tenfold of a windy day, and its unrest is tenfold as well.
"""


class DeviceWatch(Struct, frozen=True):
    """The channels of a device that are watched together; `places` are their indices in its scans."""

    device: str
    period_ms: int
    places: tuple[int, ...]
    channels: tuple[str, ...]
    settings: DetectSettings


class Source(Struct, frozen=True):
    """A channel of a relation: where it stands, and how long its last value counts."""

    device: str
    place: int
    fresh_ms: int


class RelationWatch(Struct, frozen=True):
    """One relation between channels of a site; the first of `sources` is the target."""

    period_ms: int
    sources: tuple[Source, ...]
    settings: ExpectedSettings


class Detection(Struct, frozen=True, kw_only=True):
    """All that the detectors of a site watch."""

    mode: OperatingMode = OperatingMode.HEATING
    devices: tuple[DeviceWatch, ...] = ()
    relations: tuple[RelationWatch, ...] = ()


_FRESH_PERIODS: Final = 3
"""A driver that was not read for longer says nothing of the target."""


def detection(page: Page, file: AgentFile, devices: Sequence[tuple[tuple[Channel, ...], int]]) -> Detection:
    """What is watched at a site.

    Args:
        page: the file, for errors.
        file: what it says.
        devices: the channels of each of its devices and the period in milliseconds.

    Raises:
        ConfigError: a relation names a channel that is none, or twice the same one.
    """
    if not file.detect.enabled:
        return Detection(mode=file.detect.mode)
    usual = ProfileClass(file.site.site_class)
    joined = list(zip(file.devices, devices, strict=True))
    watches = (_device(table, channels, period, usual) for table, (channels, period) in joined)
    return Detection(
        mode=file.detect.mode,
        devices=tuple(watch for watch in watches if watch is not None),
        relations=tuple(
            _relations(
                page,
                file.detect,
                Points({table.name: channels for table, (channels, _) in joined}),
                {table.name: period for table, (_, period) in joined},
            )
        ),
    )


def _device(
    table: DeviceTable, channels: tuple[Channel, ...], period_ms: int, usual: ProfileClass
) -> DeviceWatch | None:
    """What is watched of a device; None: nothing."""
    refused = {t.name or key for key, t in table.channels.items() if t.detect is False}
    wanted = {t.name or key for key, t in table.channels.items() if t.detect}
    places = tuple(
        index
        for index, channel in enumerate(channels)
        if channel.name in wanted or (channel.quantity not in UNWATCHED and channel.name not in refused)
    )
    if not table.detect.enabled or not places:
        return None
    watched = [channels[index] for index in places]
    names = tuple(channel.name for channel in watched)
    settings = _by_shares(table.detect.detectors(usual), watched)
    return DeviceWatch(table.name, period_ms, places, names, settings)


def _by_shares(settings: DetectSettings, watched: Sequence[Channel]) -> DetectSettings:
    """Concentrations by shares of their value, unless the site says by which steps."""
    if settings.innovations is None or settings.innovations.steps:
        return settings
    steps = {channel.name: _step(channel) for channel in watched if channel.quantity in CONCENTRATIONS}
    return replace(settings, innovations=replace(settings.innovations, steps=steps))


def _step(channel: Channel) -> float:
    """An eighth of what is called a spike: the least step that is noticed in it."""
    return (USUAL[channel.quantity].spike or 1.0) / 8


def _relations(
    page: Page, table: DetectTable, points: Points, periods: dict[str, int]
) -> Iterator[RelationWatch]:
    for index, settings in enumerate(table.expected):
        path = ("detect", "expected", index)
        names = (settings.target, *settings.drivers)
        if len(set(names)) < len(names):
            raise page.error((*path, "drivers"), "name each channel once; the target does not drive itself")
        found = [points.find(page, (*path, "target"), settings.target)]
        found += [points.find(page, (*path, "drivers"), name) for name in settings.drivers]
        longest = max(periods[device] for device, _ in found)
        sources = (Source(device, place, _FRESH_PERIODS * periods[device]) for device, place in found)
        yield RelationWatch(longest, tuple(sources), settings)
