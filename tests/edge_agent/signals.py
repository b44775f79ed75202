"""Signals for the detectors, made up here: noise that remembers, steps, and every kind of junk."""

import math
import random
from collections.abc import Iterator

from edge_agent.detect import Group, Outcome

MINUTE_MS = 60_000
START_MS = 1_700_000_000_000
Row = list[float | None]
JUNK: tuple[float | None, ...] = (None, math.nan, math.inf, -math.inf, 1e300, -1e300)


def coloured(rows: int, channels: int, seed: int, offset: float = 0.0) -> list[Row]:
    """Autoregressive noise of standard deviation about 1 around an offset, each channel on its own."""
    chance = random.Random(seed)
    past = [0.0] * channels
    made: list[Row] = []
    for _ in range(rows):
        past = [0.7 * value + chance.gauss(0, 0.7) for value in past]
        made.append([offset + value for value in past])
    return made


def shifted(rows: list[Row], channel: int, by: float) -> list[Row]:
    """The same rows with one channel elsewhere."""
    return [
        [value + by if n == channel and value is not None else value for n, value in enumerate(row)]
        for row in rows
    ]


def fed(group: Group, rows: list[Row], first: int = 0) -> list[Outcome]:
    """Feed rows a minute apart, the first at minute `first`."""
    return list(_outcomes(group, rows, first))


def _outcomes(group: Group, rows: list[Row], first: int) -> Iterator[Outcome]:
    for n, row in enumerate(rows, first):
        yield group.step(START_MS + n * MINUTE_MS, row)


def alarms(outcomes: list[Outcome]) -> int:
    """How many rows are anomalous."""
    return sum(outcome.anomalous for outcome in outcomes)
