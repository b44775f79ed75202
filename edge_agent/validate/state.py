"""What a restart must not lose, as plain numbers: how much each channel usually moves.

What hangs on time (last values, doubts, since when something stands still) is not here: a restart is a gap.
"""

from typing import Literal

from msgspec import Struct


class DeviceState(Struct, frozen=True):
    """Channel → squared usual move, in squared units of its quantity."""

    levels: dict[str, float] = {}


class SiteState(Struct, frozen=True, kw_only=True):
    """All devices of a site; a file of another version does not decode."""

    version: Literal[1] = 1
    devices: dict[str, DeviceState] = {}
