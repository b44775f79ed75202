"""The electricity of a boiler house: mains, what draws from them, and the UPS of the cabinet."""

import math

import numpy as np
from msgspec import Struct

from firmware_sim.plant.events import Events, Kind
from firmware_sim.plant.noise import Array

VOLTS = 226.0
POWER_FACTOR = 0.86
_INRUSH, _INRUSH_S = 4.0, 4.0
_RECHARGES_S = 8 * 3600.0


class Supply(Struct, frozen=True):
    """The mains at some instants."""

    on: Array  # 1 or 0
    inrush: Array  # what motors draw while they run up, over what they draw when they run
    battery: Array  # 1 while the UPS lives on it
    charge: Array  # %


def supply(times: Array, events: Events) -> Supply:
    """Mains and UPS."""
    out = events.running(times, Kind.POWER_OUTAGE)
    inrush, charge = np.zeros_like(times), np.full_like(times, 100.0)
    for outage in events.of(Kind.POWER_OUTAGE):
        since = times - outage.end_s if math.isfinite(outage.end_s) else np.full_like(times, -1.0)
        inrush = inrush + _INRUSH * (since >= 0) * np.exp(-np.maximum(0.0, since) / _INRUSH_S)
        drained = 100 * outage.seconds(times) / (3600 * outage.level)
        left = np.maximum(0.0, 100 - drained) + 100 * np.maximum(0.0, since) / _RECHARGES_S
        charge = np.minimum(charge, left)
    return Supply(1 - out, inrush, out, np.clip(charge, 0.0, 100.0))


def without_power_s(times: Array, events: Events) -> Array:
    """How long the power was out until each instant, s."""
    total = np.zeros_like(times)
    for outage in events.of(Kind.POWER_OUTAGE):
        total = total + outage.seconds(times)
    return total
