"""How well a line works: requests, errors by their kind, and how long answers took. Pure."""

from collections import Counter
from collections.abc import Iterable
from statistics import median
from typing import Final

from edge_agent.commissioning.outcomes import Heard, Outcome
from wire.reports import LineQuality

_KINDS: Final = {
    Heard.SILENT: "no_answer",
    Heard.ECHO: "no_answer",
    Heard.GARBLED: "garbled",
    Heard.FOREIGN: "foreign",
    Heard.REFUSED: "refused",
    Heard.BUSY: "busy",
}
ERRORS: Final = tuple(dict.fromkeys(_KINDS.values()))
"""Every kind of error there is."""


def line_quality(outcomes: Iterable[Outcome]) -> LineQuality:
    """What a line or a device did, from all requests to it."""
    heard = list(outcomes)
    errors = Counter(_KINDS[one.heard] for one in heard if one.heard is not Heard.ANSWER)
    took = [one.took_ms for one in heard if one.heard is Heard.ANSWER]
    return LineQuality(
        requests=len(heard),
        errors=dict(sorted(errors.items())),
        latency_min_ms=_ms(min(took)) if took else None,
        latency_median_ms=_ms(median(took)) if took else None,
        latency_max_ms=_ms(max(took)) if took else None,
    )


def _ms(value: float) -> float:
    return round(value, 1)
