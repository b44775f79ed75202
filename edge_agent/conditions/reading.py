"""What one reading is worth to the alarms of its channel.

Just beyond the end of its range a number is a measurement still. Farther out it has either jumped there, and
the sensor is broken, or gone on, and says at least that a limit passed before still holds.
"""

import math
from typing import Final

from msgspec import Struct

from edge_agent.conditions.plan import WatchedChannel
from wire.messages import Quality, Value

_BROKEN: Final = frozenset(
    {
        Quality.BAD_SENTINEL,
        Quality.BAD_NOT_FINITE,
        Quality.BAD_DEVICE_STATUS,
        Quality.BAD_OUT_OF_RANGE,
    }
)
"""By these the instrument itself says that the sensor is at fault, or says what cannot be."""
_NOT_MEASURED: Final = frozenset(
    {Quality.UNCERTAIN_SPIKE, Quality.UNCERTAIN_STALE, Quality.UNCERTAIN_AFTER_FAULT}
)
"""Uncertain, and no measurement of what is now: like a bad value it decides nothing about limits. Every other
uncertain value does: a real burst changes faster than usual and contradicts its neighbours."""


class Reading(Struct, frozen=True):
    """A value with what follows from its quality."""

    number: float | None
    quality: Quality | None
    now: float | None
    """The number, if it says how things are now, within the limits or beyond."""
    still: float | None
    """The number, if it can at least say that a limit passed before still holds."""
    is_broken: bool = False
    """The sensor is at fault by this reading alone."""
    is_missing: bool = False
    """It brings no measurement, for whatever reason."""


def reading(channel: WatchedChannel, value: Value, quality: Quality | None) -> Reading:
    """A value of a channel with its quality; None: good."""
    number = value if isinstance(value, (int, float)) and math.isfinite(value) else None
    if quality is None:
        return Reading(number, None, number, number)
    is_believed, still = not quality.startswith("bad."), None
    if quality is Quality.BAD_OUT_OF_RANGE and number is not None:
        is_believed, still = channel.low <= number <= channel.high, number
    now = number if is_believed and quality not in _NOT_MEASURED else None
    return Reading(
        number,
        quality,
        now,
        now if still is None else still,
        is_broken=quality in _BROKEN and not is_believed,
        is_missing=not is_believed or quality is Quality.UNCERTAIN_STALE,
    )
