"""An air post in the city: what is emitted, how fast it is carried off, and so what is in the air.

A box model: concentration = background + emission / ventilation. Emission follows the frost (heating) and the
clock (traffic), ventilation the weather. Calm frost under an inversion gives smog, wind clears it.
"""

from collections.abc import Mapping

from firmware_sim.plant import schedule
from firmware_sim.plant.calendar import hour, is_weekend, peak, winter
from firmware_sim.plant.noise import Noise
from firmware_sim.plant.variables import Variable
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


class AirPost:
    """One air post; `seed` is its own, the weather may be shared with its neighbours."""

    def __init__(self, seed: int | str, weather: Weather) -> None:
        self._weather = weather
        self._plume = Noise(seed, "plume", 900)
        self._eddy = Noise(seed, "eddy", 6)
        self._works = Noise(seed, "works", 5400)
        self._gas = {name: Noise(seed, name, 20) for name in ("so2", "no2", "co", "h2s", "t_cabinet")}

    @property
    def variables(self) -> Mapping[str, Variable]:
        """See `VARIABLES`."""
        return VARIABLES

    def at(self, t_s: float) -> dict[str, float]:
        """All variables at an instant of plant time."""
        sky = self._weather.at(t_s)
        return self._dust(t_s, sky) | self._gases(t_s, sky) | self._air(t_s, sky)

    def _dust(self, t_s: float, sky: Sky) -> dict[str, float]:
        stir = 1 + 0.15 * self._plume.at(t_s) + 0.04 * self._eddy.at(t_s)
        fine = stir * (5 + (9 * _heating(sky) + 3 * _traffic(t_s)) / sky.ventilation)
        blown = (1 - winter(t_s)) * max(0.0, sky.wind_speed - 5) ** 2
        return {"pm1": 0.62 * fine, "pm2_5": fine, "pm10": 1.35 * fine + blown}

    def _gases(self, t_s: float, sky: Sky) -> dict[str, float]:
        fires, cars = _heating(sky) / sky.ventilation, _traffic(t_s) / sky.ventilation
        works = max(0.0, self._works.at(t_s)) / sky.ventilation
        clean = {
            "so2": 0.003 + 0.016 * fires + 0.03 * works,
            "no2": 0.006 + 0.004 * fires + 0.009 * cars,
            "co": 0.2 + 0.2 * fires + 0.25 * cars,
            "h2s": 0.0008 + 0.002 * works,
        }
        return {name: value * (1 + 0.05 * self._gas[name].at(t_s)) for name, value in clean.items()}

    def _air(self, t_s: float, sky: Sky) -> dict[str, float]:
        return {
            "wind_speed": sky.wind_speed,
            "wind_direction": sky.wind_direction,
            "t_air": sky.temperature,
            "rh_air": sky.humidity,
            "p_air": sky.pressure,
            "t_cabinet": max(12.0, sky.temperature + 8) + 0.5 * self._gas["t_cabinet"].at(t_s),
        }


def _heating(sky: Sky) -> float:
    """Chimneys, 1 at the design frost; stoves and industry never stop."""
    return 0.12 + 0.88 * schedule.share(min(sky.daily_mean, schedule.INDOOR))


def _traffic(t_s: float) -> float:
    """Cars: two rush hours on working days, one long afternoon at the weekend."""
    now = hour(t_s)
    if is_weekend(t_s):
        return 0.2 + 0.5 * peak(now, 15, 3.5)
    return 0.2 + 0.8 * peak(now, 8.5, 1.2) + 0.8 * peak(now, 18.5, 1.7)
