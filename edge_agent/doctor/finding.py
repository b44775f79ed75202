"""What doctor says of one thing."""

from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """`warning` works today and may not tomorrow; `wrong` costs readings, or the way to the collector."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


_GRAVITY = tuple(Verdict)


class Finding(Struct, frozen=True):
    """One thing that was looked at: a sentence what, and a sentence what to do (empty when all is well)."""

    area: str
    verdict: Verdict
    what: str
    do: str = ""


def ok(area: str, what: str) -> Finding:
    return Finding(area, Verdict.OK, what)


def warning(area: str, what: str, do: str) -> Finding:
    return Finding(area, Verdict.WARNING, what, do)


def wrong(area: str, what: str, do: str) -> Finding:
    return Finding(area, Verdict.WRONG, what, do)


def graded(area: str, share: float, limits: tuple[float, float], what: str, do: str) -> Finding:
    """A warning from the first limit on, wrong from the second."""
    warn, fail = limits
    if share >= fail:
        return wrong(area, what, do)
    return warning(area, what, do) if share >= warn else ok(area, what)


def worst(*found: Finding) -> Finding:
    """The first of the gravest."""
    return max(found, key=lambda finding: _GRAVITY.index(finding.verdict))


def duration(milliseconds: float) -> str:
    """`20 s`, `5 min`, `3 h`, `2 days`."""
    seconds = max(milliseconds, 0) / 1000
    for unit, length, enough in (("days", 86400, 2), ("h", 3600, 2), ("min", 60, 2)):
        if seconds >= enough * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
