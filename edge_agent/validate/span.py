"""Out of range: a number beyond `low`…`high` of its channel; both ends are allowed."""

import math
from collections.abc import Sequence

from sensor_profiles.model import Channel
from wire.messages import Value


class Spans:
    """The ranges of a device's channels, in their units; text has none."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._limits = [(n, *_span(channel)) for n, channel in enumerate(channels) if _has_span(channel)]

    def outside(self, values: Sequence[Value]) -> list[int]:
        """The channels whose number is beyond their range."""
        return [
            n
            for n, low, high in self._limits
            if (value := values[n]) is not None and not isinstance(value, str) and not low <= value <= high
        ]


def _has_span(channel: Channel) -> bool:
    return channel.low is not None or channel.high is not None


def _span(channel: Channel) -> tuple[float, float]:
    low = -math.inf if channel.low is None else channel.low
    return low, math.inf if channel.high is None else channel.high
