"""The heat of a boiler house: fire ─▶ boiler water ─▶ network ─▶ radiators and hot taps, in steps of 20 s.

Two bodies of water hold the heat: the boilers' (supply temperature) and the network's (return temperature).
In each step what the fire gives is what the bodies gain plus what leaves them; nothing else happens to heat:

    fire = Δstored/Δt + radiators + taps + make-up + losses                                              (kW)

A steered system forgets: eight hours after any start its state no longer depends on that start (to 0.01 °C).
So the trajectory is cut into windows of plant time, each begun eight hours early from the steady state, and
the state at an instant depends on the instant alone.
"""

from functools import lru_cache

from msgspec import Struct
from msgspec.structs import astuple

from firmware_sim.plant import schedule
from firmware_sim.plant.calendar import hour, peak
from firmware_sim.plant.noise import Noise
from firmware_sim.plant.weather import Weather

STEP_S = 20.0
_WINDOW_S = 2 * 3600.0
_FORGET_S = 8 * 3600.0

WATER = 4.19 / 3.6
"""kW that warm 1 t/h by 1 K (4.19 kJ/kg·K)."""

COLD_WATER = 5.0
"""°C of the water that makes up for leaks."""

HOT_TAPS_FROM = 60.0
"""°C: the supply never falls below, or the taps run cold."""

_SEASON_ENDS = 8.0
"""°C of the day's mean outdoors, above which nobody heats."""

_TAPS_SHARE = 0.12
_LOSS_SHARE = 0.02
_BOILER_HOURS = 0.03
_NETWORK_HOURS = 0.9
_LEAK_PER_HOUR = 0.0012
"""Of the water volume; 0.0025 is the yearly mean that is allowed in a closed network."""


class Size(Struct, frozen=True):
    """What the boiler house was built for."""

    design_kw: float
    fire_lag_s: float
    """How slowly the fire follows: a grate of coal 600 s, an oil burner 60 s."""

    @property
    def flow(self) -> float:
        """Network flow, t/h: carries the design load at the design drop."""
        return self.design_kw / WATER / schedule.DESIGN_DROP

    @property
    def boiler_t(self) -> float:
        return self.flow * _BOILER_HOURS

    @property
    def network_t(self) -> float:
        return self.flow * _NETWORK_HOURS

    @property
    def most_kw(self) -> float:
        """What all boilers give together."""
        return 1.35 * self.design_kw


class Heat(Struct, frozen=True):
    """The state after one step, and the mean powers (kW) of that step."""

    supply: float  # °C
    back: float  # °C, the return
    fire: float
    trim: float  # the regulator's memory, kW
    radiators: float
    taps: float
    make_up: float
    losses: float


class Demand(Struct, frozen=True):
    """What weather and people ask for at one instant."""

    outdoor: float  # °C
    season: float  # 1 while radiators are open, 0 in summer
    taps_kw: float
    leak: float  # t/h

    @property
    def setpoint(self) -> float:
        """The supply temperature to hold, °C."""
        return max(HOT_TAPS_FROM, schedule.supply(self.outdoor))


