"""Chance without a history: smooth noise that depends on nothing but its seed, its name and the instant."""

import hashlib
import math

_MASK = 2**64 - 1


class Noise:
    """Noise between −1 and 1 whose value is drawn anew each `period_s` and moves smoothly in between."""

    def __init__(self, seed: int | str, name: str, period_s: float) -> None:
        digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
        self._key = int.from_bytes(digest, "big")
        self._period_s = period_s

    def at(self, t_s: float) -> float:
        """The noise at an instant."""
        place = t_s / self._period_s
        knot = math.floor(place)
        part = place - knot
        here, there = self._drawn(knot), self._drawn(knot + 1)
        return here + (there - here) * part * part * (3 - 2 * part)

    def _drawn(self, knot: int) -> float:
        """SplitMix64 (Steele, Lea, Flood 2014) of the knot's number."""
        bits = (self._key + knot * 0x9E3779B97F4A7C15) & _MASK
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & _MASK
        return (bits ^ bits >> 31) / 2**63 - 1
