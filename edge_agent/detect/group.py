"""A group of channels and the detectors that watch it: the only thing the running agent talks to."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from edge_agent.detect.expected import Expected
from edge_agent.detect.findings import LARGEST, Detector, Outcome, StateMisfitError
from edge_agent.detect.innovations import Innovations
from edge_agent.detect.multivariate import Multivariate
from edge_agent.detect.seasonal import Seasonal
from edge_agent.detect.states import DetectorState
from edge_agent.settings.detection import DetectSettings

VERSION: Final = 1
_GAP_PERIODS: Final = 5
"""A silence of more rows than a detector bridges."""


class GroupState(Struct, frozen=True, kw_only=True):
    """Everything a group has learnt: plain numbers, to be kept over restart and upgrade."""

    version: int = VERSION
    channels: tuple[str, ...]
    t_ms: int
    suspended: bool = False
    detectors: tuple[DetectorState, ...]


def encode_state(state: GroupState) -> bytes:
    """MessagePack; at most 4 kB a channel."""
    return msgspec.msgpack.encode(state)


def decode_state(saved: bytes) -> GroupState:
    """Read what `encode_state` wrote.

    Raises:
        StateMisfitError: another version, or no such state at all.
    """
    try:
        return msgspec.msgpack.decode(saved, type=GroupState)
    except msgspec.DecodeError as error:
        raise StateMisfitError(f"not a state of version {VERSION}: {error}") from None


class Group:
    """Watches channels that belong together, usually those of one device.

    Args:
        channels: their names, in the order of every row's values.
        settings: which detectors, and their constants.
        period_ms: the distance of rows; those that come faster (a burst) repeat the last outcome, and after
            five periods of silence nothing follows from the rows before. 0: every row counts (a recording).
    """

    def __init__(self, channels: Sequence[str], settings: DetectSettings, period_ms: int = 0) -> None:
        self.channels = tuple(channels)
        self._settings = settings
        self._period_ms = period_ms
        self._detectors = _build(self.channels, settings, ())
        self._last = Outcome(anomalous=False, score=0.0)
        self._t_ms = self._anchor_ms = -1
        self._suspended = False

    def step(self, t_ms: int, values: Sequence[float | None]) -> Outcome:
        """Judge a row, then learn from it unless it is anomalous.

        A row that is not later than the last one repeats the last outcome; so does a row while nothing can
        be said. What is missing, not finite or beyond 10¹⁵ is never learnt from.

        Args:
            t_ms: when it was taken, Unix milliseconds.
            values: one per channel; None where a value is missing or not good.

        Raises:
            ValueError: another number of values than channels.
        """
        if len(values) != len(self.channels):
            raise ValueError(f"{len(values)} values for {len(self.channels)} channels")
        if self._suspended or not self._is_due(t_ms):
            return self._last
        row = [value if value is not None and _is_number(value) else None for value in values]
        self._last = _joined([detector.step(t_ms, row) for detector in self._detectors])
        return self._last

    def rebaseline(self) -> None:
        """Take what is seen now for normal: a person said that the alarm was false."""
        for detector in self._detectors:
            detector.rebaseline()
        self._last = Outcome(anomalous=False, score=0.0, learning=self._last.learning)

    def suspend(self) -> None:
        """Judge and learn nothing until `resume`: maintenance, boiler off."""
        self._suspended = True
        self._last = Outcome(anomalous=False, score=0.0)

    def resume(self) -> None:
        """Go on with what was learnt before; nothing follows from the rows before the pause."""
        if self._suspended:
            self._suspended = False
            self._forget_recent()

    def state(self) -> GroupState:
        return GroupState(
            channels=self.channels,
            t_ms=self._t_ms,
            suspended=self._suspended,
            detectors=tuple(detector.state() for detector in self._detectors),
        )

    def restore(self, state: GroupState) -> None:
        """Go on from a saved state.

        Raises:
            StateMisfitError: of another version, other channels or other detectors; the group is unchanged.
        """
        if state.version != VERSION:
            raise StateMisfitError(f"state of version {state.version}; this program knows {VERSION}")
        if state.channels != self.channels:
            raise StateMisfitError(f"state of {', '.join(state.channels)}; here: {', '.join(self.channels)}")
        self._detectors = _build(self.channels, self._settings, state.detectors)
        self._t_ms, self._suspended = state.t_ms, state.suspended
        self._anchor_ms = state.t_ms

    def _is_due(self, t_ms: int) -> bool:
        """Whether time has gone on by a row; when it went back, it is gone by from there.

        One row a period, whichever poll of it comes first: a burst must not make a minute count twice.
        """
        waited = t_ms - self._t_ms
        if waited > 0 and self._t_ms >= 0 and (waited < self._period_ms / 2 or self._is_same_period(t_ms)):
            return False
        first, self._t_ms = self._t_ms < 0, t_ms
        if first or waited <= 0:
            self._anchor_ms = t_ms
        if self._period_ms and waited > _GAP_PERIODS * self._period_ms and not first:
            self._forget_recent()
        return waited > 0

    def _is_same_period(self, t_ms: int) -> bool:
        """Whether the last row was of the same period; periods are reckoned about the regular polls."""
        period = self._period_ms
        if not period:
            return False
        begin_ms = self._anchor_ms - period // 2
        return (t_ms - begin_ms) // period == (self._t_ms - begin_ms) // period

    def _forget_recent(self) -> None:
        for detector in self._detectors:
            detector.forget_recent()


def _is_number(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    """The worst of the detectors; learning is shown as long as any of them learns."""
    if len(outcomes) == 1:
        return outcomes[0]
    waiting = [outcome.learning for outcome in outcomes if outcome.learning is not None]
    return Outcome(
        anomalous=any(outcome.anomalous for outcome in outcomes),
        score=max((outcome.score for outcome in outcomes), default=0.0),
        findings=tuple(
            sorted((f for outcome in outcomes for f in outcome.findings), key=lambda found: -found.score)
        ),
        learning=max(waiting, key=lambda seen: seen[1] - seen[0], default=None),
    )


Make = Callable[[tuple[str, ...], Any, DetectorState | None], Detector]


def _build(
    channels: tuple[str, ...], settings: DetectSettings, saved: tuple[DetectorState, ...]
) -> list[Detector]:
    """The configured detectors in a fixed order, each with its saved state if anything was saved."""
    plan = list(_plan(settings))
    if saved and len(saved) != len(plan):
        raise StateMisfitError(f"state of {len(saved)} detectors; {len(plan)} are configured")
    states = saved or [None] * len(plan)
    return [make(channels, chosen, state) for (make, chosen), state in zip(plan, states, strict=True)]


def _plan(settings: DetectSettings) -> Iterator[tuple[Make, Any]]:
    if settings.innovations is not None:
        yield Innovations, settings.innovations
    if settings.seasonal is not None:
        yield Seasonal, settings.seasonal
    if settings.multivariate is not None:
        yield Multivariate, settings.multivariate
    for relation in settings.expected:
        yield Expected, relation
