"""Judges everything that happens on a gateway, one call at a time."""

import copy
import math
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from edge_agent.conditions import saved
from edge_agent.conditions.board import Board, Moment, Params
from edge_agent.conditions.judging import ChannelJudge
from edge_agent.conditions.plan import Plan, WatchedChannel, WatchedDevice
from edge_agent.conditions.saved import ConditionsState
from edge_agent.conditions.silence import Line
from edge_agent.conditions.timeline import Timeline
from edge_agent.samples import Instant, RelationBroken, Scan
from wire.messages import AlarmEvent, Clock, LinkStatus, Quality

SOON_MS: Final = 120_000
"""An alarm whose delay is longer than this does not come sooner by looking more often."""
UNHEARD: Final = frozenset({Quality.BAD_NO_ANSWER, Quality.BAD_GARBLED, Quality.BAD_LINK_DOWN})
"""A poll all of whose channels are so was not answered; a refusal is an answer."""


class FindingLike(Protocol):
    """What a detector holds against one channel; `channel` is its index in the device."""

    @property
    def channel(self) -> int: ...
    @property
    def detector(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def expected(self) -> float | None: ...
    @property
    def got(self) -> float: ...
    @property
    def since_ms(self) -> int: ...


class Conditions:
    """The alarms of one gateway; every call returns what changed, a cause before what it covers."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._devices = {device.name: device for device in plan.devices}
        self._lines = {link.name: Line(link) for link in plan.links}
        self._board = Board()
        self._judge = ChannelJudge(self._board, (c for device in plan.devices for c in device.channels))
        self._timeline = Timeline()
        self._orphans: tuple[str, ...] = ()
        self._scanned: dict[str, int] = {}
        self._late_polls: dict[str, int] = {}
        self._soon = {
            device.name: frozenset(s.key for s in device.spots() if s.rule.on_delay_ms <= SOON_MS)
            for device in plan.devices
        }

    def is_pending(self, device: str) -> bool:
        """Whether something is seen at a device that becomes an alarm soon if it stays."""
        return not self._soon[device].isdisjoint(self._board.pending)

    def scan(self, scan: Scan) -> list[AlarmEvent]:
        """Judge one scan of a device of the plan; one that is not later than the last is passed over."""
        now, events = self._begin(scan.taken, scan.clock)
        device = self._devices[scan.device]
        if now.t <= self._scanned.get(device.name, -1):
            return events
        self._scanned[device.name] = now.t
        heard = self._hear(device, scan, now)
        events += self._judge_line(self._lines[device.link], now) + self._judge_device(device, scan, now)
        for channel in device.channels:
            quality = scan.quality.get(channel.index)
            events += self._judge.judge(channel, now, scan.values[channel.index], quality, heard=heard)
        return events

    def anomaly(
        self,
        device: str,
        taken: Instant,
        clock: Clock,
        *,
        anomalous: bool | None,
        findings: Sequence[FindingLike] = (),
    ) -> list[AlarmEvent]:
        """What the detectors say of a device's row: one alarm, whatever number of channels took part.

        It is not raised while a limit or the rate of one of these channels tells a person already.

        Args:
            device: one of the plan.
            taken: when the row was taken.
            clock: how far that can be trusted.
            anomalous: None while the detectors are learning or suspended.
            findings: the strongest gives the alarm its channel; without any none is raised.
        """
        now, events = self._begin(taken, clock)
        watched = self._devices[device]
        if not findings:
            return events + self._board.note(watched.anomaly, now, {}, holds=anomalous, wait=True)
        worst = max(findings, key=lambda finding: finding.score)
        others = dict.fromkeys(
            watched.channel_names[f.channel] for f in findings if f.channel != worst.channel
        )
        params: Params = {
            "channel": watched.channel_names[worst.channel],
            "detector": worst.detector,
            "score": worst.score,
            "expected": worst.expected,
            "value": worst.got,
            "unit": watched.units[worst.channel],
            "others": ", ".join(others) or None,
        }
        return events + self._board.note(
            watched.anomaly,
            now,
            params,
            holds=anomalous,
            level=math.log2(max(worst.score, 1.0)),
            since_ms=min(finding.since_ms for finding in findings),
            wait=any(self._is_told(watched.channels[finding.channel]) for finding in findings),
        )

    def relations(
        self, taken: Instant, clock: Clock, *, broken: Sequence[RelationBroken], kept: Sequence[str]
    ) -> list[AlarmEvent]:
        """What the validator says of the plan's relations; of those it does not name, nothing is known."""
        now, events = self._begin(taken, clock)
        for name in kept:
            events += self._board.note(self._plan.relations[name], now, {}, holds=False)
        for found in broken:
            params: Params = {
                "relation": found.name,
                "points": ", ".join(found.points),
                "left": found.left,
                "op": found.op,
                "right": found.right,
                "margin": found.margin,
                "unit": found.unit,
            }
            spot = self._plan.relations[found.name]
            events += self._board.note(spot, now, params, holds=True, since_ms=found.since_ms)
        return events

    def health(self, taken: Instant, clock: Clock, links: Iterable[LinkStatus]) -> list[AlarmEvent]:
        """How the links are; to be told every few seconds, so that a dead link need not wait for a poll."""
        now, events = self._begin(taken, clock)
        for status in links:
            line = self._lines[status.name]
            line.is_down = not status.up
            events += self._judge_line(line, now) + self._judge_load(line, status, now)
        return events

    def state(self) -> ConditionsState:
        """What must outlive the process; to be stored together with the events it led to."""
        slots = {key: slot for key, slot in self._board.slots.items() if slot.stamp_ms or not slot.track.idle}
        return ConditionsState(latest=self._timeline.latest, slots=copy.deepcopy(slots))

    def restore(self, state: ConditionsState) -> None:
        """Go on from a saved state; alarms that are no longer watched end with the next call.

        Raises:
            StateMisfitError: of another version or at odds with itself; nothing is changed.
        """
        saved.check(state)
        self._timeline = Timeline(state.latest)
        self._orphans = self._board.resume(copy.deepcopy(state.slots), self._plan.spots())

    def _begin(self, taken: Instant, clock: Clock) -> tuple[Moment, list[AlarmEvent]]:
        now = Moment(self._timeline.at(taken), taken.wall_ms, clock)
        orphans, self._orphans = self._orphans, ()
        return now, [self._board.drop(key, now) for key in orphans]

    def _is_told(self, channel: WatchedChannel) -> bool:
        """Whether a limit or the rate of a channel says already that something is wrong with it."""
        rate = () if channel.rate is None else (channel.rate.spot,)
        return any(map(self._board.is_raised, (*rate, *(limit.spot for limit in channel.limits))))

    def _hear(self, device: WatchedDevice, scan: Scan, now: Moment) -> bool:
        faults = [scan.quality.get(index) for index in range(len(scan.values))]
        answered = any(fault not in UNHEARD for fault in faults)
        line_down = Quality.BAD_LINK_DOWN in faults
        self._lines[device.link].hear(device.name, now.t, answered=answered, line_down=line_down)
        return answered

    def _judge_line(self, line: Line, now: Moment) -> list[AlarmEvent]:
        holds = line.is_silent(told=self._board.is_raised(line.link.silent))
        if not holds and self._board.is_idle(line.link.silent):
            return []
        params = {"devices": float(line.link.devices), "reason": "down" if line.is_down else "no_answer"}
        return self._board.note(line.link.silent, now, params, holds=holds)

    def _judge_device(self, device: WatchedDevice, scan: Scan, now: Moment) -> list[AlarmEvent]:
        line = self._lines[device.link]
        holds = line.is_device_silent(device.name)
        if not holds and self._board.is_idle(device.silent):
            return []
        params = {
            "missed": float(device.silent.rule.count),
            "period_s": device.period_ms / 1000,
            "reason": scan.quality.get(0),
        }
        may_be_the_link = line.is_silent() is not False
        return self._board.note(device.silent, now, params, holds=holds, wait=may_be_the_link)

    def _judge_load(self, line: Line, status: LinkStatus, now: Moment) -> list[AlarmEvent]:
        known = self._late_polls.get(status.name, status.late_polls)
        late = status.late_polls - known if status.late_polls >= known else status.late_polls
        self._late_polls[status.name] = status.late_polls
        params = {"load": status.load, "limit": line.link.load, "late": float(late)}
        holds = late > 0 or status.load > line.link.load
        return self._board.note(line.link.overload, now, params, holds=holds)
