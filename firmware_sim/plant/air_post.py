"""An air post in the city: what is emitted, how fast it is carried off, and so what is in the air.

A box model: concentration = background + emission / ventilation. Emission follows the frost (heating), the
clock (traffic) and the works, ventilation the weather. Calm frost under an inversion gives smog, wind clears
it.
"""

from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np
from msgspec.structs import replace

from firmware_sim.plant import schedule
from firmware_sim.plant.calendar import hour, is_weekend, peak, winter
from firmware_sim.plant.events import Event, Events, Kind
from firmware_sim.plant.noise import Array, Noises
from firmware_sim.plant.variables import Variable, within
from firmware_sim.plant.weather import Sky, Weather
from wire.quantities import Quantity

VARIABLES: Mapping[str, Variable] = {
    "pm1": Variable(Quantity.PM1, 0, 1000, "Fine dust PM1"),
    "pm2_5": Variable(Quantity.PM2_5, 0, 1000, "Fine dust PM2.5"),
    "pm10": Variable(Quantity.PM10, 0, 2000, "Dust PM10"),
    "so2": Variable(Quantity.SO2, 0, 10, "Sulphur dioxide"),
    "no2": Variable(Quantity.NO2, 0, 5, "Nitrogen dioxide"),
    "co": Variable(Quantity.CO, 0, 50, "Carbon monoxide"),
    "h2s": Variable(Quantity.H2S, 0, 1, "Hydrogen sulphide"),
    "wind_speed": Variable(Quantity.WIND_SPEED, 0, 60, "Wind speed"),
    "wind_direction": Variable(Quantity.WIND_DIRECTION, 0, 360, "Wind direction"),
    "t_air": Variable(Quantity.TEMPERATURE, -60, 60, "Air temperature"),
    "rh_air": Variable(Quantity.HUMIDITY, 0, 100, "Relative humidity"),
    "p_air": Variable(Quantity.AIR_PRESSURE, 850, 1100, "Air pressure"),
    "t_cabinet": Variable(Quantity.TEMPERATURE, -50, 80, "Cabinet temperature"),
}

_GASES = ("so2", "no2", "co", "h2s")
_PERIODS_S = {"plume": 900, "eddy": 6, "works": 5400, "t_cabinet": 20} | dict.fromkeys(_GASES, 20)
_STILLEST = 0.02
"""The least ventilation there is; below it even slow drift carries more off."""
_CALM = 0.13
"""The ventilation of a calm night without a lid."""
_SETTLES_S, _LIFTS_S = 3600.0, 1800.0


class AirPost:
    """One air post; `seed` is its own, the weather may be shared with its neighbours."""

    def __init__(self, seed: int | str, weather: Weather, events: Iterable[Event] = ()) -> None:
        self._seed, self._weather, self.events = seed, weather, Events(events)
        self._noises = Noises(seed, _PERIODS_S)

    @property
    def variables(self) -> Mapping[str, Variable]:
        """See `VARIABLES`."""
        return VARIABLES

    def told(self, events: Iterable[Event]) -> Self:
        """The same post with another story."""
        return type(self)(self._seed, self._weather, events)

    def at(self, t_s: float) -> dict[str, float]:
        """All variables at an instant of plant time."""
        return {name: float(values[0]) for name, values in self.over(np.array([t_s])).items()}

    def over(self, times: Array) -> dict[str, Array]:
        """All variables at many instants of plant time."""
        sky, noise = self._sky(times), self._noises.at(times)
        works = np.maximum(0.0, noise["works"]) + self.events.sum(times, Kind.EMISSION_PEAK, 300, 900)
        values = _dust(times, sky, noise, works) | _gases(times, sky, noise, works) | _air(sky, noise)
        return within(VARIABLES, values)

    def _sky(self, times: Array) -> Sky:
        """The weather; an inversion is a lid with still air under it, however it blew before.

        The wind dies down by the same share in every hour, and comes back so.
        """
        sky = self._weather.at(times)
        left = np.ones_like(times)
        for event in self.events.of(Kind.INVERSION):
            under_it = max(_STILLEST, (1 - event.level) * _CALM)
            grown = event.grown(times, _SETTLES_S, _LIFTS_S)
            left = np.minimum(left, (under_it / sky.ventilation) ** grown)
        return replace(sky, wind_speed=sky.wind_speed * left, ventilation=sky.ventilation * left)


def _dust(times: Array, sky: Sky, noise: Mapping[str, Array], works: Array) -> dict[str, Array]:
    stir = 1 + 0.15 * noise["plume"] + 0.04 * noise["eddy"]
    usual = np.minimum(works, 1.0)
    sent = 9 * _heating(sky) + 3 * _traffic(times) + 2.5 * (works - usual)
    fine = stir * (5 + sent / sky.ventilation)
    blown = (1 - winter(times)) * np.maximum(0.0, sky.wind_speed - 5) ** 2
    return {"pm1": 0.62 * fine, "pm2_5": fine, "pm10": 1.35 * fine + blown}


def _gases(times: Array, sky: Sky, noise: Mapping[str, Array], works: Array) -> dict[str, Array]:
    fires, cars = _heating(sky) / sky.ventilation, _traffic(times) / sky.ventilation
    carried = works / sky.ventilation
    clean = {
        "so2": 0.003 + 0.016 * fires + 0.03 * carried,
        "no2": 0.006 + 0.004 * fires + 0.009 * cars,
        "co": 0.2 + 0.2 * fires + 0.25 * cars,
        "h2s": 0.0008 + 0.002 * carried,
    }
    return {name: value * (1 + 0.05 * noise[name]) for name, value in clean.items()}


def _air(sky: Sky, noise: Mapping[str, Array]) -> dict[str, Array]:
    return {
        "wind_speed": sky.wind_speed,
        "wind_direction": sky.wind_direction,
        "t_air": sky.temperature,
        "rh_air": sky.humidity,
        "p_air": sky.pressure,
        "t_cabinet": np.maximum(12.0, sky.temperature + 8) + 0.5 * noise["t_cabinet"],
    }


def _heating(sky: Sky) -> Array:
    """Chimneys, 1 at the design frost; stoves and industry never stop."""
    return 0.12 + 0.88 * schedule.share(np.minimum(sky.daily_mean, schedule.INDOOR))


def _traffic(times: Array) -> Array:
    """Cars: two rush hours on working days, one long afternoon at the weekend."""
    now, weekend = hour(times), is_weekend(times)
    work = 0.2 + 0.8 * peak(now, 8.5, 1.2) + 0.8 * peak(now, 18.5, 1.7)
    return work + (0.2 + 0.5 * peak(now, 15, 3.5) - work) * weekend
