"""LODA: a row is rare in histograms along random cuts through a few channels each.

Pevný: Loda: lightweight on-line detector of anomalies, Machine Learning 102 (2016). A histogram counts all
rows since it was begun: this model forgets nothing, and what is normal for it only grows.
"""

import math
import random
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any, Final

from edge_agent.detect.findings import StateMisfitError
from edge_agent.detect.models.model import Places
from edge_agent.detect.states import LodaState
from edge_agent.settings.detection import MultivariateSettings

_LEAST_CHANNELS: Final = 2
"""Of a cut. River takes √n of n channels: one of fewer than four, and combinations would stay invisible."""


class Loda:
    """River's `LODA` over cuts of our own drawing."""

    def __init__(self, channels: int, settings: MultivariateSettings, saved: LodaState) -> None:
        from river import sketch  # noqa: PLC0415
        from river.anomaly import LODA  # noqa: PLC0415  # 95 MB: only who configures it shall pay

        histogram: Any = sketch.Histogram
        self._loda: Any = LODA(settings.bins, settings.cuts)
        self._loda.features_ = list(range(channels))
        self._loda.projections_ = list(_drawn(channels, settings))
        self._loda.histograms_ = [histogram(settings.bins) for _ in range(settings.cuts)]
        if saved.counts:
            self._load(saved)

    def score(self, places: Places) -> float:
        score: float = self._loda.score_one(dict(enumerate(places)))
        return score

    def learn(self, places: Places) -> None:
        self._loda.learn_one(dict(enumerate(places)))

    def numbers(self) -> dict[str, Any]:
        bins = [histogram.data for histogram in self._loda.histograms_]
        return {
            "edges": tuple(tuple(edge for b in cut for edge in (b.left, b.right)) for cut in bins),
            "counts": tuple(tuple(b.count for b in cut) for cut in bins),
        }

    def _load(self, saved: LodaState) -> None:
        from river.sketch import histogram as river_histogram  # noqa: PLC0415

        make: Any = river_histogram.Bin
        histograms = self._loda.histograms_
        pairs = [2 * len(counts) for counts in saved.counts]
        if len(saved.counts) != len(histograms) or [len(edges) for edges in saved.edges] != pairs:
            raise StateMisfitError("multivariate: histograms of another number or shape were saved")
        for histogram, edges, counts in zip(histograms, saved.edges, saved.counts, strict=True):
            histogram.data = [make(*b) for b in zip(edges[::2], edges[1::2], counts, strict=True)]
            histogram.n = sum(counts)


def _drawn(channels: int, settings: MultivariateSettings) -> Iterator[dict[int, float]]:
    """For each cut its channels with their weights, all of the same weight at random.

    Only from `random()`: its sequence alone is promised to stay the same in every Python.
    """
    chance = random.Random(settings.seed)  # noqa: S311  # no secret
    count = min(channels, max(_LEAST_CHANNELS, math.isqrt(channels)))
    for _ in range(settings.cuts):
        chosen = sorted(range(channels), key=lambda _: chance.random())[:count]
        yield {n: NormalDist().inv_cdf(chance.random()) for n in chosen}
