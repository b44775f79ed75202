"""How much faster a device is polled while something looks wrong: the table `[poll]`."""

from typing import Annotated

from msgspec import Meta, Struct

from edge_agent.settings.page import Page


class PollTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A burst: polls beside the regular ones, for a limited time and in time the line has to spare."""

    burst_every_s: Annotated[float, Meta(ge=1, le=3600)] = 5.0
    """Never below what a profile calls its shortest period."""
    burst_for_s: Annotated[float, Meta(gt=0, le=3600)] = 120.0
    """After the last scan that looked wrong."""
    burst_per_hour_s: Annotated[float, Meta(ge=0, le=3600)] = 900.0
    """At most so long in any hour, each device; 0 switches bursts off."""
    burst_share: Annotated[float, Meta(gt=0, le=0.5)] = 0.3
    """At most this share of a line's time is spent on bursts."""


def check(page: Page, table: PollTable) -> None:
    """Whether a burst would bring a poll.

    Raises:
        ConfigError: it would be over, or used up, before its first one.
    """
    every_s = table.burst_every_s
    if table.burst_for_s < every_s:
        raise page.error(
            ("poll", "burst_for_s"),
            f"{table.burst_for_s:g} s are over before the first poll, which comes after {every_s:g} s "
            "(burst_every_s); make it longer",
        )
    if 0 < table.burst_per_hour_s < every_s:
        raise page.error(
            ("poll", "burst_per_hour_s"),
            f"{table.burst_per_hour_s:g} s have no room for one poll every {every_s:g} s (burst_every_s); "
            "raise it, or write 0 for no bursts",
        )
