"""What adds up: heat counted, fuel left. Integrals of the steady demand, day by day, and of what events did.

Counting what the house would burn if each eighth of a day were steady, instead of every step since the
beginning, lets any instant be asked for directly; over a week the two differ by less than one percent. On
days on which an event is felt, what the fire gave more or less than it would have without is added.
"""

from functools import lru_cache

import numpy as np

from firmware_sim.plant.calendar import DAY_S
from firmware_sim.plant.events import Events, Kind
from firmware_sim.plant.fuel import Fuel
from firmware_sim.plant.heat import STEP_S, STEPS, HeatBalance
from firmware_sim.plant.noise import Array

COMMISSIONED_S = 1_756_666_800.0
"""2025-09-01 local time: the counters stood at 0."""

_PARTS = 8
_BLOCK = 512
"""Days that are counted together."""
_FIRST_DAY = int(COMMISSIONED_S // DAY_S)
_REFILL_S = 3600.0


class HeatCounter:
    """Heat of the fire, kWh."""

    def __init__(self, heat: HeatBalance) -> None:
        self._heat = heat
        self._calm = HeatBalance(heat.size, heat.demands.calm)
        self._block = lru_cache(maxsize=8)(self._counted_block)
        self._before = lru_cache(maxsize=64)(self._counted_before)
        self._surplus = lru_cache(maxsize=4)(self._surplus_day)
        self._surplus_of = lru_cache(maxsize=4096)(self._surplus_of_day)
        self._surplus_before = lru_cache(maxsize=64)(self._summed_before)

    def between(self, begin: Array, end: Array) -> Array:
        """Heat between pairs of instants, kWh."""
        return self._raw(end) - self._raw(begin)

    def total(self, times: Array) -> Array:
        """Heat since the counter stood at 0, kWh; 0 before that."""
        found, since = np.zeros_like(times), times > COMMISSIONED_S
        if since.any():
            found[since] = self.between(np.array([COMMISSIONED_S]), times[since])
        return found

    def _raw(self, times: Array) -> Array:
        """Heat since the first midnight (UTC) of the day of commissioning; negative before."""
        days = np.floor(times / DAY_S).astype(np.int64) - _FIRST_DAY
        found = np.empty_like(times)
        for number in np.unique(days // _BLOCK):
            here = days // _BLOCK == number
            sums = self._block(int(number))
            inside = days[here] - number * _BLOCK
            part = times[here] / DAY_S - (days[here] + _FIRST_DAY)
            found[here] = self._before(int(number)) + sums[inside] + (sums[inside + 1] - sums[inside]) * part
        return found + self._disturbed(times)

    def _counted_before(self, block: int) -> float:
        if block == 0:
            return 0.0
        nearer = block - 1 if block > 0 else block + 1
        inner = float(self._block(nearer if block > 0 else block)[-1])
        return self._before(nearer) + (inner if block > 0 else -inner)

    def _counted_block(self, block: int) -> Array:
        """Heat since the beginning of a block of days, at each midnight, its end included."""
        parts = (np.arange(_BLOCK * _PARTS, dtype=np.float64) + 0.5) / _PARTS
        times = (block * _BLOCK + _FIRST_DAY + parts) * DAY_S
        fires = self._heat.steady(times).fire.reshape(_BLOCK, _PARTS)
        return np.concatenate(([0.0], np.cumsum(fires.mean(axis=1) * 24)))

    def _disturbed(self, times: Array) -> Array:
        """What events made the fire give more than without them until now."""
        found, days = np.zeros_like(times), np.floor(times / DAY_S).astype(np.int64)
        for number in np.unique(days) if self._heat.runs else ():
            here = days == number
            found[here] = self._surplus_before(int(number))
            if self._heat.disturbed(int(number)):
                place = times[here] / STEP_S - number * STEPS
                found[here] += np.interp(place, np.arange(STEPS + 1), self._surplus(int(number)))
        return found

    def _summed_before(self, day: int) -> float:
        """The surplus of all disturbed days before a day."""
        return sum(
            self._surplus_of(number)
            for first, last in self._heat.runs
            for number in range(first, int(min(last, day)))
        )

    def _surplus_of_day(self, day: int) -> float:
        return float(self._surplus(day)[-1])

    def _surplus_day(self, day: int) -> Array:
        """On one day, kWh at each step; what is counted never runs backwards."""
        number = day - _FIRST_DAY
        sums, inside = self._block(number // _BLOCK), number % _BLOCK
        counted = (sums[inside + 1] - sums[inside]) / 24
        more = np.maximum(-counted, self._heat.day(day)[2] - self._calm.day(day)[2])
        return np.concatenate(([0.0], np.cumsum(more[1:]) * STEP_S / 3600))


class FuelStore:
    """The fuel in store: burns down, is stolen or leaks, and is filled up within an hour of each delivery."""

    def __init__(self, fuel: Fuel, counter: HeatCounter, design_kw: float, events: Events) -> None:
        self._fuel, self._counter, self._events = fuel, counter, events
        self.capacity_t = fuel.tonnes(1.2 * 1.15 * design_kw * fuel.refill_s / 3600)
        """A fifth more than the coldest time between two deliveries burns."""

    def stock_t(self, times: Array) -> Array:
        """Fuel left at instants, t."""
        delivered = times // self._fuel.refill_s * self._fuel.refill_s
        since = times - delivered
        before = self._gone_t(delivered - self._fuel.refill_s, delivered)
        unloading = np.maximum(0.0, 1 - since / _REFILL_S)
        missing = self._gone_t(delivered, times) + before * unloading
        return np.maximum(0.0, self.capacity_t - missing)

    def _gone_t(self, begin: Array, end: Array) -> Array:
        return self._fuel.per_kwh * self._counter.between(begin, end) + self._lost_t(begin, end)

    def _lost_t(self, begin: Array, end: Array) -> Array:
        share = np.zeros_like(end)
        for event in self._events.of(Kind.FUEL_THEFT):
            lasting = event.end_s - event.begin_s
            share = share + event.level / lasting * (event.seconds(end) - event.seconds(begin))
        for event in self._events.of(Kind.FUEL_LEAK):
            share = share + event.level / 3600 * (event.seconds(end) - event.seconds(begin))
        return self.capacity_t * share
