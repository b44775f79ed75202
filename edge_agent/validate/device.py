"""What one device's scans say for themselves: range, rate, spike, noise, stale."""

import math
from collections.abc import Mapping, Sequence

from edge_agent.samples import DecodedScan, Scan
from edge_agent.settings.checks import MINUTE_MS, Checks, usual
from edge_agent.validate.onward import Onward
from edge_agent.validate.past import Past, Row
from edge_agent.validate.precedence import believed, worse
from edge_agent.validate.span import Spans
from edge_agent.validate.stale import Stale
from edge_agent.validate.state import DeviceState
from sensor_profiles.model import Channel, Encoding
from wire.messages import Clock, Quality, Value


class Validator:
    """Judges the scans of one device and learns from those that are good."""

    def __init__(
        self, channels: tuple[Channel, ...], checks: tuple[Checks, ...] = (), period_ms: int = MINUTE_MS
    ) -> None:
        """Nothing learnt yet.

        Args:
            channels: of the device.
            checks: of each channel; none: as their quantities usually are.
            period_ms: between two scans; three periods without a number are a gap.
        """
        limits = checks or tuple(map(usual, channels))
        self._names = [channel.name for channel in channels]
        self._all = range(len(channels))
        self._spans = Spans(channels)
        self._at = [n for n, channel in enumerate(channels) if _has_past(channel, limits[n])]
        self._is_all = len(self._at) == len(channels)
        self._past = Past([limits[n] for n in self._at], period_ms)
        self._stale = Stale(channels, limits)
        self._time = Onward()
        self._own: Mapping[int, Quality] = {}
        self.onward = True
        """Whether the scan that was judged last went on in time; a late one teaches nothing."""

    def validate(self, scan: DecodedScan, clock: Clock, after_fault: bool = False) -> Scan:
        """Give every channel its quality, and learn; an index that is absent is good.

        Args:
            scan: as it was decoded.
            clock: how far the time of the scan can be trusted.
            after_fault: the device has just come back and may not have settled.
        """
        judged = self.judge(scan, clock, after_fault)
        self.learn(judged.quality)
        return judged

    def judge(self, scan: DecodedScan, clock: Clock, after_fault: bool = False) -> Scan:
        """Give every channel its quality; whoever finds more must tell `learn` before the next scan."""
        quality, t_ms, values = scan.faults, scan.taken.mono_ms, scan.values
        if outside := self._spans.outside(values):
            quality = worse(quality, outside, Quality.BAD_OUT_OF_RANGE)
        self.onward = self._time.step(t_ms)
        if self.onward:
            quality = self._doubted(t_ms, values, quality)
        if after_fault:
            quality = worse(quality, self._all, Quality.UNCERTAIN_AFTER_FAULT)
        if clock is Clock.UNSYNCED:
            quality = worse(quality, self._all, Quality.UNCERTAIN_CLOCK)
        self._own = quality
        return Scan(scan.device, scan.taken, clock, values, quality)

    def learn(self, quality: Mapping[int, Quality]) -> None:
        """Believe what was judged last where this, its final quality, allows it."""
        if not self.onward:
            return
        if not quality:
            self._past.learn(())
            return
        self._past.learn(self._positions(self._own), self._positions(quality))

    def _positions(self, quality: Mapping[int, Quality]) -> list[int]:
        return [n for n, at in enumerate(self._at) if not believed(quality.get(at))]

    def state(self) -> DeviceState:
        """What a restart must not lose."""
        return DeviceState({self._names[self._at[n]]: level for n, level in self._past.levels().items()})

    def restore(self, state: DeviceState) -> None:
        """Go on with a state; channels that are no longer there are left out."""
        places = {self._names[at]: n for n, at in enumerate(self._at)}
        known = {name: level for name, level in state.levels.items() if level > 0 and math.isfinite(level)}
        self._past.restore({places[name]: level for name, level in known.items() if name in places})

    def _doubted(self, t_ms: int, values: Sequence[Value], quality: dict[int, Quality]) -> dict[int, Quality]:
        if self._time.anew:
            self._past.forget_times()
        stale = self._stale.step(t_ms, values, quality)
        marks = self._past.judge(t_ms, self._row(values, quality))
        for n, mark in marks.items():
            quality = worse(quality, (self._at[n],), mark)
        return worse(quality, stale, Quality.UNCERTAIN_STALE) if stale else quality

    def _row(self, values: Sequence[Value], quality: Mapping[int, Quality]) -> Row:
        """The numbers with a past; text has none, and what is bad by now is not looked at."""
        if self._is_all and not quality:
            return values  # type: ignore[return-value]  # a channel with a past is no text
        return [None if at in quality else values[at] for at in self._at]  # type: ignore[misc]  # likewise


def _has_past(channel: Channel, checks: Checks) -> bool:
    has_limits = checks.rate_per_min is not None or checks.spike is not None
    return has_limits and channel.field.encoding is not Encoding.STRING
