"""One site while a story is played: what its instruments show, and what becomes of their answers.

The story may be changed by hand while it runs; `tell` replaces it, and the past stays as it was as far as the
events that made it are still told.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from msgspec import Struct

from firmware_sim.faults import LineFault
from firmware_sim.plant.events import Event, Events, Kind
from firmware_sim.plant.noise import Array, Noises
from firmware_sim.scenario import Device, Site
from firmware_sim.sensors import Sensors
from wire.messages import Value

_DRAWN_S = 1.0
_ALL = 0.999


class Answers(Struct, frozen=True):
    """What becomes of a device's answers at some instants."""

    silent: Array  # 1 where there is none
    garbled: Array  # 1 where it cannot be read

    @property
    def lost(self) -> Array:
        return np.maximum(self.silent, self.garbled)


class Stage:
    """A site and its story."""

    def __init__(self, site: Site, start_s: float) -> None:
        self.site, self._start_s = site, start_s
        self._points = [(device.name, m.name) for device in site.devices for m in device.measuring]
        self._chance = {
            device.name: Noises(f"{site.seed}/line", {device.name: _DRAWN_S}) for device in site.devices
        }
        self.tell(site.events)

    def tell(self, events: Iterable[Event]) -> None:
        """Play another story from now on."""
        self.events = Events(events)
        self._lines_suffer = bool(self.events.of(Kind.BUS_FAULT, Kind.DEVICE_SILENT, Kind.POWER_OUTAGE))
        plant = self.site.plant.told(self.events.all)
        self._sensors = Sensors(self.site.seed, plant, self._points, self.events)

    def warm(self, t_s: float) -> None:
        """Reckon the day of an instant, so that the first question is answered as quickly as the others."""
        self.over(np.array([t_s]))

    def over(self, times: Array) -> dict[str, dict[str, Array]]:
        """What every device should show at many instants, by profile channel; NaN: a broken sensor."""
        seen = self._sensors.over(times)
        return {
            device.name: device.shown_over(
                {m.name: seen[device.name, m.name] for m in device.measuring}, times - self._start_s
            )
            for device in self.site.devices
        }

    def shown(self, device: Device, t_s: float) -> Mapping[str, Value]:
        """What one device should show now; None or NaN where a sensor is broken."""
        seen = self._sensors.over(np.array([t_s]), device.name) if device.measuring else {}
        return device.shown({name: float(value[0]) for (_, name), value in seen.items()}, t_s - self._start_s)

    def strikes(self, device: Device, t_s: float) -> dict[LineFault, int]:
        """What happens to an answer of this device now, for its line."""
        if not self._lines_suffer:
            return {}
        found = self.answers(device, np.array([t_s]))
        if found.silent[0]:
            return {LineFault.SILENT: 1}
        return {LineFault.BAD_CRC: 1} if found.garbled[0] else {}

    def answers(self, device: Device, times: Array) -> Answers:
        """What becomes of this device's answers."""
        silent, garbled = np.zeros_like(times), np.zeros_like(times)
        if device.power == "mains":
            silent = self.events.running(times, Kind.POWER_OUTAGE)
        chance = self._chance[device.name].steps(times)[device.name] / 2 + 0.5
        for event in self.events.of(Kind.BUS_FAULT, Kind.DEVICE_SILENT):
            on_it = event.link == device.link if event.kind is Kind.BUS_FAULT else event.device == device.name
            hit = on_it * event.lasts(times) * (chance < event.level)
            dead = event.kind is Kind.DEVICE_SILENT or event.level > _ALL
            silent, garbled = np.maximum(silent, hit * dead), np.maximum(garbled, hit * (not dead))
        return Answers(silent, garbled)
