"""What can be set of the detection, and the constants of each profile class.

Durations are in rows: at a live site a row is a minute. `docs/detection.md` gives the reason for each number.
"""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from edge_agent.detect._latch import LatchSettings

Rows = Annotated[int, Meta(ge=1)]
WarmupRows = Annotated[int, Meta(ge=16)]
Positive = Annotated[float, Meta(gt=0)]


class InnovationsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Detector (a), see `innovations`."""

    warmup_rows: WarmupRows = 1440
    mean_rows: Rows = 15
    clip: Positive = 8.0
    """Standard deviations; one row counts for no more."""
    adapt_rows: Rows = 1440
    """Time constant by which bias and scale follow the process while it is normal."""
    on: Annotated[float, Meta(gt=1)] = 3.25
    """Root mean square of eight channels' deviations; smaller groups need more, see `threshold`."""
    ordinary_peak: Positive = 5.0
    """The largest peak of the warm-up is taken for at most this many standard deviations."""
    latch: LatchSettings = LatchSettings()


class DetectSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The detectors of one group of channels; one that is absent is not run."""

    innovations: InnovationsSettings | None = InnovationsSettings()

    def longest_warmup(self) -> int:
        """Rows until every detector judges."""
        return max((part.warmup_rows for part in _parts(self).values()), default=0)


class ProfileClass(StrEnum):
    """What kind of place the constants are for."""

    GENERIC = "generic"
    BOILER_HOUSE = "boiler_house"
    AIR_POST = "air_post"


CLASSES: Final = {
    ProfileClass.GENERIC: DetectSettings(),
    ProfileClass.BOILER_HOUSE: DetectSettings(),
    ProfileClass.AIR_POST: DetectSettings(),
}
"""The detectors and constants of each class."""


class GroupTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[group]]` of a configuration: channels that belong together.

    A detector's table replaces the one its class has.
    """

    channels: tuple[str, ...] = ()
    """Names; none: all there are."""
    profile_class: ProfileClass | None = None
    innovations: InnovationsSettings | None = None

    def settings(self, usual: ProfileClass) -> DetectSettings:
        """What this table means where the class is usually this one."""
        given = {"innovations": self.innovations}
        known = CLASSES[self.profile_class or usual]
        return replace(known, **{name: table for name, table in given.items() if table})


class DetectFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of groups."""

    group: Annotated[tuple[GroupTable, ...], Meta(min_length=1)]


def with_warmup(settings: DetectSettings, rows: int) -> DetectSettings:
    """The same settings with another warm-up in every detector."""
    return replace(
        settings, **{name: replace(part, warmup_rows=rows) for name, part in _parts(settings).items()}
    )


def _parts(settings: DetectSettings) -> dict[str, InnovationsSettings]:
    """The detectors that are configured, by field."""
    parts = {"innovations": settings.innovations}
    return {name: part for name, part in parts.items() if part is not None}
