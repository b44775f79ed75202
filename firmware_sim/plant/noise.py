"""Chance without a history: smooth noise that depends on nothing but its seed, its name and the instant."""

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
"""One number for each of the instants that were asked about."""

_Bits = npt.NDArray[np.uint64]
_GOLDEN, _MIX_1, _MIX_2 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


class Noises:
    """Noises by name, each between −1 and 1: drawn anew each period, and smooth in between.

    All names of a seed are drawn together: one pass over a table is as quick as one over a row.
    """

    def __init__(self, seed: int | str, periods_s: Mapping[str, float]) -> None:
        self._names = tuple(periods_s)
        self._keys = np.array([_key(f"{seed}/{name}") for name in periods_s], np.uint64)[:, None]
        self._periods_s = np.array(list(periods_s.values()))[:, None]

    def at(self, times: Array) -> dict[str, Array]:
        """Each noise at each instant."""
        place = times / self._periods_s
        knot = np.floor(place)
        part = place - knot
        bits = self._keys + knot.astype(np.int64).view(np.uint64) * _GOLDEN
        here, there = _drawn(bits), _drawn(bits + _GOLDEN)
        smooth = here + (there - here) * (part * part * (3 - 2 * part))
        return dict(zip(self._names, smooth, strict=True))

    def steps(self, times: Array) -> dict[str, Array]:
        """The same without the way between: a value holds for its whole period."""
        knot = np.floor(times / self._periods_s).astype(np.int64).view(np.uint64)
        return dict(zip(self._names, _drawn(self._keys + knot * _GOLDEN), strict=True))


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


def _drawn(bits: _Bits) -> Array:
    """SplitMix64 (Steele, Lea, Flood 2014) of the numbers of knots."""
    bits = (bits ^ bits >> _30) * _MIX_1
    bits = (bits ^ bits >> _27) * _MIX_2
    return (bits ^ bits >> _31) / 2.0**63 - 1.0
