"""Days and hours as people at the site live them, and the smooth shapes that habits follow."""

import math

LOCAL_OFFSET_S = 5 * 3600.0
"""Kazakhstan, since 2024-03-01 one zone: UTC+5."""

DAY_S = 86_400.0
YEAR_S = 365.2425 * DAY_S
_COLDEST_S = 19 * DAY_S
"""The middle of January."""


def hour(t_s: float) -> float:
    """Local time of day, 0…24 h."""
    return (t_s + LOCAL_OFFSET_S) % DAY_S / 3600


def is_weekend(t_s: float) -> bool:
    """Saturday or Sunday; 1970-01-01 was a Thursday."""
    return int((t_s + LOCAL_OFFSET_S) // DAY_S + 3) % 7 >= 5  # noqa: PLR2004 - Monday is 0


def winter(t_s: float) -> float:
    """How deep the winter is: 1 in the middle of January, 0 in the middle of July."""
    return 0.5 + 0.5 * math.cos(math.tau * (t_s - _COLDEST_S) / YEAR_S)


def peak(hour_now: float, at: float, width_h: float) -> float:
    """A bell over the day, 1 at the hour `at`; midnight is no edge."""
    away = (hour_now - at + 12) % 24 - 12
    return math.exp(-0.5 * (away / width_h) ** 2)
