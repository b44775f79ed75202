"""What adds up: heat counted, fuel left. Integrals of the steady demand, day by day.

Counting what the house would burn if each quarter of a day were steady, instead of every step since the
beginning, lets any instant be asked for directly; over a week the two differ by less than one percent.
"""

from functools import lru_cache

from firmware_sim.plant.calendar import DAY_S
from firmware_sim.plant.fuel import Fuel
from firmware_sim.plant.heat import HeatBalance

COMMISSIONED_S = 1_756_666_800.0
"""2025-09-01 local time: the counters stood at 0."""

_STEP_S = 3 * 3600.0
_REFILL_S = 3600.0


class HeatCounter:
    """Heat of the fire, kWh."""

    def __init__(self, heat: HeatBalance) -> None:
        self._heat = heat
        self._day = lru_cache(maxsize=2000)(self._counted_day)
        self._before = lru_cache(maxsize=4)(self._counted_before)

    def between(self, begin_s: float, end_s: float) -> float:
        """Heat between two instants, kWh."""
        first, last = int(begin_s // DAY_S), int(end_s // DAY_S)
        whole = sum(self._day(day) for day in range(first, last))
        return whole + self._since_midnight(end_s) - self._since_midnight(begin_s)

    def total(self, t_s: float) -> float:
        """Heat since the counter stood at 0, kWh; 0 before that."""
        if t_s < COMMISSIONED_S:
            return 0.0
        return (
            self._before(int(t_s // DAY_S)) + self._since_midnight(t_s) - self._since_midnight(COMMISSIONED_S)
        )

    def _counted_before(self, day: int) -> float:
        return sum(self._day(day) for day in range(int(COMMISSIONED_S // DAY_S), day))

    def _counted_day(self, day: int) -> float:
        middles = (day * DAY_S + (step + 0.5) * _STEP_S for step in range(int(DAY_S / _STEP_S)))
        return sum(self._heat.steady(middle).fire for middle in middles) * _STEP_S / 3600

    def _since_midnight(self, t_s: float) -> float:
        day, inside = divmod(t_s, DAY_S)
        return self._day(int(day)) * inside / DAY_S


class FuelStore:
    """The fuel in store: burns down, and is filled up within an hour of each delivery."""

    def __init__(self, fuel: Fuel, counter: HeatCounter, design_kw: float) -> None:
        self._fuel = fuel
        self._counter = counter
        self.capacity_t = fuel.tonnes(1.2 * 1.15 * design_kw * fuel.refill_s / 3600)
        """A fifth more than the coldest time between two deliveries burns."""

    def stock_t(self, t_s: float) -> float:
        """Fuel left at an instant, t."""
        delivered = t_s // self._fuel.refill_s * self._fuel.refill_s
        missing = self._burnt_t(delivered, t_s)
        if t_s - delivered < _REFILL_S:
            before = self._burnt_t(delivered - self._fuel.refill_s, delivered)
            missing += before * (1 - (t_s - delivered) / _REFILL_S)
        return self.capacity_t - missing

    def _burnt_t(self, begin_s: float, end_s: float) -> float:
        return self._fuel.tonnes(self._counter.between(begin_s, end_s))
