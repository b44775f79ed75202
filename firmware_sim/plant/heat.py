"""The heat of a boiler house: fire ─▶ boiler water ─▶ network ─▶ radiators and hot taps, in steps of 20 s.

Two bodies of water hold the heat: the boilers' (supply temperature) and the network's (return temperature).
In each step what the fire gives is what the bodies gain plus what leaves them; nothing else happens to heat:

    fire = Δstored/Δt + radiators + taps + make-up + losses                                              (kW)

A steered system forgets: eight hours after any start its state no longer depends on that start (to 0.01 °C).
So the trajectory is cut into days, each begun eight hours early from the steady state, and the state at an
instant depends on the instant alone. What an event does is not forgotten while it lasts: from its beginning
until it is forgotten the days are chained, each begun where the last one ended.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from firmware_sim.plant import schedule
from firmware_sim.plant.calendar import DAY_S
from firmware_sim.plant.demand import Demand, Demands
from firmware_sim.plant.events import Event, Kind
from firmware_sim.plant.noise import Array
from firmware_sim.plant.size import WATER, Size

STEP_S = 20.0
STEPS = int(DAY_S / STEP_S)
"""In a day."""

FORGET_S = 8 * 3600.0
_LINGERS_S = 12 * 3600.0
"""After an event; a regulator that was at its limit takes longer."""

COLD_WATER = 5.0
"""°C of the water that makes up for leaks."""

TRIPS_AT = 115.0
"""°C of the outlet at which the boilers are shut down until somebody has looked at them."""

BOILS_AT = 140.0
"""°C; what would warm the water further leaves through the safety valve."""

_TAPS_NEED = 60.0
_LOSS_SHARE = 0.02
_DAYS_KEPT = 8
_FELT = frozenset(
    {
        Kind.PUMP_STOP,
        Kind.OVERSHOOT,
        Kind.BURST,
        Kind.SLOW_LEAK,
        Kind.FROZEN_BRANCH,
        Kind.DRAUGHT_LOSS,
        Kind.POWER_OUTAGE,
        Kind.BOILER_TRIP,
    }
)

State = tuple[float, ...]
"""supply, back, fire, trim, radiators, taps, make_up, losses, tripped; see `Heat`."""


class Heat(Struct, frozen=True):
    """The state at some instants, and the mean powers (kW) of the step before."""

    supply: Array  # °C
    back: Array  # °C, the return
    fire: Array
    trim: Array  # the regulator's memory, kW
    radiators: Array
    taps: Array
    make_up: Array
    losses: Array
    tripped: Array  # 1 once the boilers were too hot


class HeatBalance:
    """The thermal side of one boiler house."""

    def __init__(self, size: Size, demands: Demands) -> None:
        self.size = size
        self.demands = demands
        self.runs = _runs(event for event in demands.events.all if event.kind in _FELT)
        """First day, and first one after, of each stretch of days on which events are felt."""
        self._days: OrderedDict[int, npt.NDArray[np.float64]] = OrderedDict()
        self._ends: dict[int, State] = {}

    def at(self, times: Array) -> Heat:
        """The state at instants, between the two steps around each."""
        days = np.floor(times / DAY_S).astype(np.int64)
        states = np.empty((len(Heat.__struct_fields__), len(times)))
        for number in np.unique(days):
            here = days == number
            place = (times[here] - number * DAY_S) / STEP_S
            step = np.floor(place).astype(np.int64)
            table = self.day(int(number))
            first, second = table[:, step], table[:, step + 1]
            states[:, here] = first + (second - first) * (place - step)
        return Heat(*states)

    def day(self, number: int) -> npt.NDArray[np.float64]:
        """One day's states, a column every 20 s, its first and last instants included; rows as in `Heat`."""
        if number not in self._days:
            self._days[number] = self._stepped(number)
            if len(self._days) > _DAYS_KEPT:
                self._days.popitem(last=False)
        self._days.move_to_end(number)
        return self._days[number]

    def disturbed(self, number: int) -> bool:
        """Whether an event is felt on this day."""
        return any(first <= number < last for first, last in self.runs)

    def steady(self, times: Array) -> Heat:
        """Where the house would settle if the demand of each instant stayed and nothing were wrong."""
        asked = self.demands.usual(times)
        supply, back = asked.setpoint, asked.setpoint - schedule.DESIGN_DROP / 2
        for _ in range(6):
            out = self._leaving(asked, supply, back)
            back = (back + supply - (out[0] + out[1] + out[2]) / (WATER * self.size.flow)) / 2
        radiators, taps, make_up, losses = self._leaving(asked, supply, back)
        fire = radiators + taps + make_up + losses
        return Heat(supply, back, fire, losses, radiators, taps, make_up, losses, np.zeros_like(times))

    def _leaving(self, asked: Demand, supply: Array, back: Array) -> tuple[Array, Array, Array, Array]:
        """Radiators, taps, make-up, losses, kW, while the water moves as usual."""
        size = self.size
        excess = np.maximum(0.0, ((supply + back) / 2 - schedule.INDOOR) / schedule.DESIGN_EXCESS)
        return (
            asked.season * size.design_kw * excess**schedule.RADIATOR,
            asked.taps_kw,
            WATER * asked.leak * (back - COLD_WATER),
            _LOSS_SHARE * size.design_kw * (supply - schedule.INDOOR) / schedule.DESIGN_SUPPLY,
        )

    def _stepped(self, number: int) -> npt.NDArray[np.float64]:
        state = self._begun(number)
        states = _walk(state, self.demands.at(_grid(number * DAY_S, STEPS)), self.size)
        if self.disturbed(number):
            self._ends[number] = states[-1]
        return np.array(states, np.float64).T

    def _begun(self, number: int) -> State:
        """The state in which a day begins."""
        if self.disturbed(number) and self.disturbed(number - 1):
            return self._chained(number)
        early = number * DAY_S - FORGET_S
        steady = self.steady(np.array([early]))
        state = tuple(float(getattr(steady, name)[0]) for name in Heat.__struct_fields__)
        return _walk(state, self.demands.at(_grid(early, int(FORGET_S / STEP_S))), self.size)[-1]

    def _chained(self, number: int) -> State:
        """Where the day before ended, walked from the first day of the event."""
        day = number
        while day - 1 not in self._ends and self.disturbed(day - 1):
            day -= 1
        for missing in range(day, number):
            self._ends[missing] = self._stepped_end(missing)
        return self._ends[number - 1]

    def _stepped_end(self, number: int) -> State:
        return _walk(self._begun(number), self.demands.at(_grid(number * DAY_S, STEPS)), self.size)[-1]


