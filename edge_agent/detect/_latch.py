"""When an anomaly begins and ends: two thresholds, and two ways for a new normal to be accepted."""

from enum import Enum

from msgspec import Struct

from edge_agent.settings.detection import LatchSettings


class LatchState(Struct, frozen=True):
    """Plain numbers of a latch; `rows` is 0 while nothing is wrong."""

    since_ms: int = 0
    rows: int = 0
    peak: float = 0.0
    faded: int = 0


class Verdict(Enum):
    """What a row means; NEW_NORMAL is normal and asks for a re-baseline."""

    NORMAL = 0
    ANOMALOUS = 1
    NEW_NORMAL = 2


class Latch:
    """Holds the verdict between its thresholds."""

    __slots__ = ("_settings", "state")

    def __init__(self, settings: LatchSettings, state: LatchState | None = None) -> None:
        self._settings = settings
        self.state = state or LatchState()

    @property
    def held(self) -> bool:
        return self.state.rows > 0

    def step(self, t_ms: int, score: float) -> Verdict:
        """Judge a score; `t_ms` becomes the beginning when it is the first of an anomaly."""
        if not self.state.rows:
            if score < 1:
                return Verdict.NORMAL
            self.state = LatchState(t_ms, 1, score)
            return Verdict.ANOMALOUS
        return self._held(score)

    def release(self) -> None:
        self.state = LatchState()

    def _held(self, score: float) -> Verdict:
        settings, before = self._settings, self.state
        peak = max(before.peak, score)
        faded = before.faded + 1 if score < settings.faded * peak else 0
        self.state = LatchState(before.since_ms, before.rows + 1, peak, faded)
        over = score < settings.off
        accepted = faded >= settings.faded_rows or before.rows >= settings.accept_rows
        if not over and not accepted:
            return Verdict.ANOMALOUS
        self.release()
        return Verdict.NORMAL if over else Verdict.NEW_NORMAL
