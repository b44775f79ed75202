"""What a variable of a plant is: its quantity (hence its unit) and the range that is physically possible."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from firmware_sim.plant.noise import Array
from wire.quantities import Quantity


class Variable(Struct, frozen=True):
    """One variable; a value outside `low`…`high` would be a fault of the instrument, never of the plant."""

    quantity: Quantity
    low: float
    high: float
    title: str


def within(variables: Mapping[str, Variable], values: Mapping[str, Array]) -> dict[str, Array]:
    """Values, none of them beyond what is possible whatever happens at once."""
    return {name: np.clip(value, variables[name].low, variables[name].high) for name, value in values.items()}
