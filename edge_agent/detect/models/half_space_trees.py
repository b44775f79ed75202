"""Half-space trees: few rows of the window before fell into the boxes that a row falls into.

Tan, Ting, Liu: Fast anomaly detection for streaming data, IJCAI 2011.
"""

from typing import Any

from edge_agent.detect.findings import StateMisfitError
from edge_agent.detect.models.model import MIDDLE, Places
from edge_agent.detect.states import TreesState
from edge_agent.settings.detection import MultivariateSettings


class Trees:
    """River's `HalfSpaceTrees`; the seed makes them the same each time."""

    def __init__(self, channels: int, settings: MultivariateSettings, saved: TreesState) -> None:
        self._window = settings.settling_rows()
        from river.anomaly import HalfSpaceTrees  # noqa: PLC0415  # 95 MB: only who configures it shall pay

        self._forest: Any = HalfSpaceTrees(settings.trees, settings.height, self._window, seed=settings.seed)
        self._begin(channels)
        trees: list[Any] = self._forest.trees
        self._nodes = [list(tree.iter_dfs()) for tree in trees]
        if saved.masses:
            self._load(saved)

    def score(self, places: Places) -> float:
        score: float = self._forest.score_one(dict(enumerate(places)))
        return score

    def learn(self, places: Places) -> None:
        self._forest.learn_one(dict(enumerate(places)))

    def numbers(self) -> dict[str, Any]:
        return {
            "masses": tuple((*(n.r_mass for n in tree), *(n.l_mass for n in tree)) for tree in self._nodes),
            "counter": self._forest.counter,
        }

    def _begin(self, channels: int) -> None:
        """Trees grow with the first row and can be asked after the first window."""
        middle = dict.fromkeys(range(channels), MIDDLE)
        for _ in range(self._window):
            self._forest.learn_one(middle)

    def _load(self, saved: TreesState) -> None:
        if [len(masses) for masses in saved.masses] != [2 * len(nodes) for nodes in self._nodes]:
            raise StateMisfitError("multivariate: trees of another number or height were saved")
        for nodes, masses in zip(self._nodes, saved.masses, strict=True):
            for n, node in enumerate(nodes):
                node.r_mass, node.l_mass = masses[n], masses[n + len(nodes)]
        self._forest.counter = saved.counter % self._window
