"""Times and durations as people write them, parsed into milliseconds since 1970-01-01T00:00Z."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DURATION = re.compile(r"([1-9]\d{0,8})([smhd])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class BadUsageError(ValueError):
    """What a person typed cannot be used: one sentence says what and how to write it."""


def parse_zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name.

    Raises:
        BadUsageError: no such zone on this machine.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadUsageError(f"{name!r} is no time zone; write one such as Asia/Almaty or UTC") from None


def parse_duration(text: str) -> int:
    """A duration such as 90s, 15m, 2h or 7d, in milliseconds.

    Raises:
        BadUsageError: anything else, also zero.
    """
    if match := _DURATION.fullmatch(text):
        return int(match[1]) * _UNIT_MS[match[2]]
    raise BadUsageError(f"{text!r} is no duration; write one such as 90s, 15m, 2h or 7d")


def parse_time(text: str, zone: ZoneInfo) -> int:
    """An ISO 8601 time; without a zone of its own it is local time in `zone`, a date alone its midnight.

    Raises:
        BadUsageError: no such time, or one before 1970.
    """
    try:
        taken = datetime.fromisoformat(text)
        t_ms = round((taken if taken.tzinfo else taken.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadUsageError(
            f"{text!r} is no time; write 2026-01-26T03:20Z, or '2026-01-26 03:20' as in {zone.key}"
        ) from None
    if t_ms < 0:
        raise BadUsageError(f"{text!r} lies before 1970; no reading does")
    return t_ms


def iso(t_ms: int) -> str | None:
    """The time in ISO 8601, UTC; None beyond the year 9999."""
    try:
        taken = _EPOCH + timedelta(milliseconds=t_ms)
    except OverflowError:
        return None
    return taken.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def local(t_ms: int, zone: ZoneInfo) -> str:
    """The time as a clock in `zone` shows it; the milliseconds themselves beyond the year 9999."""
    try:
        taken = (_EPOCH + timedelta(milliseconds=t_ms)).astimezone(zone)
    except OverflowError:
        return f"{t_ms} ms"
    return taken.isoformat(" ", "seconds")[:19]
