"""What weather, people and events ask of the boilers: all that drives the heat balance from outside."""

import numpy as np
from msgspec import Struct

from firmware_sim.plant import schedule, water
from firmware_sim.plant.calendar import DAY_S, LOCAL_OFFSET_S, hour, is_weekend, peak
from firmware_sim.plant.events import Events, Kind
from firmware_sim.plant.noise import Array, Noises
from firmware_sim.plant.size import Size
from firmware_sim.plant.water import Circulation, Loss
from firmware_sim.plant.weather import Weather

HOT_TAPS_FROM = 60.0
"""°C: the supply never falls below, or the taps run cold."""

_SEASON_ENDS = 8.0
"""°C of the day's mean outdoors, above which nobody heats."""

_TAPS_SHARE = 0.12
_LEAK_PER_HOUR = 0.0012
"""Of the water volume; 0.0025 is the yearly mean that is allowed in a closed network."""

_HAND_K = 1.2
"""How far the operators correct the schedule by hand."""
_HAND_S = 1.5 * DAY_S
_TURNS_S = 1800.0


class Demand(Struct, frozen=True):
    """What is asked for at some instants."""

    outdoor: Array  # °C
    setpoint: Array  # °C of the supply
    bias: Array  # K by which the regulator strives too high
    season: Array  # 1 while radiators are open, 0 in summer
    taps_kw: Array
    leak: Array  # t/h of cold water that is made up
    moved: Circulation
    lost: Loss
    capacity: Array  # share of what all boilers give together
    flame: Array  # −1…1, how restless the fire is
    watched: Array  # 1 while nothing keeps people from lighting a boiler that has tripped


class Demands:
    """The demand on one boiler house."""

    def __init__(self, seed: int | str, size: Size, weather: Weather, events: Events) -> None:
        self._seed, self._size, self._weather, self.events = seed, size, weather, events
        self._noises = Noises(seed, {"leak": 2700, "taps": 300, "flame": 240})
        self._hand = Noises(seed, {"hand": _HAND_S})

    @property
    def calm(self) -> "Demands":
        """The demand on the same house while nothing is wrong."""
        return Demands(self._seed, self._size, self._weather, Events())

    def usual(self, times: Array) -> Demand:
        """As it would be if nothing were wrong."""
        return self._demand(times, Events())

    def at(self, times: Array) -> Demand:
        """As it is."""
        return self._demand(times, self.events)

    def _demand(self, times: Array, events: Events) -> Demand:
        sky, noise, size = self._weather.at(times), self._noises.at(times), self._size
        drips = size.volume_t * _LEAK_PER_HOUR * (1 + 0.6 * noise["leak"])
        lost, moved = water.loss(times, events, size), water.circulation(times, events)
        return Demand(
            outdoor=sky.temperature,
            setpoint=np.maximum(HOT_TAPS_FROM, schedule.supply(sky.temperature)) + self._corrected(times),
            bias=events.sum(times, Kind.OVERSHOOT, 60, 60),
            season=np.clip((_SEASON_ENDS + 1 - sky.daily_mean) / 2, 0.0, 1.0),
            taps_kw=_TAPS_SHARE * size.design_kw * _habit(times) * (1 + 0.2 * noise["taps"]),
            leak=drips * moved.mains + lost.made_up,
            moved=moved,
            lost=lost,
            capacity=_capacity(times, events),
            flame=noise["flame"],
            watched=1 - events.running(times, Kind.PUMP_STOP, Kind.OVERSHOOT, Kind.POWER_OUTAGE),
        )

    def _corrected(self, times: Array) -> Array:
        """Small corrections by hand, held for a day or two, turned in within half an hour."""
        at = times + LOCAL_OFFSET_S + 0.6 * DAY_S
        now, before = self._hand.steps(at)["hand"], self._hand.steps(at - _HAND_S)["hand"]
        part = np.minimum(1.0, at % _HAND_S / _TURNS_S)
        return _HAND_K * (before + (now - before) * part)


def _habit(times: Array) -> Array:
    """Hot water over the day: mornings and evenings; at weekends people rise late and wash at noon."""
    now, weekend = hour(times), is_weekend(times)
    work = 0.35 + 0.9 * peak(now, 7.5, 1.4) + 1.1 * peak(now, 20, 2.2)
    rest = 0.4 + 0.8 * peak(now, 10.5, 2.2) + 1.2 * peak(now, 19.5, 2.6)
    return work + (rest - work) * weekend


def _capacity(times: Array, events: Events) -> Array:
    """What trips, lost draught and a dead fan leave of the boilers."""
    rest = events.left(times, Kind.BOILER_TRIP, 5, 300)
    for event in events.of(Kind.DRAUGHT_LOSS):
        rest = rest * (1 - 0.7 * min(1.0, event.level) * event.grown(times, 10, 30))
    return rest * (1 - events.running(times, Kind.POWER_OUTAGE))
