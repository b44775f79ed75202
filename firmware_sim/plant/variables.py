"""What a variable of a plant is: its quantity (hence its unit) and the range that is physically possible."""

from msgspec import Struct

from wire.quantities import Quantity


class Variable(Struct, frozen=True):
    """One variable; a value outside `low`…`high` would be a fault of the instrument, never of the plant."""

    quantity: Quantity
    low: float
    high: float
    title: str
