"""Impossible rate: faster than physics allows.

    jumped faster than the limit                                   bad.rate
    the next agrees with it (not faster than the limit from it)    uncertain.rate
    the third that agrees                                          good: so it stands now

A value that comes back to what was believed before is good at once. Three that agree are no accident: an
input was set up anew, or an instrument exchanged.
"""

from typing import Final

MINUTE_MS: Final = 60_000.0
AGREEING: Final = 3


def impossible(move: float, elapsed_ms: float, per_min: float | None) -> bool:
    """Whether a move within this time is faster than the channel can be."""
    return per_min is not None and abs(move) > per_min * elapsed_ms / MINUTE_MS
