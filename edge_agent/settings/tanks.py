"""Fuel stores: from a level, as the probe counts it, to litres, by the table the tank was calibrated with.

    [device.channels.level.table]
    points = [[0, 0], [1024, 2400], [2048, 5300], [4095, 10000]]      level, litres

Between two points the tank is taken for straight; beyond the ends nothing is known.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from edge_agent.settings.page import Page
from edge_agent.settings.tables import ChannelTable, Point
from sensor_profiles.model import Channel
from wire.config_file import Path_
from wire.quantities import Quantity

LITRES: float = 1000.0
"""A cubic metre of them."""


def calibrated(page: Page, path: Path_, channel: Channel, table: ChannelTable) -> Channel:
    """A channel that says how much is in a tank: m³, from the end of the table to its other end.

    Raises:
        ConfigError: the table is no function of the level, or the site calls the channel something else.
    """
    if table.table is None:
        return channel
    if table.quantity not in {None, Quantity.VOLUME}:
        raise page.error((*path, "quantity"), f"a tank table gives a volume, not {table.quantity}; remove it")
    if channel.quantity is Quantity.TEXT:
        raise page.error((*path, "table"), f"`{channel.name}` is text, which has no level; remove the table")
    points = table.table.points
    _check(page, (*path, "table", "points"), points)
    volumes = [litres / LITRES for _, litres in points]
    return msgspec.structs.replace(
        channel,
        quantity=Quantity.VOLUME,
        low=table.low if table.low is not None else min(volumes),
        high=table.high if table.high is not None else max(volumes),
        table=tuple((level, volume) for (level, _), volume in zip(points, volumes, strict=True)),
    )


def _check(page: Page, path: Path_, points: Sequence[Point]) -> None:
    """Levels rise from point to point, litres only rise or only fall (a probe may measure from above)."""
    if len(points) < 2:  # noqa: PLR2004  a line has two ends
        raise page.error(path, f"{len(points)} point is no table; write at least two: [level, litres]")
    for index, point in enumerate(points):
        if not all(map(math.isfinite, point)) or point[1] < 0:
            raise page.error(
                (*path, index), f"{list(point)}: level and litres are numbers, litres not below 0"
            )
    for index, (before, point) in enumerate(pairwise(points), 1):
        if point[0] <= before[0]:
            raise page.error(
                (*path, index),
                f"level {point[0]:g} is not above {before[0]:g} of the point before; "
                "sort the points by level",
            )
    _refuse_turns(page, path, points)


def _refuse_turns(page: Page, path: Path_, points: Sequence[Point]) -> None:
    rises = points[-1][1] > points[0][1]
    if points[-1][1] == points[0][1]:
        raise page.error(path, f"{points[0][1]:g} litres at both ends; a tank table must lead somewhere")
    for index, (before, point) in enumerate(pairwise(points), 1):
        if point[1] != before[1] and (point[1] > before[1]) is not rises:
            raise page.error(
                (*path, index),
                f"{point[1]:g} litres after {before[1]:g}, while the table as a whole "
                f"{'rises' if rises else 'falls'}; correct the point",
            )
