"""River's exponentially weighted mean, straight from its native module.

`river.stats.EWMean` wraps this class and computes the same numbers, but `import river.stats` also brings
numpy, scipy and base classes: 28 MB resident (river 0.26.1, CPython 3.11) of which nothing is used here. The
native module is private: where an upgrade of river has moved it the public class serves, and a test says so.
"""

from collections.abc import Callable
from typing import Protocol


class FadingMean(Protocol):
    """What both classes offer."""

    def update(self, x: float, /) -> None: ...
    def get(self) -> float: ...


Make = Callable[[float], FadingMean]


def native() -> Make | None:
    """River's native class; None where this river has it elsewhere, or not at all."""
    try:
        from river._river_rust import stats  # noqa: PLC0415  # may be gone in another river
    except ImportError:
        return None
    return getattr(stats, "RsEWMean", None)


def public() -> Make:
    """The class that river documents."""
    from river.stats import EWMean  # noqa: PLC0415  # 28 MB: only where there is no other way

    return EWMean


ew_mean = native() or public()
"""Called with the weight of the newest row, 0…1; the first value is the mean as it is."""
