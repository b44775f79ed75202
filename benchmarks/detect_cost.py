"""What detection costs a channel, without any input or output: time of a row, bytes of its state.

Rows are generated: each channel is a mean-reverting walk with noise, as temperatures, pressures and dust are.
Time is that of the process, so that what else runs on the machine counts little; the best of some rounds.
"""

import gc
import random
import time
import tracemalloc
from pathlib import Path

from msgspec import Struct

from benchmarks.measure import Row
from edge_agent.detect import Group, encode_state
from edge_agent.settings.detection import (
    CLASSES,
    DetectSettings,
    MultivariateModel,
    MultivariateSettings,
    ProfileClass,
)

CHANNELS = 8
_JUDGED_ROWS, _ROUNDS = 2000, 3
_GROUPS = 2
_PERIOD_MS = 60_000
_MOST_US, _MOST_SAVED = 10.0, 4096
_CLASSES = (ProfileClass.BOILER_HOUSE, ProfileClass.AIR_POST)


class Times(Struct, frozen=True):
    """Microseconds for each channel of a row: over the warm-up as it is configured, and after it."""

    learning: float
    judging: float


class Bytes(Struct, frozen=True):
    """For each channel after the warm-up: what it holds as objects, and what is saved of it."""

    held: float
    saved: float


def generated(count: int, seed: int = 1) -> list[tuple[float, ...]]:
    """Rows as a site has them; the same for the same seed."""
    chance = random.Random(seed)
    walk = [0.0] * CHANNELS
    made = []
    for _ in range(count):
        walk = [0.98 * value + chance.gauss(0, 0.2) for value in walk]
        made.append(tuple(60 + 5 * n + value + chance.gauss(0, 0.1) for n, value in enumerate(walk)))
    return made


def times(settings: DetectSettings) -> Times:
    """How long the detectors of a group take, the best of the rounds."""
    warmup = settings.longest_warmup()
    rows = generated(warmup + _JUDGED_ROWS)
    rounds = [_timed(settings, rows, warmup) for _ in range(_ROUNDS)]
    return Times(min(r.learning for r in rounds), min(r.judging for r in rounds))


def memory(settings: DetectSettings) -> Bytes:
    """What groups of a class hold and save."""
    rows = generated(settings.longest_warmup() + 1)
    gc.collect()
    tracemalloc.start()
    groups = [_group(settings) for _ in range(_GROUPS)]
    for group in groups:
        _step(group, rows)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    saved = sum(len(encode_state(group.state())) for group in groups)
    return Bytes(held / _GROUPS / CHANNELS, saved / _GROUPS / CHANNELS)


def run(_folder: Path) -> list[Row]:
    """Two lines a class, and two a model of `multivariate`."""
    chosen = {str(name): CLASSES[name] for name in _CLASSES} | {
        f"multivariate by {model}": DetectSettings(
            innovations=None, multivariate=MultivariateSettings(model=model)
        )
        for model in MultivariateModel
    }
    return [line for name, settings in chosen.items() for line in _lines(name, settings)]


def _lines(name: str, settings: DetectSettings) -> list[Row]:
    took, kept = times(settings), memory(settings)
    return [
        Row(
            f"detection, {name}: CPU µs a channel and row",
            f"{took.judging:.1f}, {took.learning:.1f} while it learns",
            "",
            f"≤ {_MOST_US:.0f}",
            max(took.judging, took.learning) <= _MOST_US,
        ),
        Row(
            "… bytes of state a channel",
            f"{kept.saved:,.0f}, as objects {kept.held:,.0f}",
            "",
            f"≤ {_MOST_SAVED:,}",
            kept.saved <= _MOST_SAVED,
        ),
    ]


def _group(settings: DetectSettings) -> Group:
    return Group([f"c{n}" for n in range(CHANNELS)], settings)


def _timed(settings: DetectSettings, rows: list[tuple[float, ...]], warmup: int) -> Times:
    group = _group(settings)
    return Times(_step(group, rows[:warmup]), _step(group, rows[warmup:], warmup))


def _step(group: Group, rows: list[tuple[float, ...]], first: int = 0) -> float:
    """Let a group judge rows; microseconds for each channel of a row."""
    begun = time.process_time_ns()
    for n, row in enumerate(rows, first):
        group.step(n * _PERIOD_MS, row)
    return (time.process_time_ns() - begun) / len(rows) / CHANNELS / 1000
