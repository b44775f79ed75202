"""A simulated site, read and judged as its agent would: each minute, in bursts while something looks wrong.

What an instrument serves is taken for what the agent decodes; everything behind that is the agent's own code.
Bursts keep the agent's own rules but one: the share of a line's time, which these few devices do not reach.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import Struct

from benchmarks.detect.matching import Raised
from edge_agent.judging import Judging, suspicious
from edge_agent.poll.burst import Burst
from edge_agent.samples import DecodedScan, Instant, Told
from edge_agent.settings import Device, Plant
from firmware_sim.offline import PERIOD_S, Recorder
from firmware_sim.scenario import Site
from wire.messages import AlarmCode, Clock, LinkStatus, Quality, Value

_TICK_MS = 5000
_PERIOD_MS = round(1000 * PERIOD_S)
_ANSWERS_MS = 500.0
Served = Mapping[str, Mapping[str, float | None]]
"""Device → channel → value; no device where none answered."""


class Eye(Struct):
    """How one device is read."""

    device: Device
    names: tuple[str, ...]
    burst: Burst
    silent: DecodedScan


class Player:
    """Plays one site; `judging` may have been restored from a state."""

    def __init__(self, plant: Plant, site: Site, start_s: float, judging: Judging) -> None:
        self._recorder = Recorder(site, start_s)
        self._judging = judging
        self._links = [LinkStatus(name=link.name, up=True) for link in plant.links]
        self._eyes = [_eye(device, plant) for device in plant.devices]
        self._odd: set[str] = set()
        self.anomalies: list[Raised] = []
        """What the detectors began to see, told or not."""

    def play(self, begin_s: float, end_s: float, *, closely: bool = True) -> list[Told]:
        """All alarm events of a stretch of plant time.

        Args:
            begin_s: the first poll.
            end_s: no poll from here on.
            closely: with links looked at every five seconds, which a warm-up does without.
        """
        events: list[Told] = []
        for t_ms, served in self._recorder.rows(begin_s, end_s):
            for eye in self._eyes:
                events += self._poll(eye, t_ms, served)
            events += self._between(t_ms, closely=closely)
        return events

    def _poll(self, eye: Eye, t_ms: int, served: Served) -> list[Told]:
        scan, events = self._judging.decoded(_decoded(eye, t_ms, served), Clock.SYNCED)
        self._note(eye, t_ms)
        eye.burst.polled(t_ms, answered=eye.device.name in served)
        if suspicious(scan, events) or self._judging.is_pending(scan.device):
            eye.burst.hurry(t_ms)
        return events

    def _note(self, eye: Eye, t_ms: int) -> None:
        """An anomaly that a limit tells already is no alarm; here it counts all the same."""
        device, judged = eye.device, self._judging.judged
        if judged.anomalous and device.name not in self._odd:
            points = tuple((device.name, eye.names[finding.channel]) for finding in judged.findings)
            code = AlarmCode.ANOMALY
            self.anomalies.append(Raised(t_ms / 1000, code, device.link, points, f"{code}/{device.name}"))
        (self._odd.add if judged.anomalous else self._odd.discard)(device.name)

    def _between(self, t_ms: int, *, closely: bool) -> Iterator[Told]:
        """Links every five seconds, and whatever is read in a burst until the next regular poll."""
        ticks = range(t_ms + _TICK_MS, t_ms + _PERIOD_MS, _TICK_MS)
        hurried = any(eye.burst.is_on(ticks[0]) for eye in self._eyes)
        if not hurried and not closely:
            return
        seen = self._seen(ticks) if hurried else dict.fromkeys(ticks, None)
        for now_ms, served in seen.items():
            for eye in self._eyes:
                if served is not None and self._is_slot(eye, now_ms, t_ms + _PERIOD_MS):
                    yield from self._burst(eye, now_ms, served)
            yield from self._judging.health(Instant(now_ms, now_ms), Clock.SYNCED, self._links)

    def _is_slot(self, eye: Eye, now_ms: int, next_ms: int) -> bool:
        return eye.burst.is_on(now_ms) and eye.burst.slot(now_ms, _ANSWERS_MS, next_ms, next_ms) == now_ms

    def _burst(self, eye: Eye, now_ms: int, served: Served) -> list[Told]:
        """A burst poll without an answer decides nothing."""
        if eye.device.name in served:
            return self._poll(eye, now_ms, served)
        eye.burst.polled(now_ms, answered=False)
        return []

    def _seen(self, ticks: range) -> dict[int, Served | None]:
        times = np.array(ticks) / 1000
        columns, lost = self._recorder.columns(times), self._recorder.lost(times)
        return {
            t_ms: {
                name: {channel: _number(values[n]) for channel, values in channels.items()}
                for name, channels in columns.items()
                if not lost[name][n]
            }
            for n, t_ms in enumerate(ticks)
        }


def _eye(device: Device, plant: Plant) -> Eye:
    names = tuple(channel.name for channel in device.channels)
    return Eye(
        device,
        names,
        Burst(plant.poll, device.profile.timing.min_period_ms),
        DecodedScan(
            device.name,
            Instant(0, 0),
            (None,) * len(names),
            dict.fromkeys(range(len(names)), Quality.BAD_NO_ANSWER),
        ),
    )


def _decoded(eye: Eye, t_ms: int, served: Served) -> DecodedScan:
    taken, silent = Instant(t_ms, t_ms), eye.silent
    if eye.device.name not in served:
        return DecodedScan(silent.device, taken, silent.values, silent.faults)
    values: tuple[Value, ...] = tuple(map(served[eye.device.name].__getitem__, eye.names))
    faults = {n: Quality.BAD_DEVICE_STATUS for n, value in enumerate(values) if value is None}
    return DecodedScan(silent.device, taken, values, faults)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
