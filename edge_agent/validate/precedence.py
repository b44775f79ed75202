"""One channel has one quality, and the worst wins."""

from collections.abc import Iterable
from typing import Final

from wire.messages import Quality

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
    Quality.BAD_RATE,
    Quality.UNCERTAIN_STALE,
    Quality.UNCERTAIN_STUCK,
    Quality.UNCERTAIN_SWAPPED,
    Quality.UNCERTAIN_INCONSISTENT,
    Quality.UNCERTAIN_RATE,
    Quality.UNCERTAIN_SPIKE,
    Quality.UNCERTAIN_NOISE,
    Quality.UNCERTAIN_ASSUMED,
    Quality.UNCERTAIN_AFTER_FAULT,
    Quality.UNCERTAIN_CLOCK,
)
"""The worst first; bad before uncertain (OPC UA Part 8), and no bytes before bytes that mean nothing.

Among the uncertain: first what says nothing about now, then what is said of another place, then doubtful
numbers.
"""
_RANK: Final = {quality: rank for rank, quality in enumerate(PRECEDENCE)}


def worse(old: dict[int, Quality], channels: Iterable[int], quality: Quality) -> dict[int, Quality]:
    """A copy in which these channels are at least as bad as `quality`."""
    rank = _RANK[quality]
    return old | {n: quality for n in channels if n not in old or _RANK[old[n]] > rank}


def believed(quality: Quality | None) -> bool:
    """Whether a value of this quality may teach a check: it is good, or only its time is in doubt."""
    return quality is None or quality is Quality.UNCERTAIN_CLOCK
