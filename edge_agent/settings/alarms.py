"""What the gateway watches for by itself: the table `[alarms]` and each channel's table `alarms`.

Every kind of alarm has a table of its own because each has its own defaults. Delays follow common practice
for temperatures, pressures and levels (15…60 s); they are starting points to be tuned on site.
"""

import math
from itertools import pairwise
from typing import Annotated, Final

from msgspec import Meta, Struct

from edge_agent.settings.page import Page
from sensor_profiles.model import Channel
from wire.config_file import Path_
from wire.quantities import Quantity

Priority = Annotated[int, Meta(ge=1, le=4)]
"""1 is the most urgent."""
Seconds = Annotated[float, Meta(ge=0, le=86400)]
Count = Annotated[int, Meta(ge=1, le=60)]
Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, le=1)]
LIMITS: Final = ("low_low", "low", "high", "high_high")
"""From the lowest to the highest."""


class DelayTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a condition becomes an alarm, and when it is over.

    Raised: seen in `count` of the last `of` readings, and so for `on_delay_s`. Over: gone for `off_delay_s`.
    """

    priority: Priority = 2
    on_delay_s: Seconds = 60.0
    off_delay_s: Seconds = 60.0
    count: Count = 1
    of: Count = 1


class TripTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Beyond the outer limits, where equipment is at risk."""

    priority: Priority = 1
    on_delay_s: Seconds = 15.0


class RateTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes by fits and starts is one change: over after five minutes of rest."""

    on_delay_s: Seconds = 0.0
    off_delay_s: Seconds = 300.0
    over_s: Annotated[float, Meta(ge=1, le=3600)] = 60.0
    """The change is taken over at least so long."""


class StuckTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a value must be exactly equal stands with its channel."""

    priority: Priority = 3
    on_delay_s: Seconds = 0.0
    off_delay_s: Seconds = 0.0


class BrokenTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A loose contact is whole for minutes on end."""

    priority: Priority = 3
    on_delay_s: Seconds = 0.0
    off_delay_s: Seconds = 300.0
    count: Count = 2
    of: Count = 3
    missing_s: Seconds = 900.0
    """A channel that had no good value for so long is broken too, whatever the reason."""


class DeviceTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`count` of `of` polls missed: three in a row. Back when none was missed for `off_delay_s`."""

    priority: Priority = 3
    on_delay_s: Seconds = 0.0
    off_delay_s: Seconds = 300.0
    count: Count = 3
    of: Count = 3


class LinkTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`off_delay_s` begins when a device has answered without a miss for two minutes: five in all."""

    on_delay_s: Seconds = 30.0
    off_delay_s: Seconds = 180.0


class OverloadTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    priority: Priority = 4
    on_delay_s: Seconds = 300.0
    off_delay_s: Seconds = 600.0
    load: Share = 0.95
    """Share of the line's time that is too much."""


class AnomalyTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Detectors have waited already before they say that something is wrong."""

    priority: Priority = 3
    on_delay_s: Seconds = 0.0
    off_delay_s: Seconds = 300.0


class RelationTable(DelayTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a relation must be broken stands with the relation."""

    priority: Priority = 3
    on_delay_s: Seconds = 0.0
    off_delay_s: Seconds = 300.0


class AlarmsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table for each kind of alarm, named as its code is."""

    low_low: TripTable = TripTable()
    low: DelayTable = DelayTable()
    high: DelayTable = DelayTable()
    high_high: TripTable = TripTable()
    rate: RateTable = RateTable()
    stuck: StuckTable = StuckTable()
    sensor_broken: BrokenTable = BrokenTable()
    device_silent: DeviceTable = DeviceTable()
    link_silent: LinkTable = LinkTable()
    bus_overload: OverloadTable = OverloadTable()
    anomaly: AnomalyTable = AnomalyTable()
    relation_broken: RelationTable = RelationTable()


class ChannelAlarms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is watched on one channel, in the unit of its quantity; nothing unless it stands here."""

    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None
    deadband: Annotated[float, Meta(ge=0)] | None = None
    """How far inside a limit the value must come before the alarm is over; left out, a share of the range."""
    on_delay_s: Seconds | None = None
    """These four replace those of `[alarms]` for this channel's limits."""
    off_delay_s: Seconds | None = None
    count: Count | None = None
    of: Count | None = None
    rate_per_min: Positive | None = None
    fall_per_min: Positive | None = None
    """Of falls instead of `rate_per_min`: a store is filled faster than it may empty."""
    rate_over_s: Annotated[float, Meta(ge=1, le=3600)] | None = None
    """Instead of `over_s` of `[alarms]`: what goes slowly shows only over a longer time."""
    stuck_min: Annotated[float, Meta(gt=0, le=10080)] | None = None

    def limits(self) -> list[tuple[str, float]]:
        """The limits that are set, the lowest kind first."""
        return [(key, value) for key in LIMITS if (value := getattr(self, key)) is not None]


def check_counts(page: Page, alarms: AlarmsTable) -> None:
    """Whether every kind of alarm can be reached.

    Raises:
        ConfigError: more readings are wanted than are looked at.
    """
    for key in alarms.__struct_fields__:
        table: DelayTable = getattr(alarms, key)
        _refuse_count(page, ("alarms", key), table.count, table.of)


def check(page: Page, path: Path_, channel: Channel, table: ChannelAlarms, defaults: AlarmsTable) -> None:
    """Whether a channel's alarms make sense.

    Raises:
        ConfigError: one that could never be raised, never end, or means nothing here.
    """
    _refuse_text(page, path, channel)
    limits = table.limits()
    for key, value in limits:
        _refuse_unreachable(page, (*path, key), channel, value)
    _refuse_disorder(page, path, table, limits)
    for key, _ in limits:
        of_code: DelayTable = getattr(defaults, key)
        _refuse_count(page, path, table.count or of_code.count, table.of or of_code.of)


def _refuse_text(page: Page, path: Path_, channel: Channel) -> None:
    if channel.quantity is Quantity.TEXT:
        raise page.error(path, f"`{channel.name}` is text, which has no limits; remove this table")


def _refuse_unreachable(page: Page, path: Path_, channel: Channel, value: float) -> None:
    if not math.isfinite(value):
        raise page.error(path, f"{value} is no number to reckon with; write a finite one")
    low = -math.inf if channel.low is None else channel.low
    high = math.inf if channel.high is None else channel.high
    if not low <= value <= high:
        raise page.error(
            path,
            f"{value:g} can never be passed: beyond {low:g}…{high:g} a value of `{channel.name}` is bad; "
            "widen the channel's range or move the limit",
        )


def _refuse_disorder(page: Page, path: Path_, table: ChannelAlarms, limits: list[tuple[str, float]]) -> None:
    for (lower, below), (upper, above) in pairwise(limits):
        if below >= above:
            raise page.error(
                (*path, upper), f"{lower} = {below:g} is not below {upper} = {above:g}; correct one"
            )
        if table.deadband is not None and table.deadband >= above - below:
            raise page.error(
                (*path, "deadband"),
                f"{table.deadband:g} does not fit between {lower} = {below:g} and {upper} = {above:g}; "
                f"write less than {above - below:g}",
            )
    if table.deadband is not None and not limits:
        raise page.error((*path, "deadband"), "means nothing without a limit; add one or remove it")


def _refuse_count(page: Page, path: Path_, count: int, of: int) -> None:
    if count > of:
        raise page.error(
            (*path, "count"),
            f"{count} of the last {of} readings can never be; write at most {of}, or raise `of`",
        )
