"""A boiler house as its instruments could see it: the heat balance dressed with water, fire and electricity.

events ─┬─▶ water    flow, pressure, loss ─┐
        ├─▶ heat     supply, return, fire ─┼─▶ variables, with their slow and their quick unrest
        └─▶ fire, mains, counters ─────────┘
"""

import math
from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np

from firmware_sim.plant import fire, mains, water
from firmware_sim.plant.boiler_variables import MOST_BOILERS, VARIABLES
from firmware_sim.plant.counters import COMMISSIONED_S, FuelStore, HeatCounter
from firmware_sim.plant.demand import Demands
from firmware_sim.plant.events import Event, Events, Kind
from firmware_sim.plant.fuel import Fuel
from firmware_sim.plant.heat import HeatBalance
from firmware_sim.plant.noise import Array, Noises
from firmware_sim.plant.size import WATER, Size
from firmware_sim.plant.variables import Variable, within
from firmware_sim.plant.weather import Weather

_PUMP_EFFICIENCY = 0.62
_HEAD_KPA = 260.0
_FAN_SHARE = 0.006
"""Electric power of fans and feeders over the heat of the fire."""
_LIGHT_KW = 4.0
_STATIC_KPA = 315.0
_PIPES_KPA = 55.0
_STANDS = 0.02
"""The share of flow or speed below which meters and contacts show nothing."""
_SWELLS_KPA = 2.0
"""Pressure for each K above the schedule, until the expansion tank has taken it."""

_UNREST_S: Mapping[str, float] = {
    f"{name} {pace}": period
    for name in VARIABLES
    for pace, period in (
        ("quick", 3.0 if name.startswith(("p_", "draught", "u_", "power", "frequency")) else 9.0),
        ("slow", 1300.0),
    )
}


class BoilerHouse:
    """One boiler house; `seed` is its own, the weather may be shared with its neighbours."""

    def __init__(
        self,
        seed: int | str,
        weather: Weather,
        *,
        design_kw: float,
        fuel: Fuel,
        events: Iterable[Event] = (),
    ) -> None:
        self._made_of = (seed, weather, design_kw, fuel)
        self.events, self.fuel = Events(events), fuel
        size = Size(design_kw, fuel.fire_lag_s)
        self.heat = HeatBalance(size, Demands(seed, size, weather, self.events))
        self._noises = Noises(seed, _UNREST_S)
        self.counter = HeatCounter(self.heat)
        self.store = FuelStore(fuel, self.counter, design_kw, self.events)

    @property
    def variables(self) -> Mapping[str, Variable]:
        """See `VARIABLES`."""
        return VARIABLES

    def told(self, events: Iterable[Event]) -> Self:
        """The same house with another story."""
        seed, weather, design_kw, fuel = self._made_of
        return type(self)(seed, weather, design_kw=design_kw, fuel=fuel, events=events)

    def at(self, t_s: float) -> dict[str, float]:
        """All variables at an instant of plant time."""
        return {name: float(values[0]) for name, values in self.over(np.array([t_s])).items()}

    def over(self, times: Array) -> dict[str, Array]:
        """All variables at many instants of plant time."""
        now = _Moment(self, times, _Unrest(self._noises.at(times)))
        values = (
            now.water() | now.warmth() | now.boilers() | now.fire() | now.stock() | now.mains() | now.pumps()
        )
        return within(VARIABLES, values)


class _Unrest:
    """What makes two readings differ."""

    def __init__(self, noises: Mapping[str, Array]) -> None:
        self._noises = noises

    def about(self, name: str, value: Array, slow: float, quick: float) -> Array:
        """A value with its slow and its quick unrest, both absolute."""
        return value + slow * self._noises[f"{name} slow"] + quick * self._noises[f"{name} quick"]

    def times(self, name: str, slow: float, quick: float) -> Array:
        """The same as a factor about 1."""
        return 1 + slow * self._noises[f"{name} slow"] + quick * self._noises[f"{name} quick"]


