"""How a channel is doubted: what its quantity usually allows, and what the site says instead.

Quantities that a pump, a valve or a gust can change within a second (pressure, flow, current, wind, dust)
have no greatest rate; what has mass or volume behind it has one. A direction turns past north, a counter
and a state jump by nature: no spike is looked for there.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from edge_agent.settings.page import Page
from sensor_profiles.model import Channel, Encoding
from wire.config_file import Path_, nearest
from wire.quantities import Quantity

MINUTE_MS: Final = 60_000
Positive = Annotated[float, Meta(gt=0)]


class ChecksTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the site says of one channel; the rest is as its quantity usually is."""

    constant: bool = False
    """It is set, not measured (a set point): it may stand still and jump, and only its range is checked."""
    rate_per_min: Positive | None = None
    spike: Positive | None = None
    stuck_min: Annotated[float, Meta(gt=0, le=10080)] | None = None
    peers: tuple[str, ...] = ()
    stamp: str | None = None


class Checks(Struct, frozen=True, kw_only=True):
    """The limits of one channel, in its unit; None: that is not looked for."""

    rate_per_min: float | None = None
    """Faster is physically impossible."""
    spike: float | None = None
    """A smaller jump is never called a spike, however quiet the channel; noise is measured by it too."""
    stuck_ms: int | None = None
    """Exactly equal for so long while peers move."""
    peers: tuple[str, ...] = ()
    """`device.channel` of those that move when it does; empty: channels of its quantity at the site."""
    stamp: str | None = None
    """The channel of its device that changes with each measurement: a cyclic time stamp, a counter."""


NOTHING: Final = Checks()
_HOUR_MS: Final = 60 * MINUTE_MS
_COARSE_MS: Final = 24 * _HOUR_MS
_FINE: Final = frozenset({Encoding.F24, Encoding.F32, Encoding.F64})


def _usual(rate: float | None, spike: float | None, stuck_h: float | None) -> Checks:
    stuck_ms = None if stuck_h is None else round(stuck_h * _HOUR_MS)
    return Checks(rate_per_min=rate, spike=spike, stuck_ms=stuck_ms)


USUAL: Final[Mapping[Quantity, Checks]] = {
    # A cold pipe that hot water enters, or a flue at ignition: 70–90 K within a minute.
    Quantity.TEMPERATURE: _usual(120, 3, 1),
    Quantity.PRESSURE: _usual(None, 40, 1),
    Quantity.DRAUGHT: _usual(None, 15, 1),
    Quantity.VOLUME_FLOW: _usual(None, 1, 1),
    Quantity.MASS_FLOW: _usual(None, 1, 1),
    # A lorry empties in 10–20 minutes; a store that nobody draws from stands still for a day.
    Quantity.LEVEL: _usual(30, 3, 24),
    Quantity.HEAT_POWER: _usual(None, 300, 1),
    Quantity.VOLTAGE: _usual(None, 15, 1),
    Quantity.CURRENT: _usual(None, 10, 1),
    Quantity.LOOP_CURRENT: _usual(None, 0.5, 1),
    Quantity.POWER: _usual(None, 2000, 1),
    Quantity.REACTIVE_POWER: _usual(None, 2000, 1),
    Quantity.APPARENT_POWER: _usual(None, 2000, 1),
    Quantity.POWER_FACTOR: _usual(None, 0.2, 3),
    Quantity.FREQUENCY: _usual(None, 0.5, 3),
    Quantity.ROTATION: _usual(None, 100, 3),
    Quantity.PM1: _usual(None, 40, 3),
    Quantity.PM2_5: _usual(None, 40, 3),
    Quantity.PM4: _usual(None, 50, 3),
    Quantity.PM10: _usual(None, 60, 3),
    Quantity.PARTICLE_COUNT: _usual(None, 2000, 3),
    Quantity.SO2: _usual(None, 0.3, 6),
    Quantity.NO2: _usual(None, 0.15, 6),
    Quantity.NO: _usual(None, 0.2, 6),
    Quantity.CO: _usual(None, 3, 6),
    Quantity.H2S: _usual(None, 0.01, 6),
    Quantity.O3: _usual(None, 0.05, 6),
    Quantity.NH3: _usual(None, 0.1, 6),
    Quantity.CH2O: _usual(None, 0.02, 6),
    Quantity.CO2: _usual(None, 150, 6),
    Quantity.HUMIDITY: _usual(60, 10, 3),
    # The sharpest gust fronts change it by some hPa in minutes.
    Quantity.AIR_PRESSURE: _usual(10, 3, 3),
    Quantity.WIND_SPEED: _usual(None, 8, 3),
    Quantity.WIND_DIRECTION: _usual(None, None, 6),
}
"""Starting points of practice for one-minute rows; a site may tune each channel."""


def usual(channel: Channel) -> Checks:
    """The checks of a channel about which the site says nothing.

    An instrument that counts in steps as coarse as a noticeable move may show one number for hours.
    """
    found = USUAL.get(channel.quantity, NOTHING)
    is_coarse = channel.field.encoding not in _FINE and abs(channel.scale) >= (found.spike or 0) / 8
    if found.stuck_ms is None or not is_coarse:
        return found
    return msgspec.structs.replace(found, stuck_ms=max(found.stuck_ms, _COARSE_MS))


class Points:
    """The channels of a site by their names, `device.channel`."""

    def __init__(self, devices: Mapping[str, Sequence[Channel]]) -> None:
        self._devices = devices
        self._places = {
            f"{name}.{channel.name}": (name, index)
            for name, channels in devices.items()
            for index, channel in enumerate(channels)
        }

    def name_of(self, device: str, index: int) -> str:
        return f"{device}.{self._devices[device][index].name}"

    def unit_of(self, device: str, index: int) -> str:
        return self._devices[device][index].quantity.unit

    def quantity_of(self, device: str, index: int) -> Quantity:
        return self._devices[device][index].quantity

    def find(self, page: Page, path: Path_, name: str) -> tuple[str, int]:
        """The device and the index of a channel with numbers.

        Raises:
            ConfigError: there is no such channel, or it is text.
        """
        if name not in self._places:
            raise page.error(path, f"there is no channel `{name}`{nearest(name, self._places)}")
        device, index = self._places[name]
        if self._devices[device][index].quantity is Quantity.TEXT:
            raise page.error(path, f"`{name}` is text, which has no number; name another channel")
        return device, index


def checks(page: Page, path: Path_, channel: Channel, table: ChecksTable | None) -> Checks:
    """What is checked on a channel of which the site says this; `peers` and `stamp` are not looked up yet.

    Raises:
        ConfigError: a number that is none, or checks of a channel that cannot be checked.
    """
    if table is None:
        return usual(channel)
    if channel.quantity is Quantity.TEXT:
        raise page.error(path, f"`{channel.name}` is text, of which nothing is checked; remove this table")
    for key in ("rate_per_min", "spike"):
        value = getattr(table, key)
        if value is not None and not math.isfinite(value):
            raise page.error((*path, key), f"{value} is no number to reckon with; write a finite one")
    given = {key: value for key in ("rate_per_min", "spike") if (value := getattr(table, key)) is not None}
    if table.stuck_min is not None:
        given["stuck_ms"] = round(table.stuck_min * MINUTE_MS)
    if table.constant and (given or table.peers):
        key = "peers" if not given else next(iter(given)).replace("_ms", "_min")
        raise page.error((*path, key), "means nothing on a constant channel; remove it, or `constant`")
    base = NOTHING if table.constant else usual(channel)
    return msgspec.structs.replace(base, **given, peers=table.peers, stamp=table.stamp)
