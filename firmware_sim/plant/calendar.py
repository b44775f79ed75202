"""Days and hours as people at the site live them, and the smooth shapes that habits follow."""

import math

import numpy as np

from firmware_sim.plant.noise import Array

LOCAL_OFFSET_S = 5 * 3600.0
"""Kazakhstan, since 2024-03-01 one zone: UTC+5."""

DAY_S = 86_400.0
YEAR_S = 365.2425 * DAY_S
_COLDEST_S = 19 * DAY_S
"""The middle of January."""

_SATURDAY = 5.0


def hour(times: Array) -> Array:
    """Local time of day, 0…24 h."""
    return (times + LOCAL_OFFSET_S) % DAY_S / 3600


def weekday(times: Array) -> Array:
    """Local day of the week, 0 (Monday) … 6; 1970-01-01 was a Thursday."""
    return ((times + LOCAL_OFFSET_S) // DAY_S + 3) % 7


def is_weekend(times: Array) -> Array:
    """1 on Saturday and Sunday, else 0."""
    return (weekday(times) >= _SATURDAY).astype(np.float64)


def winter(times: Array) -> Array:
    """How deep the winter is: 1 in the middle of January, 0 in the middle of July."""
    return 0.5 + 0.5 * np.cos(math.tau * (times - _COLDEST_S) / YEAR_S)


def peak(hours: Array, at: float, width_h: float) -> Array:
    """A bell over the day, 1 at the hour `at`; midnight is no edge."""
    away = (hours - at + 12) % 24 - 12
    return np.exp(-0.5 * (away / width_h) ** 2)
