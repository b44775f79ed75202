"""What is saved of each detector: plain numbers, tagged by detector."""

from typing import Self, TypeVar

from msgspec import Struct

from edge_agent.detect._autoregression import ChannelState
from edge_agent.detect._gate import GateState
from edge_agent.detect._latch import LatchState
from edge_agent.detect._profile import ProfileState
from edge_agent.detect._regression import RegressionState
from edge_agent.detect._scale import Moments
from edge_agent.detect.findings import StateMisfitError


class InnovationsState(Struct, frozen=True, tag="innovations"):
    channels: tuple[ChannelState, ...]
    latch: LatchState
    steps: dict[str, float] = {}
    """By which of the scales they were learnt, as in the settings."""


class ExpectedState(Struct, frozen=True, kw_only=True, tag="expected"):
    """Of target and drivers; numbers are distances from the gates' centres, `seen` stops at the warm-up."""

    names: tuple[str, ...]
    gates: tuple[GateState, ...]
    smooth: tuple[float, ...] = ()
    regression: RegressionState
    weights: tuple[float, ...]
    seen: int = 0
    square: float = 0.0
    peak: float = 0.0
    offset: float = 0.0
    latch: LatchState = LatchState()
    step: float | None = None
    """As in the settings: what residuals are shares of."""

    @classmethod
    def empty(cls, names: tuple[str, ...], step: float | None) -> "ExpectedState":
        width = len(names)
        return cls(
            names=names,
            gates=(GateState(),) * width,
            regression=RegressionState.empty(width - 1),
            weights=(0.0,) * width,
            step=step,
        )


class SeasonalState(Struct, frozen=True, tag="seasonal"):
    channels: tuple[ProfileState, ...]
    latch: LatchState = LatchState()

    @classmethod
    def empty(cls, width: int) -> "SeasonalState":
        return cls((ProfileState(),) * width)


class MultivariateState(Struct, frozen=True, kw_only=True):
    """What the channels and the scores were like; each model adds its own numbers, under its own tag."""

    seen: int = 0
    gates: tuple[GateState, ...]
    moments: tuple[Moments, ...]
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()
    smooth: float = 0.0
    scores: Moments = Moments()
    peak: float = 0.0
    latch: LatchState = LatchState()
    constants: tuple[float, ...] = ()
    """Of the model, as in the settings; empty in states of before there was a choice."""
    waiting: tuple[tuple[float, ...], ...] = ()
    """Rows that are not learnt yet, as places 0…1, the oldest first."""

    @classmethod
    def empty(cls, width: int) -> Self:
        return cls(gates=(GateState(),) * width, moments=(Moments(),) * width)


class TreesState(MultivariateState, frozen=True, kw_only=True, tag="multivariate"):
    """The masses of the nodes of each tree: first those of the window before, then the present ones."""

    masses: tuple[tuple[int, ...], ...] = ()
    counter: int = 0


class SvmState(MultivariateState, frozen=True, kw_only=True, tag="multivariate.one_class_svm"):
    """A weight for each feature; there are none before the first row."""

    weights: tuple[float, ...] = ()
    intercept: float = 1.0
    rows: int = 0


class LodaState(MultivariateState, frozen=True, kw_only=True, tag="multivariate.loda"):
    """For each cut the left and right edges of its bins in turn, and how many rows fell into each."""

    edges: tuple[tuple[float, ...], ...] = ()
    counts: tuple[tuple[int, ...], ...] = ()


DetectorState = InnovationsState | SeasonalState | ExpectedState | TreesState | SvmState | LodaState
S = TypeVar("S", bound=DetectorState | MultivariateState)


def fitting(state: DetectorState | None, kind: type[S]) -> S | None:
    """The state if it is of this kind.

    Raises:
        StateMisfitError: it is another detector's.
    """
    if state is None or isinstance(state, kind):
        return state
    raise StateMisfitError(f"{type(state).__name__} was saved where {kind.__name__} is needed")
