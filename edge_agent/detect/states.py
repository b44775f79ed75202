"""What is saved of each detector: plain numbers, tagged by detector."""

from typing import TypeVar

from msgspec import Struct

from edge_agent.detect._autoregression import ChannelState
from edge_agent.detect._latch import LatchState
from edge_agent.detect.findings import StateMisfitError


class InnovationsState(Struct, frozen=True, tag="innovations"):
    channels: tuple[ChannelState, ...]
    latch: LatchState


DetectorState = InnovationsState
S = TypeVar("S", bound=DetectorState)


def fitting(state: DetectorState | None, kind: type[S]) -> S | None:
    """The state if it is of this kind.

    Raises:
        StateMisfitError: it is another detector's.
    """
    if state is None or isinstance(state, kind):
        return state
    raise StateMisfitError(f"{type(state).__name__} was saved where {kind.__name__} is needed")
