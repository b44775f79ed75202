"""Gases that are stored as mg/m³, and what a share of the air's volume is in it. Pure arithmetic.

    mg/m³ = ppm · M · p / (R · T)        M in g/mol, p in kPa, T in K, R = 8.314462618 J/(mol·K)

At 25 °C and 101.325 kPa that is ppm · M / 24.465, the figure many tables use; at -30 °C it is 22 % more.
"""

from collections.abc import Mapping
from typing import Final, Literal

from wire.quantities import Quantity

Share = Literal["ppm", "ppb"]
"""Millionths or billionths of the air's volume."""

MOLAR_MASS: Final[Mapping[Quantity, float]] = {
    Quantity.SO2: 64.064,
    Quantity.NO2: 46.006,
    Quantity.NO: 30.006,
    Quantity.CO: 28.010,
    Quantity.H2S: 34.081,
    Quantity.O3: 47.998,
    Quantity.NH3: 17.031,
    Quantity.CH2O: 30.026,
}
"""g/mol, from the IUPAC standard atomic weights 2021, abridged. CO2 is stored as ppm and not here."""

_MILLIONTHS: Final[Mapping[Share, float]] = {"ppm": 1.0, "ppb": 1e-3}
_GAS_CONSTANT: Final = 8.314462618
"""J/(mol·K), CODATA 2018."""
_ZERO_C: Final = 273.15


def mg_per_m3(gas: Quantity, share: Share, celsius: float, kpa: float) -> float:
    """What one ppm or ppb of a gas weighs in a cubic metre of air.

    Args:
        gas: one of `MOLAR_MASS`.
        share: what is counted.
        celsius: temperature of the air, above -273.15 °C.
        kpa: its pressure.
    """
    return _MILLIONTHS[share] * MOLAR_MASS[gas] * kpa / (_GAS_CONSTANT * (celsius + _ZERO_C))
