"""What a boiler house was built for, and the few numbers that follow from it."""

from msgspec import Struct

from firmware_sim.plant import schedule

WATER = 4.19 / 3.6
"""kW that warm 1 t/h by 1 K (4.19 kJ/kg·K)."""

_BOILER_HOURS = 0.08
_NETWORK_HOURS = 0.9
_EMERGENCY_PER_HOUR = 0.02
"""Of the water volume: what make-up pumps must be able to give."""


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
        """The boilers' water, and their iron as the water that holds as much heat, t.

        At 60 % load and without flow it warms by 3 K a minute.
        """
        return self.flow * _BOILER_HOURS

    @property
    def network_t(self) -> float:
        return self.flow * _NETWORK_HOURS

    @property
    def volume_t(self) -> float:
        return self.network_t + self.boiler_t

    @property
    def make_up_most(self) -> float:
        """What the make-up pumps can give, t/h."""
        return self.volume_t * _EMERGENCY_PER_HOUR

    @property
    def most_kw(self) -> float:
        """What all boilers give together."""
        return 1.35 * self.design_kw
