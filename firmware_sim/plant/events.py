"""What goes wrong, as the plant and its sensors are told of it: when, how badly, and where.

An event has no memory of its own: how far it has got at an instant follows from when it began and ended, so
the plant's state still depends on nothing but seed, story and instant.
"""

import math
from collections.abc import Iterable
from enum import StrEnum

import numpy as np
from msgspec import Struct

from firmware_sim.plant.noise import Array


class Kind(StrEnum):
    """What can happen; the comment says what the level counts."""

    PUMP_STOP = "pump_stop"  # share of the circulation that is lost, 0…1
    OVERSHOOT = "overshoot"  # K by which the regulator strives too high
    BURST = "burst"  # hole: water lost over what the make-up pumps can give
    SLOW_LEAK = "slow_leak"  # the same, opening over `over_s`
    FROZEN_BRANCH = "frozen_branch"  # share of the branch that is blocked, 0…1
    DRAUGHT_LOSS = "draught_loss"  # share of the draught that is lost; above 1 the furnace blows out
    POWER_OUTAGE = "power_outage"  # hours that the UPS lasts
    BOILER_TRIP = "boiler_trip"  # share of the house's capacity that is lost, 0…1
    FUEL_THEFT = "fuel_theft"  # share of the store that is taken while it lasts
    FUEL_LEAK = "fuel_leak"  # share of the store that is lost an hour
    EMISSION_PEAK = "emission_peak"  # how much a works sends out, over its usual most
    INVERSION = "inversion"  # share of a calm night's ventilation that is lost, 0…1
    CROSS_SENSITIVITY = "cross_sensitivity"  # mg/m³ of H2S that 1 mg/m³ of SO2 feigns
    FOULING = "fouling"  # µg/m³ that dirt on the optics feigns
    SENSOR_BREAK = "sensor_break"  # not used
    SENSOR_STUCK = "sensor_stuck"  # not used
    SENSOR_DRIFT = "sensor_drift"  # °C, for all else percent of the value, reached after `over_s`
    SENSOR_JUMP = "sensor_jump"  # °C, for all else percent of the value, at once
    SENSOR_NOISE = "sensor_noise"  # °C, for all else percent of the value, at most
    SENSOR_SWAP = "sensor_swap"  # not used
    BUS_FAULT = "bus_fault"  # share of the answers on a link that are spoilt
    DEVICE_SILENT = "device_silent"  # share of the requests that get no answer


class Event(Struct, frozen=True, kw_only=True):
    """Something that happens; times are plant seconds since 1970, `end_s` is the first instant after it."""

    kind: Kind
    begin_s: float
    end_s: float = math.inf
    level: float = 1.0
    """How badly, see `Kind`."""
    over_s: float = 0.0
    """How long a slow one takes to reach its level."""
    boiler: int = 1
    branch: int = 3
    device: str = ""
    channel: str = ""
    """As it is called at the site."""
    other_device: str = ""
    other_channel: str = ""
    """The sensor it is swapped with."""
    link: str = ""

    def lasts(self, times: Array) -> Array:
        """1 while it lasts, else 0."""
        return ((self.begin_s <= times) & (times < self.end_s)).astype(np.float64)

    def seconds(self, times: Array) -> Array:
        """How long it has lasted at an instant, not counting what comes after its end."""
        return np.maximum(0.0, np.minimum(times, self.end_s) - self.begin_s)

    def grown(self, times: Array, rise_s: float, fall_s: float) -> Array:
        """0…1: what answers to it with a lag of `rise_s`, and forgets it with one of `fall_s`."""
        risen = -np.expm1(-self.seconds(times) / rise_s)
        return risen * np.exp(-np.maximum(0.0, times - self.end_s) / fall_s)

    def opened(self, times: Array, fall_s: float) -> Array:
        """0…1: grows straight over `over_s`, and is made good with a lag of `fall_s` after its end."""
        risen = np.minimum(1.0, self.seconds(times) / max(self.over_s, 1.0))
        return risen * np.exp(-np.maximum(0.0, times - self.end_s) / fall_s)


class Events:
    """The events of one site, by kind."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.all = tuple(events)

    def of(self, *kinds: Kind) -> tuple[Event, ...]:
        """Those of some kinds, in the order of the story."""
        return tuple(event for event in self.all if event.kind in kinds)

    def at_boiler(self, boiler: int) -> "Events":
        """Trips of one boiler."""
        return Events(event for event in self.of(Kind.BOILER_TRIP) if event.boiler == boiler)

    def at_branch(self, branch: int) -> "Events":
        """What freezes one branch."""
        return Events(event for event in self.of(Kind.FROZEN_BRANCH) if event.branch == branch)

    def left(self, times: Array, kind: Kind, rise_s: float, fall_s: float) -> Array:
        """What the events of a kind leave of 1: the product of (1 − level · how far each has grown)."""
        rest = np.ones_like(times)
        for event in self.of(kind):
            rest = rest * np.maximum(1 - event.level * event.grown(times, rise_s, fall_s), -1.0)
        return rest

    def felt(self, times: Array, kind: Kind, rise_s: float, fall_s: float) -> Array:
        """How far the events of a kind have grown together, whatever their level, 0…1."""
        rest = np.ones_like(times)
        for event in self.of(kind):
            rest = rest * (1 - event.grown(times, rise_s, fall_s))
        return 1 - rest

    def sum(self, times: Array, kind: Kind, rise_s: float, fall_s: float) -> Array:
        """What the events of a kind add up to: the sum of level · how far each has grown."""
        total = np.zeros_like(times)
        for event in self.of(kind):
            total = total + event.level * event.grown(times, rise_s, fall_s)
        return total

    def running(self, times: Array, *kinds: Kind) -> Array:
        """1 while any event of these kinds lasts, else 0."""
        found = np.zeros_like(times)
        for event in self.of(*kinds):
            found = np.maximum(found, event.lasts(times))
        return found
