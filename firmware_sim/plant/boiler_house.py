"""A boiler house as its instruments could see it: the heat balance dressed with water, fire and electricity.

Network flow, pressures and electricity follow from the size; what moves slowly comes from `heat`, what adds
up from `counters`, what flickers from noise.
"""

import math
from collections.abc import Mapping

from firmware_sim.plant.calendar import DAY_S
from firmware_sim.plant.counters import COMMISSIONED_S, FuelStore, HeatCounter
from firmware_sim.plant.fuel import Fuel
from firmware_sim.plant.heat import WATER, Heat, HeatBalance, Size
from firmware_sim.plant.noise import Noise
from firmware_sim.plant.variables import Variable
from firmware_sim.plant.weather import Weather
from wire.quantities import Quantity

_PUMP_EFFICIENCY = 0.62
_POWER_FACTOR = 0.86
_MAINS_V = 226.0
_FAN_SHARE = 0.006
"""Electric power of fans and feeders over the heat of the fire."""


VARIABLES: Mapping[str, Variable] = {
    "t_outdoor": Variable(Quantity.TEMPERATURE, -60, 60, "Outdoor temperature"),
    "t_setpoint": Variable(Quantity.TEMPERATURE, 0, 150, "Supply by schedule"),
    "t_supply": Variable(Quantity.TEMPERATURE, 0, 150, "Supply temperature"),
    "t_return": Variable(Quantity.TEMPERATURE, 0, 150, "Return temperature"),
    "t_boiler_1": Variable(Quantity.TEMPERATURE, 0, 150, "Boiler 1 outlet"),
    "t_boiler_2": Variable(Quantity.TEMPERATURE, 0, 150, "Boiler 2 outlet"),
    "t_hall": Variable(Quantity.TEMPERATURE, -40, 60, "Boiler hall"),
    "p_supply": Variable(Quantity.PRESSURE, 0, 1600, "Supply pressure"),
    "p_return": Variable(Quantity.PRESSURE, 0, 1000, "Return pressure"),
    "dp_pump": Variable(Quantity.PRESSURE, 0, 600, "Network pump head"),
    "flow_supply": Variable(Quantity.MASS_FLOW, 0, 2000, "Supply flow"),
    "flow_return": Variable(Quantity.MASS_FLOW, 0, 2000, "Return flow"),
    "flow_make_up": Variable(Quantity.MASS_FLOW, 0, 50, "Make-up flow"),
    "heat_power": Variable(Quantity.HEAT_POWER, 0, 100_000, "Heat to the network"),
    "heat_taps": Variable(Quantity.HEAT_POWER, 0, 50_000, "Heat to hot water"),
    "heat_total": Variable(Quantity.HEAT, 0, 1e9, "Heat counter"),
    "pump_1_on": Variable(Quantity.STATE, 0, 1, "Network pump 1 runs"),
    "pump_2_on": Variable(Quantity.STATE, 0, 1, "Network pump 2 runs"),
    "pump_1_current": Variable(Quantity.CURRENT, 0, 400, "Network pump 1 current"),
    "pump_2_current": Variable(Quantity.CURRENT, 0, 400, "Network pump 2 current"),
    "draught": Variable(Quantity.DRAUGHT, -200, 100, "Furnace draught"),
    "t_flue": Variable(Quantity.TEMPERATURE, 0, 400, "Flue gas temperature"),
    "co_flue": Variable(Quantity.CO, 0, 5000, "Flue gas CO"),
    "co_hall": Variable(Quantity.CO, 0, 500, "CO in the boiler hall"),
    "fuel_rate": Variable(Quantity.MASS_FLOW, 0, 50, "Fuel burnt"),
    "fuel_stock": Variable(Quantity.MASS, 0, 10_000, "Fuel stock"),
    "fuel_level": Variable(Quantity.LEVEL, 0, 100, "Fuel level"),
    "t_tank": Variable(Quantity.TEMPERATURE, -60, 120, "Fuel tank temperature"),
    "u_l1": Variable(Quantity.VOLTAGE, 0, 300, "Voltage L1"),
    "u_l2": Variable(Quantity.VOLTAGE, 0, 300, "Voltage L2"),
    "u_l3": Variable(Quantity.VOLTAGE, 0, 300, "Voltage L3"),
    "i_l1": Variable(Quantity.CURRENT, 0, 1000, "Current L1"),
    "i_l2": Variable(Quantity.CURRENT, 0, 1000, "Current L2"),
    "i_l3": Variable(Quantity.CURRENT, 0, 1000, "Current L3"),
    "power": Variable(Quantity.POWER, 0, 1e6, "Electric power"),
    "power_factor": Variable(Quantity.POWER_FACTOR, -1, 1, "Power factor"),
    "frequency": Variable(Quantity.FREQUENCY, 45, 55, "Mains frequency"),
    "energy_total": Variable(Quantity.ENERGY, 0, 1e9, "Electricity counter"),
}

_FLICKER_S: Mapping[str, float] = {
    name: 3.0 if name.startswith(("p_", "draught", "u_", "power", "frequency")) else 9.0 for name in VARIABLES
}


