"""What can be set of the detection, and the constants of each profile class.

Durations are in rows: at a live site a row is a minute. `docs/detection.md` gives the reason for each number.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

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
    latch: LatchSettings = LatchSettings()


class DetectSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The detectors of one group of channels; one that is absent is not run."""

    innovations: InnovationsSettings | None = InnovationsSettings()


CLASSES: Final = {"generic": DetectSettings()}
"""Settings by profile class."""
