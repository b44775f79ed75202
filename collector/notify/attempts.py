"""What an attempt to deliver means, and when the next one is made. Decides; pure."""

from random import Random
from typing import Final

from msgspec import Struct


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of one attempt."""

    is_done: bool = False
    said: str
    is_lane_down: bool = False
    """The receiver takes nothing now: the rest of its lane need not be tried."""
    is_gone: bool = False
    """The receiver wants nothing any more."""
    wait_s: float | None = None
    """How long the receiver asks us to wait."""


WEBHOOK_S: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800, 28_800)
"""Waits between attempts, seconds: the schedule that Standard Webhooks 1.0 recommends, a day and a half."""
PERSON_S: Final = (5, 15, 30, 60, 120, 300, 300, 300)
"""A message to a person is of use within half an hour or so."""
GONE: Final = 410
_TOO_MANY: Final = 429
_TIMEOUT: Final = 408
_GOOD: Final = range(200, 300)
_BROKEN: Final = range(500, 600)
LONGEST_ASKED_S: Final = 3600.0
_JITTER: Final = 0.2


def of_status(status: int, reason: str, retry_after: str | None) -> Outcome:
    """What an HTTP answer means (RFC 9110; Standard Webhooks 1.0, "Webhook delivery")."""
    said = f"{status} {reason}".strip()
    if status in _GOOD:
        return Outcome(is_done=True, said=said)
    is_down = status in _BROKEN or status in {_TOO_MANY, _TIMEOUT}
    wait_s = _asked_s(retry_after) if is_down else None
    return Outcome(said=said, is_lane_down=is_down, is_gone=status == GONE, wait_s=wait_s)


def _asked_s(retry_after: str | None) -> float | None:
    if retry_after is None or not retry_after.isdecimal():
        return None
    return min(float(retry_after), LONGEST_ASKED_S)


def wait_s(schedule: tuple[int, ...], failures: int, rng: Random) -> float | None:
    """How long to wait after so many failures in a row (≥ 1); None: it was the last attempt.

    A fifth more or less, so that what failed together is not tried together.
    """
    if failures > len(schedule):
        return None
    return schedule[failures - 1] * rng.uniform(1 - _JITTER, 1 + _JITTER)
