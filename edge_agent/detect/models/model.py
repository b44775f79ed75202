"""What `multivariate` asks of a model, and where the values of a row lie for it.

value ─▶ place 0…1: the mean at the middle, `REACH` standard deviations from there to either end
"""

from typing import Any, Final, Protocol

REACH: Final = 6.0
"""Standard deviations from the middle to the ends: a fault must have where to go."""
MIDDLE: Final = 0.5
"""The place of the mean, and of what is missing."""
SIGMA: Final = MIDDLE / REACH
"""A standard deviation, as a difference of places."""


Places = tuple[float, ...]
"""Of the values of a row, in the order of the channels."""


class Model(Protocol):
    """How unusual a combination of values is, by one of river's models."""

    def score(self, places: Places) -> float:
        """Larger is more unusual; the scale is the model's own, always finite."""

    def learn(self, places: Places) -> None:
        """Take a row for normal."""

    def numbers(self) -> dict[str, Any]:
        """What was learnt: the fields that its state has beyond those of `MultivariateState`."""
