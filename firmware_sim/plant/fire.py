"""Furnaces, flue and fuel, as their instruments see them."""

import numpy as np

from firmware_sim.plant.events import Events, Kind
from firmware_sim.plant.fuel import Fuel
from firmware_sim.plant.noise import Array

_NATURAL = 0.15
"""The share of the draught that a warm chimney makes without fans."""
_FLUE_COLD = 60.0
_LEAST_LOAD = 0.15
"""Below it the flue cools down to the boiler's own warmth."""
_COOLS_S, _WARMS_S = 3600.0, 900.0


def draught(times: Array, events: Events, fuel: Fuel, load: Array) -> Array:
    """Furnace draught, Pa; a lost fan leaves little, a blown-back furnace has a positive one."""
    fans = 1 - (1 - _NATURAL) * events.running(times, Kind.POWER_OUTAGE)
    return fuel.draught_pa * (0.6 + 0.4 * load) * fans * events.left(times, Kind.DRAUGHT_LOSS, 6, 15)


def smothered(times: Array, events: Events) -> Array:
    """How far the fire lacks air, 0…1."""
    return np.minimum(1.0, events.sum(times, Kind.DRAUGHT_LOSS, 60, 120))


def flue(fuel: Fuel, load: Array, lack: Array) -> Array:
    """Flue gas temperature, °C."""
    lit = np.minimum(1.0, load / _LEAST_LOAD)
    warm = _FLUE_COLD + (fuel.flue_base - _FLUE_COLD) * lit + fuel.flue_rise * load
    return warm - 0.35 * (warm - _FLUE_COLD) * lack


def standing(times: Array, events: Events, boiler: int) -> Array:
    """How far a boiler that was shut down has cooled towards the hall, 0…1."""
    return events.at_boiler(boiler).felt(times, Kind.BOILER_TRIP, _COOLS_S, _WARMS_S)


def lit(times: Array, events: Events, boiler: int) -> Array:
    """1 while nothing has shut this boiler down."""
    stopped = events.at_boiler(boiler).running(times, Kind.BOILER_TRIP)
    return np.asarray((1 - stopped) * (1 - events.running(times, Kind.POWER_OUTAGE)))