class BoilerHouse:
    """One boiler house; `seed` is its own, the weather may be shared with its neighbours."""

    def __init__(self, seed: int | str, weather: Weather, *, design_kw: float, fuel: Fuel) -> None:
        self.heat = HeatBalance(seed, Size(design_kw, fuel.fire_lag_s), weather)
        self.fuel = fuel
        self._flicker = {name: Noise(seed, name, period) for name, period in _FLICKER_S.items()}
        self._drift = {name: Noise(seed, f"{name} drift", 1300) for name in VARIABLES}
        self.counter = HeatCounter(self.heat)
        self.store = FuelStore(fuel, self.counter, design_kw)

    @property
    def variables(self) -> Mapping[str, Variable]:
        """See `VARIABLES`."""
        return VARIABLES

    def at(self, t_s: float) -> dict[str, float]:
        """All variables at an instant of plant time."""
        state = self.heat.at(t_s)
        water = self._water(t_s, state)
        return (
            water
            | self._warmth(t_s, state)
            | self._fire(t_s, state)
            | self._stock(t_s)
            | self._mains(t_s, state)
            | self._pumps(t_s, water["dp_pump"])
        )

    def _about(self, name: str, t_s: float, value: float, drift: float, flicker: float) -> float:
        """A value with its slow and its quick unrest, both absolute."""
        return value + drift * self._drift[name].at(t_s) + flicker * self._flicker[name].at(t_s)

    def _warmth(self, t_s: float, state: Heat) -> dict[str, float]:
        asked = self.heat.demand(t_s)
        return {
            "t_outdoor": self._about("t_outdoor", t_s, asked.outdoor, 0.1, 0.05),
            "t_setpoint": asked.setpoint,
            "t_supply": self._about("t_supply", t_s, state.supply, 0.1, 0.08),
            "t_return": self._about("t_return", t_s, state.back, 0.1, 0.06),
            "t_boiler_1": self._about("t_boiler_1", t_s, state.supply, 1.2, 0.15),
            "t_boiler_2": self._about("t_boiler_2", t_s, state.supply, 1.2, 0.15),
            "t_hall": self._about("t_hall", t_s, 22 + 0.15 * asked.outdoor, 1.0, 0.05),
            "t_tank": self._about("t_tank", t_s, 30 + 0.2 * asked.outdoor, 1.0, 0.05),
            "heat_taps": state.taps,
        }

    def _water(self, t_s: float, state: Heat) -> dict[str, float]:
        size, leak = self.heat.size, self.heat.demand(t_s).leak
        flow = size.flow * self._about("flow_supply", t_s, 1, 0.006, 0.003)
        back = self._about("p_return", t_s, 315 + 0.4 * (state.back - 50), 8, 2)
        head = self._about("dp_pump", t_s, 260, 3, 1.5)
        return {
            "flow_supply": flow,
            "flow_return": flow - leak,
            "flow_make_up": leak,
            "p_return": back,
            "dp_pump": head,
            "p_supply": self._about("p_supply", t_s, back + head - 55, 1, 1.5),
            "heat_power": WATER * flow * (state.supply - state.back),
            "heat_total": self.counter.total(t_s) / 1000,
        }

    def _fire(self, t_s: float, state: Heat) -> dict[str, float]:
        load, fuel = state.fire / self.heat.size.most_kw, self.fuel
        return {
            "draught": self._about("draught", t_s, fuel.draught_pa * (0.6 + 0.4 * load), 1.5, 2.0),
            "t_flue": self._about("t_flue", t_s, fuel.flue_base + fuel.flue_rise * load, 3, 0.8),
            "co_flue": fuel.flue_co * self._about("co_flue", t_s, 1, 0.25, 0.1),
            "co_hall": self._about("co_hall", t_s, 1.5, 0.8, 0.1),
            "fuel_rate": fuel.tonnes(state.fire),
        }

    def _stock(self, t_s: float) -> dict[str, float]:
        stock = self.store.stock_t(t_s)
        return {"fuel_stock": stock, "fuel_level": 95 * stock / self.store.capacity_t}

    def _mains(self, t_s: float, state: Heat) -> dict[str, float]:
        steady_kw = self._steady_kw()
        power = 1000 * (steady_kw + _FAN_SHARE * state.fire) * self._about("power", t_s, 1, 0.01, 0.005)
        factor = self._about("power_factor", t_s, _POWER_FACTOR, 0.01, 0.002)
        volts = {f"u_l{n}": self._about(f"u_l{n}", t_s, _MAINS_V, 3, 0.5) for n in (1, 2, 3)}
        amperes = {f"i_l{n}": power / 3 / factor / volts[f"u_l{n}"] for n in (1, 2, 3)}
        hours = max(0.0, t_s - COMMISSIONED_S) / 3600
        counted = steady_kw * hours + _FAN_SHARE * self.counter.total(t_s)
        return (
            volts
            | amperes
            | {
                "power": power,
                "power_factor": factor,
                "frequency": self._about("frequency", t_s, 50, 0.02, 0.01),
                "energy_total": counted,
            }
        )

    def _steady_kw(self) -> float:
        """Pump, light and automation."""
        return self._pump_kw(260) + 4

    def _pump_kw(self, head_kpa: float) -> float:
        return self.heat.size.flow / 3600 * head_kpa / _PUMP_EFFICIENCY

    def _pumps(self, t_s: float, head_kpa: float) -> dict[str, float]:
        """Two pumps take turns by the week; the other one stands."""
        duty = 1 + int(t_s // (7 * DAY_S)) % 2
        amperes = 1000 * self._pump_kw(head_kpa) / (math.sqrt(3) * 400 * _POWER_FACTOR)
        running = {n: float(n == duty) for n in (1, 2)}
        return {f"pump_{n}_on": on for n, on in running.items()} | {
            f"pump_{n}_current": on * self._about(f"pump_{n}_current", t_s, amperes, 0.3, 0.1)
            for n, on in running.items()
        }
