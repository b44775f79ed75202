"""Validate: how far each value can be believed; every value that came is kept.

    what decode found  ▷  out of the channel's range  ▷  after a fault  ▷  clock not set  ▷  good

One channel has one quality, and the worst wins: `PRECEDENCE`.
"""

import math
from collections.abc import Iterable
from typing import Final

from edge_agent.samples import DecodedScan, Scan
from sensor_profiles.model import Channel
from wire.messages import Clock, Quality, Value

PRECEDENCE: Final = (
    Quality.BAD_LINK_DOWN,
    Quality.BAD_NO_ANSWER,
    Quality.BAD_GARBLED,
    Quality.BAD_REFUSED,
    Quality.BAD_DEVICE_STATUS,
    Quality.BAD_SENTINEL,
    Quality.BAD_NOT_FINITE,
    Quality.BAD_NOT_TEXT,
    Quality.BAD_OUT_OF_RANGE,
    Quality.UNCERTAIN_AFTER_FAULT,
    Quality.UNCERTAIN_CLOCK,
)
"""The worst first; bad before uncertain (OPC UA Part 8), and no bytes before bytes that mean nothing."""
_RANK: Final = {quality: rank for rank, quality in enumerate(PRECEDENCE)}


class Validator:
    """Judges the scans of one device; a channel's range is `low`…`high`, both allowed, in its unit."""

    def __init__(self, channels: tuple[Channel, ...]) -> None:
        self._all = range(len(channels))
        self._limits = [(n, *_range(channel)) for n, channel in enumerate(channels) if _has_range(channel)]

    def validate(self, scan: DecodedScan, clock: Clock, after_fault: bool = False) -> Scan:
        """Give every channel its quality; an index that is absent is good.

        Args:
            scan: as it was decoded.
            clock: how far the time of the scan can be trusted.
            after_fault: the device has just come back and may not have settled.
        """
        quality = scan.faults
        if outside := self._outside(scan.values):
            quality = _worse(quality, outside, Quality.BAD_OUT_OF_RANGE)
        if after_fault:
            quality = _worse(quality, self._all, Quality.UNCERTAIN_AFTER_FAULT)
        if clock is Clock.UNSYNCED:
            quality = _worse(quality, self._all, Quality.UNCERTAIN_CLOCK)
        return Scan(scan.device, scan.taken, clock, scan.values, quality)

    def _outside(self, values: tuple[Value, ...]) -> list[int]:
        """The channels whose number is beyond their range; text has none."""
        return [
            n
            for n, low, high in self._limits
            if (value := values[n]) is not None and not isinstance(value, str) and not low <= value <= high
        ]


def _has_range(channel: Channel) -> bool:
    return channel.low is not None or channel.high is not None


def _range(channel: Channel) -> tuple[float, float]:
    low = -math.inf if channel.low is None else channel.low
    return low, math.inf if channel.high is None else channel.high


def _worse(old: dict[int, Quality], channels: Iterable[int], quality: Quality) -> dict[int, Quality]:
    """A copy in which these channels are at least as bad as `quality`."""
    rank = _RANK[quality]
    return old | {n: quality for n in channels if n not in old or _RANK[old[n]] > rank}
