"""The physics behind the instruments: pure, seeded, and the same at a given instant however one gets there.

    weather ─┬─▶ boiler_house   heat balance, pumps, fuel, electricity   ◀─┬─ events
             └─▶ air_post       emission, dispersion, dust and gases      ◀─┘

Time is plant time: seconds since 1970-01-01T00:00Z. A plant may be asked about any instant in any order.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol, Self

from firmware_sim.plant.events import Event
from firmware_sim.plant.noise import Array
from firmware_sim.plant.variables import Variable


class Plant(Protocol):
    """What stands at a site."""

    @property
    def variables(self) -> Mapping[str, Variable]:
        """Every variable that `at` gives, with its quantity and the range that is physically possible."""

    def at(self, t_s: float) -> Mapping[str, float]:
        """All variables at an instant of plant time, each in its quantity's unit."""

    def over(self, times: Array) -> Mapping[str, Array]:
        """The same for many instants at once: a row costs a twentieth."""

    def told(self, events: Iterable[Event]) -> Self:
        """The same plant with another story."""