def _grid(begin_s: float, steps: int) -> Array:
    return begin_s + STEP_S * np.arange(steps, dtype=np.float64)


def _runs(events: Iterable[Event]) -> tuple[tuple[int, float], ...]:
    """Stretches that touch or overlap are one."""
    found: list[tuple[int, float]] = []
    for event in sorted(events, key=lambda event: event.begin_s):
        first = int(event.begin_s // DAY_S)
        last = math.inf if math.isinf(event.end_s) else (event.end_s + _LINGERS_S) // DAY_S + 1
        if found and first <= found[-1][1]:
            first, last = found[-1][0], max(last, found.pop()[1])
        found.append((first, last))
    return tuple(found)


class _Body(NamedTuple):
    """A house as one step reckons with it."""

    design_kw: float
    most_kw: float
    conductance: float
    """kW that the whole network flow carries for each K."""
    boiler_kw: float
    """kW that warm the boilers' water by 1 K in a step."""
    network_kw: float
    loss_kw: float
    """Lost for each K above the hall."""
    catches: float
    """The share of the way to what is wanted that the fire goes in a step."""


def _body(size: Size) -> _Body:
    return _Body(
        design_kw=size.design_kw,
        most_kw=size.most_kw,
        conductance=WATER * size.flow,
        boiler_kw=WATER * 3600 / STEP_S * size.boiler_t,
        network_kw=WATER * 3600 / STEP_S * size.network_t,
        loss_kw=_LOSS_SHARE * size.design_kw / schedule.DESIGN_SUPPLY,
        catches=min(1.0, STEP_S / size.fire_lag_s),
    )


def _walk(state: State, asked: Demand, size: Size) -> list[State]:
    """The states of a stretch, its beginning included; one step for each instant of the demand."""
    columns = (
        asked.setpoint, asked.bias, asked.season, asked.taps_kw, asked.leak, asked.moved.flow, asked.capacity,
        asked.flame, asked.watched,
    )  # fmt: skip
    body, states = _body(size), [state]
    for drive in zip(*(column.tolist() for column in columns), strict=True):
        state = _next(state, drive, body)
        states.append(state)
    return states


def _next(now: State, drive: tuple[float, ...], body: _Body) -> State:
    """One step: heat is carried by the water that moves, and kept by what stands."""
    setpoint, bias, season, taps_kw, leak, flow, capacity, flame, watched = drive
    supply, back, tripped = now[0], now[1], now[8]
    if supply > TRIPS_AT:
        tripped = 1.0
    elif watched and supply < setpoint + 10:
        tripped = 0.0
    fire, trim = _steer(now, setpoint + bias, 0.0 if tripped else body.most_kw * capacity, flame, body)
    carried = body.conductance * flow * (supply - back)
    warm = (back + supply) / 2 if flow >= 1 else back + flow * (supply - back) / 2
    radiators = season * body.design_kw * schedule.emission(warm)
    taps = taps_kw * min(1.0, flow, max(0.0, (supply - COLD_WATER) / (_TAPS_NEED - COLD_WATER)))
    make_up = WATER * leak * (back - COLD_WATER)
    losses = body.loss_kw * (supply - schedule.INDOOR)
    supply += (fire - losses - carried) / body.boiler_kw
    back += (carried - radiators - taps - make_up) / body.network_kw
    if supply > BOILS_AT:
        losses += (supply - BOILS_AT) * body.boiler_kw
        supply = BOILS_AT
    return supply, back, fire, trim, radiators, taps, make_up, losses, tripped


def _steer(now: State, aim: float, most: float, flame: float, body: _Body) -> tuple[float, float]:
    """Fire and the regulator's memory: feed-forward of the flow, a little P, a slow I that knows its ends."""
    supply, back, fire, trim = now[0], now[1], now[2], now[3]
    error = aim - supply
    learnt = trim + body.conductance * error * STEP_S / 7200
    wanted = body.conductance * (aim - back + 0.3 * error) + learnt
    if 0 < wanted < most:
        trim = learnt
    wanted = min(most, max(0.0, wanted * (1 + 0.03 * flame)))
    return fire + (wanted - fire) * body.catches, trim
