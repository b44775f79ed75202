"""The same story told differently: another seed, another season, another severity."""

from datetime import datetime
from enum import StrEnum

import numpy as np
from msgspec import Struct

from firmware_sim.catalog import Severity
from firmware_sim.plant.weather import Weather


class Season(StrEnum):
    """When a story happens."""

    DEEP_WINTER = "deep_winter"
    MILD_WINTER = "mild_winter"
    AUTUMN = "autumn"


_WHEN = {
    Season.DEEP_WINTER: (1, 16, -25.0),
    Season.MILD_WINTER: (3, 5, -6.0),
    Season.AUTUMN: (10, 20, 2.0),
}
"""Month, day, and the day's mean outdoors (°C)."""


class Telling(Struct, frozen=True):
    """What is to be otherwise than in the file; None: nothing."""

    seed: int | None = None
    season: Season | None = None
    severity: Severity | None = None


AS_WRITTEN = Telling()


class Setting(Struct, frozen=True):
    """When a story begins, by which seed, in which weather."""

    seed: int
    start_s: float
    weather: Weather


def setting(start: datetime, seed: int, outdoor_c: float | None, told: Telling) -> Setting:
    """Where a telling leads a story that was written for another time.

    Args:
        start: when it was written for, with its zone.
        seed: its own.
        outdoor_c: the day's mean it wants outdoors as it begins.
        told: what is to be otherwise.
    """
    seed = seed if told.seed is None else told.seed
    if told.season is not None:
        month, day, outdoor_c = _WHEN[told.season]
        start = start.replace(month=month, day=day)
    return Setting(seed, start.timestamp(), _weather(seed, start.timestamp(), outdoor_c))


def _weather(seed: int, start_s: float, outdoor_c: float | None) -> Weather:
    weather = Weather(seed)
    if outdoor_c is None:
        return weather
    return Weather(seed, outdoor_c - float(weather.at(np.array([start_s])).daily_mean[0]))
