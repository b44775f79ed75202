"""River's models of combinations: one file is one model, and this table is their list.

None imports river before one of it is made: what `river.anomaly` imports costs more memory than the rest of
the agent. Decision 8 says which of river's models are not here, and why.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from edge_agent.detect.models.half_space_trees import Trees
from edge_agent.detect.models.loda import Loda
from edge_agent.detect.models.model import MIDDLE, REACH, Model, Places
from edge_agent.detect.models.one_class_svm import OneClassSvm
from edge_agent.detect.states import LodaState, MultivariateState, SvmState, TreesState
from edge_agent.settings.detection import MultivariateModel, MultivariateSettings

__all__ = ["MIDDLE", "MODELS", "REACH", "Kind", "Model", "Places"]


class Kind(Struct, frozen=True):
    """A model and the state it is saved in; `make` takes the number of channels, settings, and a state."""

    state: type[MultivariateState]
    make: Callable[[int, MultivariateSettings, Any], Model]
    forgets: bool = False
    """Whether what it learnt is gone after hours: it must learn each row, and nothing spoils it for long."""


MODELS: Final = {
    MultivariateModel.HALF_SPACE_TREES: Kind(TreesState, Trees, forgets=True),
    MultivariateModel.ONE_CLASS_SVM: Kind(SvmState, OneClassSvm),
    MultivariateModel.LODA: Kind(LodaState, Loda),
}
