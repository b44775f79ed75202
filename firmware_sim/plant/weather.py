"""Weather of the Upper Irtysh: a continental year, a daily wave, and air masses that stay for days.

Cold spells there are anticyclones: high pressure, little wind, an inversion at night. So one slow noise, the
air mass, moves temperature, pressure and wind together; that is what makes smog come with frost.
"""

import math

from msgspec import Struct

from firmware_sim.plant.calendar import DAY_S, hour, winter
from firmware_sim.plant.noise import Noise

COLDEST, WARMEST = -44.0, 41.0
"""°C; the temperature stays inside."""


class Sky(Struct, frozen=True):
    """The weather at one instant."""

    temperature: float  # °C
    daily_mean: float  # °C, without the daily wave
    pressure: float  # hPa at the station, 285 m above the sea
    wind_speed: float  # m/s
    wind_direction: float  # degrees, where it comes from, 0…360
    humidity: float  # %
    ventilation: float  # how fast pollution is carried off; 1 on an ordinary day, 0.06 under an inversion


class Weather:
    """The weather of one region; the same seed has the same weather."""

    def __init__(self, seed: int) -> None:
        self._slow = Noise(seed, "air mass", 4.3 * DAY_S)
        self._quick = Noise(seed, "front", 1.7 * DAY_S)
        self._cloud = Noise(seed, "cloud", 5 * 3600)
        self._pressure = Noise(seed, "pressure", 2.9 * DAY_S)
        self._wind = Noise(seed, "wind", 0.8 * DAY_S)
        self._gust = Noise(seed, "gust", 4)
        self._turn = Noise(seed, "direction", 1.1 * DAY_S)
        self._veer = Noise(seed, "veer", 45)
        self._humid = Noise(seed, "humidity", 0.7 * DAY_S)

    def at(self, t_s: float) -> Sky:
        """The weather at an instant of plant time."""
        cold, mass = winter(t_s), 0.65 * self._slow.at(t_s) + 0.35 * self._quick.at(t_s)
        day = math.cos(math.tau * (hour(t_s) - 15) / 24)
        mean = self._mean(cold, mass)
        wind = self._speed(t_s, cold, mass, day)
        return Sky(
            temperature=min(WARMEST, max(COLDEST, mean + self._daily(t_s, cold) * day)),
            daily_mean=mean,
            pressure=984 + 7 * cold - 11 * mass + 5 * self._pressure.at(t_s),
            wind_speed=wind,
            wind_direction=(135 + 150 * self._turn.at(t_s) + 14 * self._veer.at(t_s)) % 360,
            humidity=min(99.0, max(12.0, 60 + 14 * cold - 14 * day + 16 * self._humid.at(t_s))),
            ventilation=_ventilation(wind, cold, mass, day),
        )

    def _mean(self, cold: float, mass: float) -> float:
        """January −17, July +21 on average; air masses swing by twice as much in winter."""
        return 21 - 38 * cold + (10 + 15 * cold) * mass

    def _daily(self, t_s: float, cold: float) -> float:
        return (6.5 - 3 * cold) * (0.75 + 0.25 * self._cloud.at(t_s))

    def _speed(self, t_s: float, cold: float, mass: float, day: float) -> float:
        mean = 2.6 * math.exp(0.9 * self._wind.at(t_s) + (0.4 + 0.7 * cold) * mass + 0.25 * day)
        return min(29.0, mean * (1 + 0.25 * self._gust.at(t_s)))


def _ventilation(wind: float, cold: float, mass: float, day: float) -> float:
    """Wind times the depth of the mixed air, over what is ordinary (4 m/s through 600 m)."""
    lid = 0.35 + 0.3 * day + 0.5 * mass * cold
    depth_m = 90 + 1100 * min(1.0, max(0.0, lid + 0.05 * wind))
    return max(0.06, (wind + 0.4) * depth_m / 2400)
