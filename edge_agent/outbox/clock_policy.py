"""When readings that wait for a clock may go, and under which times; pure.

    clock       waited      goes                         times
    synced      any         all of this boot             true: monotonic time + offset
    holdover    any         all of this boot             true: the clock was set in this boot
    unsynced    < wait      nothing
    unsynced    ≥ wait      what would be later than     monotonic time + offset of the doubtful clock;
                            anything already known       quality uncertain.clock where it was good

A doubtful clock that would put a reading before the newest one already known, or before this program was
made, is wrong (a dead battery, a time restored from a file): such readings wait on for a true clock. What
has once gone is never re-timed. Readings of an earlier boot have lost their only clock and are given up.
"""

from typing import Final

from msgspec import Struct

from wire.messages import Clock

PROGRAM_MS: Final = 1_793_491_200_000
"""2026-11-01T00:00Z: no reading of this program can be older."""


class Release(Struct, frozen=True):
    """Readings of this boot may go whose time is not before `not_before_ms` (Unix ms)."""

    clock: Clock
    """What their rows will say: synced or unsynced."""
    not_before_ms: int


def decide(clock: Clock, *, waited_ms: int, wait_ms: int, newest_ms: int) -> Release | None:
    """Whether readings that wait may go now.

    Args:
        clock: how far the wall clock can be trusted now.
        waited_ms: since the first reading of this boot began to wait.
        wait_ms: how long a clock that is only plausible is not believed.
        newest_ms: the newest time already known; 0: none.
    """
    if clock is not Clock.UNSYNCED:
        return Release(Clock.SYNCED, 0)
    if waited_ms < wait_ms:
        return None
    return Release(Clock.UNSYNCED, max(newest_ms, PROGRAM_MS))


def newest(known_ms: int, last_ms: int, clock: Clock) -> int:
    """The newest time known after readings up to `last_ms` were written.

    A trusted clock is believed even when it goes back: it corrects a doubtful one that was ahead.
    """
    return max(known_ms, last_ms) if clock is Clock.UNSYNCED else last_ms
