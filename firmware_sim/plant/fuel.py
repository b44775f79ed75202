"""How fuels burn: ordinary values of boiler-house practice, to be tuned on site."""

from collections.abc import Mapping

from msgspec import Struct

from firmware_sim.plant.calendar import DAY_S


class Fuel(Struct, frozen=True, kw_only=True):
    """One fuel and the fire it makes."""

    mj_per_kg: float
    efficiency: float
    fire_lag_s: float
    """How slowly the fire follows: a grate of coal, or a burner of oil."""
    draught_pa: float
    flue_base: float
    """°C at no load."""
    flue_rise: float
    """K more at full load."""
    flue_co: float
    """mg/m³"""
    refill_s: float
    """Between two deliveries."""

    @property
    def per_kwh(self) -> float:
        """Fuel for a kWh of heat, t."""
        return 0.0036 / (self.mj_per_kg * self.efficiency)

    def tonnes(self, heat_kwh: float) -> float:
        """The fuel burnt for an amount of heat, t."""
        return heat_kwh * self.per_kwh


FUELS: Mapping[str, Fuel] = {
    "coal": Fuel(
        mj_per_kg=21.0,
        efficiency=0.78,
        fire_lag_s=600,
        draught_pa=-34,
        flue_base=130,
        flue_rise=100,
        flue_co=700,
        refill_s=14 * DAY_S,
    ),
    "oil": Fuel(
        mj_per_kg=40.0,
        efficiency=0.88,
        fire_lag_s=60,
        draught_pa=-26,
        flue_base=140,
        flue_rise=70,
        flue_co=70,
        refill_s=7 * DAY_S,
    ),
}