class HeatBalance:
    """The thermal side of one boiler house."""

    def __init__(self, seed: int | str, size: Size, weather: Weather) -> None:
        self.size = size
        self._weather = weather
        self._leak = Noise(seed, "leak", 2700)
        self._draw = Noise(seed, "taps", 300)
        self._flame = Noise(seed, "flame", 240)
        self._window = lru_cache(maxsize=2)(self._stepped)

    def at(self, t_s: float) -> Heat:
        """The state at an instant, between the two steps around it."""
        number, inside = divmod(t_s, _WINDOW_S)
        place, part = divmod(inside / STEP_S, 1)
        first, second = self._window(int(number))[int(place) : int(place) + 2]
        return Heat(*(a + (b - a) * part for a, b in zip(astuple(first), astuple(second), strict=True)))

    def steps(self, window: int) -> tuple[Heat, ...]:
        """The states of one window of two hours, 20 s apart, its first and last instants included."""
        return self._window(window)

    def demand(self, t_s: float) -> Demand:
        """What is asked for at an instant."""
        sky, now, size = self._weather.at(t_s), hour(t_s), self.size
        habit = 0.35 + 0.9 * peak(now, 7.5, 1.4) + 1.1 * peak(now, 20, 2.2)
        return Demand(
            outdoor=sky.temperature,
            season=min(1.0, max(0.0, (_SEASON_ENDS + 1 - sky.daily_mean) / 2)),
            taps_kw=_TAPS_SHARE * size.design_kw * habit * (1 + 0.2 * self._draw.at(t_s)),
            leak=(size.network_t + size.boiler_t) * _LEAK_PER_HOUR * (1 + 0.6 * self._leak.at(t_s)),
        )

    def steady(self, t_s: float) -> Heat:
        """Where the house would settle if the demand of this instant stayed."""
        asked = self.demand(t_s)
        supply, back = asked.setpoint, asked.setpoint - schedule.DESIGN_DROP / 2
        for _ in range(6):
            out = self._leaving(asked, supply, back)
            back = (back + supply - sum(out[:3]) / (WATER * self.size.flow)) / 2
        radiators, taps, make_up, losses = self._leaving(asked, supply, back)
        fire = radiators + taps + make_up + losses
        return Heat(supply, back, fire, losses, radiators, taps, make_up, losses)

    def _stepped(self, number: int) -> tuple[Heat, ...]:
        begin = number * _WINDOW_S
        state = self.steady(begin - _FORGET_S)
        for step in range(int(_FORGET_S / STEP_S)):
            state = self._next(state, begin - _FORGET_S + step * STEP_S)
        states = [state]
        for step in range(int(_WINDOW_S / STEP_S)):
            states.append(self._next(states[-1], begin + step * STEP_S))
        return tuple(states)

    def _next(self, now: Heat, t_s: float) -> Heat:
        size, asked = self.size, self.demand(t_s)
        radiators, taps, make_up, losses = self._leaving(asked, now.supply, now.back)
        carried = WATER * size.flow * (now.supply - now.back)
        per_kelvin = WATER * 3600 / STEP_S
        fire, trim = self._steer(now, asked, t_s)
        return Heat(
            supply=now.supply + (fire - losses - carried) / (per_kelvin * size.boiler_t),
            back=now.back + (carried - radiators - taps - make_up) / (per_kelvin * size.network_t),
            fire=fire,
            trim=trim,
            radiators=radiators,
            taps=taps,
            make_up=make_up,
            losses=losses,
        )

    def _leaving(self, asked: Demand, supply: float, back: float) -> tuple[float, float, float, float]:
        """Radiators, taps, make-up, losses, kW."""
        size = self.size
        return (
            asked.season * size.design_kw * schedule.emission((supply + back) / 2),
            asked.taps_kw,
            WATER * asked.leak * (back - COLD_WATER),
            _LOSS_SHARE * size.design_kw * (supply - schedule.INDOOR) / schedule.DESIGN_SUPPLY,
        )

    def _steer(self, now: Heat, asked: Demand, t_s: float) -> tuple[float, float]:
        """Fire and the regulator's memory: feed-forward of the flow, a little P, a slow I."""
        conductance = WATER * self.size.flow
        error = asked.setpoint - now.supply
        trim = now.trim + conductance * error * STEP_S / 7200
        wanted = conductance * (asked.setpoint - now.back + 0.3 * error) + trim
        wanted = min(self.size.most_kw, max(0.0, wanted * (1 + 0.03 * self._flame.at(t_s))))
        fire = now.fire + (wanted - now.fire) * min(1.0, STEP_S / self.size.fire_lag_s)
        return fire, min(self.size.most_kw, max(-self.size.most_kw, trim))
