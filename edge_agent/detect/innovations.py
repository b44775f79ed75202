"""Errors of a frozen autoregression per channel, averaged over rows, joined over channels.

    row ─▶ Autoregression × channels ─▶ deviations ─▶ root mean square ─▶ ÷ threshold ─▶ latch

Sees what departs from the way the process usually goes on: steps, ramps, oscillation about another mean, a
stop. Needs no labels and no knowledge of the channels.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from edge_agent.detect._autoregression import Autoregression, ChannelState, Pace
from edge_agent.detect._latch import Latch, LatchState, Verdict
from edge_agent.detect._scale import linear, logarithmic
from edge_agent.detect.findings import Finding, Outcome, Row, StateMisfitError
from edge_agent.detect.states import DetectorState, InnovationsState, fitting
from edge_agent.settings.detection import InnovationsSettings

NAME: Final = "innovations"
REFERENCE_CHANNELS: Final = 8
"""The size of group for which `on` is stated."""
_BLAMED: Final = 0.5
"""Channels with at least this share of the largest deviation are named in the findings."""


def threshold(on: float, channels: int) -> float:
    """Where the root mean square of this many deviations is as rare as `on` is for the reference group.

    The mean square of n squared normal deviations has expectation 1 and variance 2/n. Beyond the reference
    size the threshold stays: channels of one plant are not independent.
    """
    n = min(channels, REFERENCE_CHANNELS)
    return math.sqrt(1 + (on * on - 1) * math.sqrt(REFERENCE_CHANNELS / n))


class Innovations:
    """Detector (a); one for a group of channels."""

    def __init__(
        self, channels: Sequence[str], settings: InnovationsSettings, state: DetectorState | None = None
    ) -> None:
        width = len(channels)
        saved = fitting(state, InnovationsState) or InnovationsState(
            (ChannelState(),) * width, LatchState(), settings.steps
        )
        if len(saved.channels) != width:
            raise StateMisfitError(f"{NAME}: {len(saved.channels)} channels were saved, there are {width}")
        if saved.steps != settings.steps:
            raise StateMisfitError(f"{NAME}: learnt by the steps {saved.steps}, now {settings.steps}")
        self._settings = settings
        self._steps = [(n, settings.steps[name]) for n, name in enumerate(channels) if name in settings.steps]
        pace = Pace(
            warmup_rows=settings.warmup_rows,
            mean_rows=settings.mean_rows,
            clip=settings.clip,
            adapt_rows=settings.adapt_rows,
            ordinary_peak=settings.ordinary_peak,
        )
        self._channels = [Autoregression(pace, channel) for channel in saved.channels]
        self._thresholds = [threshold(settings.on, n) for n in range(1, width + 1)]
        self._latch = Latch(settings.latch, saved.latch)
        self._row: Row = (None,) * width

    def step(self, t_ms: int, row: Row) -> Outcome:
        """Judge a row; while nothing can be judged an anomaly goes on and the score is 0."""
        row = self._row = self._scaled(row)
        deviations = [channel.step(value) for channel, value in zip(self._channels, row, strict=True)]
        squares = [deviation * deviation for deviation in deviations if deviation is not None]
        learning = self._learning(row)
        if not squares:
            return Outcome(self._latch.held, 0.0, (), learning)
        on = self._thresholds[len(squares) - 1]
        score = math.sqrt(sum(squares) / len(squares)) / on
        verdict = self._latch.step(t_ms, score)
        if verdict is Verdict.ANOMALOUS:
            return Outcome(True, score, tuple(self._findings(deviations, on)), learning)
        self._go_on(verdict, score)
        return Outcome(False, score, (), learning)

    def rebaseline(self) -> None:
        """Take what is seen now for normal; learning of the weights is not repeated."""
        for channel, value in zip(self._channels, self._row, strict=True):
            channel.accept(value)
        self._latch.release()

    def forget_recent(self) -> None:
        for channel in self._channels:
            channel.forget_recent()

    def state(self) -> InnovationsState:
        return InnovationsState(
            tuple(channel.state() for channel in self._channels), self._latch.state, self._settings.steps
        )

    def _scaled(self, row: Row) -> Row:
        if not self._steps:
            return row
        scaled = list(row)
        for n, step in self._steps:
            value = scaled[n]
            scaled[n] = None if value is None else logarithmic(value, step)
        return scaled

    def _go_on(self, verdict: Verdict, score: float) -> None:
        if verdict is Verdict.NEW_NORMAL:
            self.rebaseline()
        elif score < self._settings.latch.off:
            for channel, value in zip(self._channels, self._row, strict=True):
                channel.adapt(value)

    def _learning(self, row: Row) -> tuple[int, int] | None:
        fed = zip(self._channels, row, strict=True)
        least = min((c.seen for c, value in fed if value is not None and not c.ready), default=None)
        return None if least is None else (least, self._settings.warmup_rows)

    def _findings(self, deviations: Sequence[float | None], on: float) -> Iterator[Finding]:
        """The channels to blame, the worst first."""
        sizes = [abs(deviation or 0.0) for deviation in deviations]
        least = _BLAMED * max(sizes)
        steps = dict(self._steps)
        for n in sorted(range(len(sizes)), key=lambda n: -sizes[n]):
            got = self._row[n]
            if got is not None and sizes[n] >= least:
                usual = self._channels[n].level
                if n in steps:
                    usual, got = linear(usual, steps[n]), linear(got, steps[n])
                yield Finding(n, NAME, sizes[n] / on, usual, got, self._latch.state.since_ms)
