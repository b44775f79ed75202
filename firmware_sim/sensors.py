"""What stands between a plant and its instruments: sensors with their own noise, and what goes wrong there.

    plant ─▶ what is true ─▶ own noise ─▶ broken, stuck, drifted, swapped, fooled ─▶ instrument

A value is NaN where the sensor gives none.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from firmware_sim.plant import Plant
from firmware_sim.plant.events import Event, Events, Kind
from firmware_sim.plant.noise import Array, Noises
from wire.quantities import Quantity

_NOISE_S = 11.0
_SPREAD: Mapping[Quantity, tuple[float, float]] = {
    Quantity.TEMPERATURE: (0.04, 0.0),
    Quantity.DRAUGHT: (0.3, 0.0),
    Quantity.PRESSURE: (0.2, 0.0005),
    Quantity.LEVEL: (0.03, 0.0),
    Quantity.WIND_DIRECTION: (0.5, 0.0),
    Quantity.STATE: (0.0, 0.0),
    Quantity.HEAT: (0.0, 0.0),
    Quantity.ENERGY: (0.0, 0.0),
    Quantity.MASS: (0.0, 0.0003),
    Quantity.PM1: (0.2, 0.03),
    Quantity.PM2_5: (0.2, 0.03),
    Quantity.PM10: (0.2, 0.03),
    Quantity.H2S: (0.0004, 0.01),
    Quantity.SO2: (0.002, 0.01),
    Quantity.NO2: (0.002, 0.01),
}
"""A sensor's own noise at most: absolute in its unit, and as a share of the value."""
_ORDINARY = (0.0, 0.002)
_FOULING = {"pm1": 0.6, "pm2_5": 1.0, "pm10": 1.4}
_CLEANED_S = 60.0

Point = tuple[str, str]
"""Device and channel; a channel bears the name of the variable it measures."""

Seen = dict[Point, Array]


class Sensors:
    """The sensors of one site."""

    def __init__(self, seed: str, plant: Plant, points: Iterable[Point], events: Events) -> None:
        self._plant = plant
        self._noises = Noises(f"{seed}/sensors", {"/".join(point): _NOISE_S for point in points})
        self._points = tuple(points)
        self._faults = [(event, _FAULTS[event.kind]) for event in events.all if event.kind in _FAULTS]

    def over(self, times: Array, device: str | None = None) -> Seen:
        """What every sensor (of one device) gives at many instants, in the unit of its variable."""
        points = [point for point in self._points if device in {None, point[0]}]
        seen = self.fair(times, points)
        for event, fault in self._faults:
            for point in points:
                if _meets(event, point):
                    seen[point] = fault(_Look(self, event, times, point), seen[point])
        return seen

    def fair(self, times: Array, points: Iterable[Point]) -> Seen:
        """What sensors give while nothing is wrong with them."""
        truth, noises = self._plant.over(times), self._noises.at(times)
        return {point: self._noisy(truth[point[1]], point, noises) for point in points}

    def true(self, times: Array, variable: str) -> Array:
        """What there really is to be measured."""
        return self._plant.over(times)[variable]

    def quantity(self, point: Point) -> Quantity:
        """What a sensor measures."""
        return self._plant.variables[point[1]].quantity

    def _noisy(self, value: Array, point: Point, noises: Mapping[str, Array]) -> Array:
        absolute, share = _SPREAD.get(self.quantity(point), _ORDINARY)
        return value + (absolute + share * np.abs(value)) * noises["/".join(point)]


class _Look:
    """One event at one sensor, at some instants."""

    def __init__(self, sensors: Sensors, event: Event, times: Array, point: Point) -> None:
        self.sensors, self.event, self.times, self.point = sensors, event, times, point
        self.lasts = event.lasts(times) > 0

    def elsewhere(self, point: Point) -> Array:
        """What another sensor gives."""
        return self.sensors.fair(self.times, [point])[point]

    def at_first(self) -> float:
        """What this sensor gave when the event began."""
        return float(self.sensors.fair(np.array([self.event.begin_s]), [self.point])[self.point][0])

    def amount(self, value: Array) -> Array:
        """The event's level at this sensor: °C, for all else percent of the value."""
        if self.sensors.quantity(self.point) is Quantity.TEMPERATURE:
            return np.full_like(value, self.event.level)
        return self.event.level / 100 * np.abs(value)


def _meets(event: Event, point: Point) -> bool:
    if event.kind is Kind.FOULING:
        return point[0] == event.device and point[1] in _FOULING
    first, second = (event.device, event.channel), (event.other_device, event.other_channel)
    return point == first or (event.kind is Kind.SENSOR_SWAP and point == second)


def _broken(look: _Look, value: Array) -> Array:
    return np.where(look.lasts, np.nan, value)


def _stuck(look: _Look, value: Array) -> Array:
    return np.where(look.lasts, look.at_first(), value) if look.lasts.any() else value


def _drifting(look: _Look, value: Array) -> Array:
    return value + look.amount(value) * look.event.opened(look.times, _CLEANED_S)


def _jumped(look: _Look, value: Array) -> Array:
    return value + look.amount(value) * look.lasts


def _restless(look: _Look, value: Array) -> Array:
    wild = Noises(f"{look.point}/wild", {"wild": 2.0}).at(look.times)["wild"]
    return value + look.amount(value) * look.lasts * wild


def _swapped(look: _Look, value: Array) -> Array:
    pair = (look.event.device, look.event.channel), (look.event.other_device, look.event.other_channel)
    other = pair[look.point == pair[0]]
    return np.where(look.lasts, look.elsewhere(other), value)


def _fooled(look: _Look, value: Array) -> Array:
    """A worn scrubber lets SO2 through to the H2S cell."""
    so2 = look.sensors.true(look.times, "so2")
    return value + look.event.level * so2 * look.event.grown(look.times, 600, _CLEANED_S)


def _fouled(look: _Look, value: Array) -> Array:
    """Dirt on the optics scatters light by itself, and swallows some of the light that dust scatters."""
    dirt = look.event.opened(look.times, _CLEANED_S)
    return value * (1 - 0.1 * dirt) + _FOULING[look.point[1]] * look.event.level * dirt


_FAULTS: Mapping[Kind, Callable[[_Look, Array], Array]] = {
    Kind.SENSOR_BREAK: _broken,
    Kind.SENSOR_STUCK: _stuck,
    Kind.SENSOR_DRIFT: _drifting,
    Kind.SENSOR_JUMP: _jumped,
    Kind.SENSOR_NOISE: _restless,
    Kind.SENSOR_SWAP: _swapped,
    Kind.CROSS_SENSITIVITY: _fooled,
    Kind.FOULING: _fouled,
}
