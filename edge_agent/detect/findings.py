"""What a detector says of a row, and how a group of detectors is asked."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from msgspec import Struct

LARGEST: Final = 1e15
"""A larger magnitude is no measurement; its square would still be finite in float64."""


class StateMisfitError(ValueError):
    """A saved state is of another version or shape: set it aside, say so and learn anew."""


class Finding(Struct, frozen=True):
    """What one detector holds against one channel.

    `channel` is the index in the group, `expected` and `got` are in the channel's own unit; `since_ms` is
    when the detector's present anomaly began to be one.
    """

    channel: int
    detector: str
    score: float
    expected: float | None
    got: float
    since_ms: int


class Outcome(Struct, frozen=True):
    """One row judged.

    A score of 1 is the threshold at which an anomaly begins. `learning` is (rows seen, rows needed) of the
    channel that has learnt least among those with a value in this row, None when all of them have learnt.
    """

    anomalous: bool
    score: float
    findings: tuple[Finding, ...] = ()
    learning: tuple[int, int] | None = None


Row = Sequence[float | None]
"""The values of a group in the order of its channels; None where a value is missing or not good."""


class Detector(Protocol):
    """One way of noticing; rows come in order of time, every number finite and at most `LARGEST`."""

    def step(self, t_ms: int, row: Row) -> Outcome:
        """Judge a row (Unix milliseconds), then learn from it unless it is anomalous."""

    def rebaseline(self) -> None:
        """Take what is seen now for normal."""

    def forget_recent(self) -> None:
        """Nothing follows any more from the rows before the next one."""

    def state(self) -> Any:
        """What was learnt, as a frozen struct of plain numbers."""
