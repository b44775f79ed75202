"""The temperature schedule 95/70: how hot the network water must be for the weather (Sokolov's form).

It closes at the design point: at `DESIGN_OUTDOOR` supply and return are exactly 95 and 70 °C.
"""

import numpy as np

from firmware_sim.plant.noise import Array

INDOOR = 20.0
DESIGN_OUTDOOR = -39.0
DESIGN_SUPPLY = 95.0
DESIGN_RETURN = 70.0
DESIGN_DROP = DESIGN_SUPPLY - DESIGN_RETURN
DESIGN_EXCESS = (DESIGN_SUPPLY + DESIGN_RETURN) / 2 - INDOOR
"""How much warmer than the rooms radiators are on average, K."""

RADIATOR = 1.25
"""Radiators give heat with this power of their excess temperature."""


def share(outdoor: Array) -> Array:
    """The share of the design heat load that this weather (°C) calls for, from 0."""
    return np.maximum(0.0, (INDOOR - outdoor) / (INDOOR - DESIGN_OUTDOOR))


def supply(outdoor: Array) -> Array:
    """Supply temperature of the schedule, °C, never above the design value."""
    load = np.minimum(1.0, share(outdoor))
    return INDOOR + DESIGN_EXCESS * load ** (1 / RADIATOR) + DESIGN_DROP / 2 * load


def emission(mean_water: float) -> float:
    """The share of the design heat load that radiators give at this mean water temperature (°C)."""
    excess = (mean_water - INDOOR) / DESIGN_EXCESS
    return excess**RADIATOR if excess > 0 else 0.0
