"""The air that gas instruments count shares of: fixed, or as channels of the site measure it.

An instrument that says ppm or ppb counts molecules; how many milligrams they are in a cubic metre depends on
temperature and pressure. In the cold the difference is more than 10 %.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from edge_agent.settings.checks import Points
from edge_agent.settings.page import Page
from edge_agent.settings.tables import AirTable, ChannelTable
from sensor_profiles.gases import MOLAR_MASS, mg_per_m3
from sensor_profiles.model import Channel
from wire.config_file import Path_
from wire.quantities import Quantity

TEMPERATURES: Final = (-90.0, 60.0)
"""°C. What the air of a site can have; beyond it a measured value is not used, and a fixed one refused."""
PRESSURES: Final = (50.0, 110.0)
"""kPa: from 5 500 m above the sea to the highest ever measured."""


class Measured(Struct, frozen=True):
    """A channel, by its index in its device; times `factor` it is in °C or kPa."""

    device: str
    index: int
    factor: float = 1.0


class Air(Struct, frozen=True):
    """Temperature, °C, and pressure, kPa: numbers, or the channels that measure them."""

    temperature: float | Measured = 20.0
    pressure: float | Measured = 101.325


class _Kind(Struct, frozen=True):
    """What a part of the air is measured in: its unit, what channels of a quantity are in it, its limits."""

    unit: str
    factors: Mapping[Quantity, float]
    limits: tuple[float, float]


_TEMPERATURE: Final = _Kind("°C", {Quantity.TEMPERATURE: 1.0}, TEMPERATURES)
_PRESSURE: Final = _Kind("kPa", {Quantity.PRESSURE: 1.0, Quantity.AIR_PRESSURE: 0.1}, PRESSURES)


def air(page: Page, table: AirTable, points: Points) -> Air:
    """The air of the site.

    Raises:
        ConfigError: no such channel, one of another quantity, or a number no air can have.
    """
    return Air(
        _part(page, ("air", "temperature"), table.temperature, points, _TEMPERATURE),
        _part(page, ("air", "pressure"), table.pressure, points, _PRESSURE),
    )


def _part(page: Page, path: Path_, given: float | str, points: Points, kind: _Kind) -> float | Measured:
    if isinstance(given, float):
        low, high = kind.limits
        if not low <= given <= high:
            raise page.error(path, f"{given:g} {kind.unit} is no air; write {low:g} to {high:g}")
        return given
    device, index = points.find(page, path, given)
    quantity = points.quantity_of(device, index)
    if quantity not in kind.factors:
        raise page.error(path, f"`{given}` is {quantity}; name a channel of {' or '.join(kind.factors)}")
    return Measured(device, index, kind.factors[quantity])


def shared(page: Page, path: Path_, channel: Channel, table: ChannelTable) -> Channel:
    """A channel whose instrument counts ppm or ppb, with limits in mg/m³.

    The profile's limits are shares too. They are taken for the densest air there is, so that no reading is
    refused for being taken in the cold.

    Raises:
        ConfigError: the quantity is no gas that is stored as mg/m³.
    """
    if channel.measured_in is None:
        return channel
    if channel.quantity not in MOLAR_MASS:
        key = "measured_in" if table.measured_in is not None else "quantity"
        raise page.error(
            (*path, key),
            f"{channel.measured_in} becomes mg/m³ for {', '.join(MOLAR_MASS)} only, "
            f"not for {channel.quantity}; correct the quantity or remove measured_in",
        )
    densest = mg_per_m3(channel.quantity, channel.measured_in, TEMPERATURES[0], PRESSURES[1])
    return _limited(channel, table, densest)


def counted(channel: Channel) -> Channel:
    """The inverse of `shared`: limits in what the instrument counts; other channels as they are."""
    if channel.measured_in is None:
        return channel
    densest = mg_per_m3(channel.quantity, channel.measured_in, TEMPERATURES[0], PRESSURES[1])
    low, high = (None if limit is None else limit / densest for limit in (channel.low, channel.high))
    return msgspec.structs.replace(channel, low=low, high=high)


def _limited(channel: Channel, table: ChannelTable, densest: float) -> Channel:
    low = table.low if table.low is not None or channel.low is None else min(channel.low, 0.0) * densest
    high = table.high if table.high is not None or channel.high is None else channel.high * densest
    return msgspec.structs.replace(channel, low=low, high=high)
