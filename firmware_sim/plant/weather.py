"""Weather of the Upper Irtysh: a continental year, a daily wave, and air masses that stay for days.

Cold spells there are anticyclones: high pressure, little wind, an inversion at night. So one slow noise, the
air mass, moves temperature, pressure and wind together; that is what makes smog come with frost.
"""

import math

import numpy as np
from msgspec import Struct

from firmware_sim.plant.calendar import DAY_S, hour, winter
from firmware_sim.plant.noise import Array, Noises

COLDEST, WARMEST = -44.0, 41.0
"""°C; the temperature stays inside."""

_PERIODS_S = {
    "air mass": 4.3 * DAY_S,
    "front": 1.7 * DAY_S,
    "cloud": 5 * 3600,
    "pressure": 2.9 * DAY_S,
    "wind": 0.8 * DAY_S,
    "gust": 4,
    "direction": 1.1 * DAY_S,
    "veer": 45,
    "humidity": 0.7 * DAY_S,
}


class Sky(Struct, frozen=True):
    """The weather at some instants."""

    temperature: Array  # °C
    daily_mean: Array  # °C, without the daily wave
    pressure: Array  # hPa at the station, 285 m above the sea
    wind_speed: Array  # m/s
    wind_direction: Array  # degrees, where it comes from, 0…360
    humidity: Array  # %
    ventilation: Array  # how fast pollution is carried off; 1 on an ordinary day, 0.06 under an inversion


class Weather:
    """The weather of one region; the same seed has the same weather.

    `warmer_k` moves all temperatures: a story may need its frost on a certain day.
    """

    def __init__(self, seed: int, warmer_k: float = 0.0) -> None:
        self._noises = Noises(seed, _PERIODS_S)
        self._warmer_k = warmer_k

    def at(self, times: Array) -> Sky:
        """The weather at instants of plant time."""
        noise, cold = self._noises.at(times), winter(times)
        mass = 0.65 * noise["air mass"] + 0.35 * noise["front"]
        day = np.cos(math.tau * (hour(times) - 15) / 24)
        # January −17, July +21 on average; air masses swing by twice as much in winter.
        mean = 21 - 38 * cold + (10 + 15 * cold) * mass + self._warmer_k
        wave = (6.5 - 3 * cold) * (0.75 + 0.25 * noise["cloud"]) * day
        wind = 2.6 * np.exp(0.9 * noise["wind"] + (0.4 + 0.7 * cold) * mass + 0.25 * day)
        wind = np.minimum(29.0, wind * (1 + 0.25 * noise["gust"]))
        return Sky(
            temperature=np.clip(mean + wave, COLDEST, WARMEST),
            daily_mean=mean,
            pressure=984 + 7 * cold - 11 * mass + 5 * noise["pressure"],
            wind_speed=wind,
            wind_direction=(135 + 150 * noise["direction"] + 14 * noise["veer"]) % 360,
            humidity=np.clip(60 + 14 * cold - 14 * day + 16 * noise["humidity"], 12.0, 99.0),
            ventilation=_ventilation(wind, cold, mass, day),
        )


def _ventilation(wind: Array, cold: Array, mass: Array, day: Array) -> Array:
    """Wind times the depth of the mixed air, over what is ordinary (4 m/s through 600 m)."""
    lid = 0.35 + 0.3 * day + 0.5 * mass * cold
    depth_m = 90 + 1100 * np.clip(lid + 0.05 * wind, 0.0, 1.0)
    return np.maximum(0.06, (wind + 0.4) * depth_m / 2400)
