"""Unusual for this hour of this weekday: a profile learnt on the spot, and a model of how far tails reach.

    value ─▶ log scale ─▶ mean over rows ─▶ − profile[weekday, hour] ─▶ chance of so large a residual ─▶ latch

For air posts: concentrations follow stoves and traffic by the clock and have long tails, so the logarithm is
judged, and by its own tail: beyond a running quantile u excesses are taken for exponential (peaks over
threshold), so that a residual x has the chance (1 − q)·exp(−(x − u)/excess).
"""

import math
from collections.abc import Sequence
from typing import Final

from edge_agent.detect._latch import Latch, Verdict
from edge_agent.detect._profile import HOUR_MS, HourlyProfile
from edge_agent.detect.findings import Finding, Outcome, Row, StateMisfitError
from edge_agent.detect.states import DetectorState, SeasonalState, fitting
from edge_agent.settings.detection import SeasonalSettings

NAME: Final = "seasonal"
_BLAMED: Final = 0.5
"""Channels with at least this share of the largest score are named in the findings."""


class Seasonal:
    """Detector (b); one for a group, each channel judged by itself."""

    def __init__(
        self, channels: Sequence[str], settings: SeasonalSettings, state: DetectorState | None = None
    ) -> None:
        saved = fitting(state, SeasonalState) or SeasonalState.empty(len(channels))
        if len(saved.channels) != len(channels):
            raise StateMisfitError(
                f"{NAME}: {len(saved.channels)} channels were saved, there are {len(channels)}"
            )
        self._settings = settings
        self._profiles = [HourlyProfile(settings, profile) for profile in saved.channels]
        self._latch = Latch(settings.latch, saved.latch)

    def step(self, t_ms: int, row: Row) -> Outcome:
        """Judge a row by local time; the score is that of the most unlikely channel."""
        hour = (t_ms // HOUR_MS + self._settings.utc_offset_h) % 168
        scores = [profile.step(hour, value) for profile, value in zip(self._profiles, row, strict=True)]
        learning = self._learning(row)
        known = [score for score in scores if score is not None]
        if not known:
            return Outcome(self._latch.held, 0.0, (), learning)
        worst = max(known)
        verdict = self._latch.step(t_ms, worst)
        if verdict is Verdict.ANOMALOUS:
            return Outcome(True, worst, self._findings(row, scores, worst), learning)
        if verdict is Verdict.NEW_NORMAL:
            self.rebaseline()
        else:
            for profile in self._profiles:
                profile.adapt()
        return Outcome(False, worst, (), learning)

    def rebaseline(self) -> None:
        """Take what is seen now for normal: the profile keeps its shape and moves."""
        for profile in self._profiles:
            profile.accept()
        self._latch.release()

    def forget_recent(self) -> None:
        for profile in self._profiles:
            profile.forget_recent()

    def state(self) -> SeasonalState:
        return SeasonalState(tuple(profile.state() for profile in self._profiles), self._latch.state)

    def _learning(self, row: Row) -> tuple[int, int] | None:
        fed = zip(self._profiles, row, strict=True)
        least = min((p.seen for p, value in fed if value is not None and not p.ready), default=None)
        return None if least is None else (least, self._settings.warmup_rows)

    def _findings(self, row: Row, scores: Sequence[float | None], worst: float) -> tuple[Finding, ...]:
        return tuple(
            Finding(n, NAME, score, self._profiles[n].usual, got, self._latch.state.since_ms)
            for n, (got, score) in enumerate(zip(row, scores, strict=True))
            if got is not None and score is not None and score >= _BLAMED * worst and math.isfinite(score)
        )
