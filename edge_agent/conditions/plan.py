"""What is judged at every scan: every number ready, nothing left to look up."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from edge_agent.conditions.board import Spot

STAYS: Final = 0.6
"""The deadband of a rate: once told, it is over below so much of its limit."""


class Limit(Struct, frozen=True, kw_only=True):
    """One limit of a channel, in its unit; the alarm is over at `clear_at`."""

    spot: Spot
    bound: float
    clear_at: float
    is_upper: bool

    def holds(self, value: float, *, raised: bool) -> bool:
        """Whether a value is beyond the limit, or, once it was, not back at `clear_at`."""
        edge = self.clear_at if raised else self.bound
        return value > edge if self.is_upper else value < edge


class RateLimit(Struct, frozen=True):
    """The fastest rise and fall, in units a minute, taken over at least `over_ms`."""

    spot: Spot
    rise_per_min: float
    fall_per_min: float
    over_ms: int

    def passed(self, rate: float, *, raised: bool) -> float | None:
        """The limit that a change a minute is beyond, or, once it was, not well within; None: it is."""
        limit = self.rise_per_min if rate > 0 else self.fall_per_min
        return limit if abs(rate) > limit * (STAYS if raised else 1.0) else None


class StuckWatch(Struct, frozen=True):
    """A value exactly equal for `minutes`: as the alarm's own table says, or as the validator found."""

    spot: Spot
    minutes: float
    is_validators: bool


class WatchedChannel(Struct, frozen=True, kw_only=True):
    """One channel: `index` is its place in every scan; `missing` is told with the code of `broken`.

    From `low` to `high`, a little beyond its range, a number is a measurement all the same: an instrument at
    rest shows less than nothing, and one at its end more.
    """

    index: int
    unit: str
    low: float
    high: float
    limits: tuple[Limit, ...]
    rate: RateLimit | None
    stuck: tuple[StuckWatch, ...]
    broken: Spot
    missing: Spot


class WatchedDevice(Struct, frozen=True, kw_only=True):
    name: str
    link: str
    period_ms: int
    channel_names: tuple[str, ...]
    units: tuple[str, ...]
    channels: tuple[WatchedChannel, ...]
    silent: Spot
    anomaly: Spot

    def spots(self) -> Iterator[Spot]:
        """Every place at this device where an alarm can be."""
        yield from (self.silent, self.anomaly)
        for channel in self.channels:
            yield from _spots_of(channel)


class WatchedLink(Struct, frozen=True, kw_only=True):
    """A link; its witnesses are the devices that are asked often enough to testify for it."""

    name: str
    devices: int
    witnesses: frozenset[str]
    silent: Spot
    overload: Spot
    load: float


class Plan(Struct, frozen=True):
    """Everything that is watched."""

    devices: tuple[WatchedDevice, ...]
    links: tuple[WatchedLink, ...]
    relations: dict[str, Spot]

    def spots(self) -> Iterator[Spot]:
        """Every place where an alarm can be."""
        for device in self.devices:
            yield from device.spots()
        for link in self.links:
            yield from (link.silent, link.overload)
        yield from self.relations.values()


def _spots_of(channel: WatchedChannel) -> Iterator[Spot]:
    yield from (limit.spot for limit in channel.limits)
    yield from (channel.broken, channel.missing)
    if channel.rate is not None:
        yield channel.rate.spot
    yield from (watch.spot for watch in channel.stuck)