class _Moment:
    """The house at some instants; each method gives some of its variables."""

    def __init__(self, house: BoilerHouse, times: Array, unrest: _Unrest) -> None:
        self._house, self._times = house, times
        self._about, self._factor = unrest.about, unrest.times
        self._state = house.heat.at(times)
        self._asked = house.heat.demands.at(times)
        self._moved = self._asked.moved
        self._supplied = mains.supply(times, house.events)
        self._load = self._state.fire / house.heat.size.most_kw
        cooling = house.events.felt(times, Kind.POWER_OUTAGE, 7200, 7200)
        self._hall = 22 + 0.15 * self._asked.outdoor - 8 * cooling

    def water(self) -> dict[str, Array]:
        """Flows and pressures."""
        state, moved, size = self._state, self._moved, self._house.heat.size
        lost = self._asked.lost
        flow = size.flow * moved.flow * self._factor("flow_supply", 0.006, 0.003) + 0.2 * lost.escaping
        swollen = np.maximum(0.0, state.supply - self._asked.setpoint - 5) * _SWELLS_KPA
        static = (_STATIC_KPA + 0.4 * (state.back - 50)) * lost.pressure + swollen
        back = self._about("p_return", static, 8, 2)
        head = moved.pumping**2 * self._about("dp_pump", np.full_like(back, _HEAD_KPA), 3, 1.5)
        rise = head - _PIPES_KPA * moved.pumping**2
        drips = self._asked.leak - lost.made_up
        return {
            "flow_supply": flow,
            "flow_return": np.maximum(0.0, flow - drips - lost.escaping) * (moved.flow > _STANDS),
            "flow_make_up": self._asked.leak,
            "p_return": back,
            "dp_pump": head,
            "p_supply": self._about("p_supply", back + rise, 1, 1.5),
            "heat_power": WATER * size.flow * moved.flow * np.maximum(0.0, state.supply - state.back),
            "heat_taps": state.taps,
            "heat_total": self._house.counter.total(self._times) / 1000,
        } | self._branches(size.flow)

    def _branches(self, flow: float) -> dict[str, Array]:
        found = {}
        for n, share in enumerate(self._moved.branches, 1):
            cooled = water.cooled(self._times, self._house.events, n)
            warm = self._state.back - 0.8 * (n - 2)
            cold = np.minimum(self._asked.outdoor, warm)
            found[f"flow_branch_{n}"] = flow * share * self._factor(f"flow_branch_{n}", 0.006, 0.004)
            found[f"t_branch_{n}"] = self._about(f"t_branch_{n}", warm + (cold - warm) * cooled, 0.2, 0.06)
        return found

    def warmth(self) -> dict[str, Array]:
        """Temperatures of water, hall and tank."""
        asked, state, about = self._asked, self._state, self._about
        return {
            "t_outdoor": about("t_outdoor", asked.outdoor, 0.1, 0.05),
            "t_setpoint": asked.setpoint,
            "t_supply": about("t_supply", state.supply, 0.1, 0.08),
            "t_return": about("t_return", state.back, 0.1, 0.06),
            "t_hall": about("t_hall", self._hall, 1.0, 0.05),
            "t_tank": about("t_tank", 30 + 0.2 * asked.outdoor, 1.0, 0.05),
        }

    def boilers(self) -> dict[str, Array]:
        """Each boiler's outlet and whether it is lit."""
        times, events, found = self._times, self._house.events, {}
        tripped = (self._state.tripped > 0).astype(np.float64)
        for n in range(1, MOST_BOILERS + 1):
            cold = fire.standing(times, events, n)
            outlet = self._state.supply + (self._hall - self._state.supply) * cold
            found[f"t_boiler_{n}"] = self._about(f"t_boiler_{n}", outlet, 1.2, 0.15)
            found[f"boiler_{n}_on"] = fire.lit(times, events, n) * (1 - tripped)
        return found

    def fire(self) -> dict[str, Array]:
        """Draught, flue gas and what is burnt."""
        times, events, fuel = self._times, self._house.events, self._house.fuel
        lack = fire.smothered(times, events)
        pulled = fire.draught(times, events, fuel, self._load)
        spread = events.sum(times, Kind.DRAUGHT_LOSS, 240, 900)
        return {
            "draught": self._about("draught", pulled, 1.5, 2.0),
            "t_flue": self._about("t_flue", fire.flue(fuel, self._load, lack), 3, 0.8),
            "co_flue": fuel.flue_co * (1 + 6 * lack) * self._factor("co_flue", 0.25, 0.1),
            "co_hall": self._about("co_hall", 1.5 + 40 * spread, 0.8, 0.1),
            "fuel_rate": fuel.per_kwh * self._state.fire,
        }

    def stock(self) -> dict[str, Array]:
        """What is left to burn."""
        stock, most = self._house.store.stock_t(self._times), self._house.store.capacity_t
        return {"fuel_stock": stock, "fuel_level": 95 * stock / most}

    def mains(self) -> dict[str, Array]:
        """Voltages, currents, power, and the UPS."""
        house, times, on = self._house, self._times, self._supplied.on
        pumps = self._pump_kw(_HEAD_KPA) * (self._moved.pumping**3 + self._supplied.inrush)
        asked_w = 1000 * (pumps + _LIGHT_KW + _FAN_SHARE * self._state.fire)
        power = on * asked_w * self._factor("power", 0.01, 0.005)
        factor = self._about("power_factor", np.full_like(times, mains.POWER_FACTOR), 0.01, 0.002)
        hours = np.maximum(0.0, times - COMMISSIONED_S - mains.without_power_s(times, house.events)) / 3600
        steady_kw = self._pump_kw(_HEAD_KPA) + _LIGHT_KW
        found = {
            "power": power,
            "power_factor": factor,
            "frequency": on * self._about("frequency", np.full_like(times, 50.0), 0.02, 0.01),
            "energy_total": steady_kw * hours + _FAN_SHARE * house.counter.total(times),
            "ups_on_battery": self._supplied.battery,
            "ups_charge": self._supplied.charge,
        }
        for n in (1, 2, 3):
            volts = self._about(f"u_l{n}", np.full_like(times, mains.VOLTS), 3, 0.5)
            found |= {f"u_l{n}": on * volts, f"i_l{n}": power / 3 / factor / volts}
        return found

    def pumps(self) -> dict[str, Array]:
        """Two pumps take turns by the week; the other one stands."""
        moved, amperes = (
            self._moved,
            1000 * self._pump_kw(_HEAD_KPA) / (math.sqrt(3) * 400 * mains.POWER_FACTOR),
        )
        found = {}
        for n in (1, 2):
            on = np.maximum(moved.both, (moved.duty == n - 1).astype(np.float64))
            drawn = moved.pumping**2 * (1 - 0.4 * moved.both) + self._supplied.inrush
            shared = on * self._supplied.on * drawn
            found[f"pump_{n}_on"] = on * (moved.pumping > _STANDS)
            found[f"pump_{n}_current"] = shared * self._about(
                f"pump_{n}_current", np.full_like(on, amperes), 0.3, 0.1
            )
        return found

    def _pump_kw(self, head_kpa: float) -> float:
        return self._house.heat.size.flow / 3600 * head_kpa / _PUMP_EFFICIENCY
