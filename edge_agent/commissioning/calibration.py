"""A channel compared with a reference instrument: from readings to gain and offset. Pure.

    one point    offset = reference - shown
    two points   gain = Δreference / Δshown, and the offset that goes with it

A correction is refused where the comparison cannot be believed: the readings moved, the points lie too near
to each other, or what would be corrected is larger than an instrument in order ever needs.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from edge_agent.commissioning.plausible import Range
from edge_agent.settings.calibration import MOST_POINTS, CalibrationPoint

_DIGITS: Final = 7


class CalibrationError(ValueError):
    """The comparison gives no correction: one sentence why, and what to do."""


class Compared(Struct, frozen=True, kw_only=True):
    """One point: what the reference said, and what the channel said without any correction."""

    reference: float
    values: tuple[float, ...]

    @property
    def shown(self) -> float:
        """The mean of the readings."""
        return sum(self.values) / len(self.values)

    @property
    def spread(self) -> float:
        return max(self.values) - min(self.values)


class Limits(Struct, frozen=True, kw_only=True):
    """What is believed; shares of the channel's range."""

    unsteady: float = 0.005
    """The readings of a point may differ by this much."""
    apart: float = 0.1
    """Two points are at least so far from each other."""
    largest: float = 0.05
    """No point is corrected by more, unless that is forced."""


class Correction(Struct, frozen=True, kw_only=True):
    """What to do to a value: times `gain`, plus `offset`; and what it does to the points."""

    gain: float
    offset: float
    points: tuple[CalibrationPoint, ...]


def correction(
    points: Sequence[Compared], within: Range, unit: str, limits: Limits, *, force: bool = False
) -> Correction:
    """Gain and offset of one or two points.

    Args:
        points: in any order.
        within: the lowest and the highest value that the channel can have.
        unit: theirs, for the sentences.
        limits: what is believed.
        force: a correction larger than `limits.largest` is meant.

    Raises:
        CalibrationError: see `Limits`; or the channel falls where the reference rises.
    """
    if not 1 <= len(points) <= MOST_POINTS:
        raise CalibrationError(f"{len(points)} points; compare at one or two")
    span = within[1] - within[0]
    for point in points:
        _see_steady(point, span, unit, limits)
    gain = _gain(points, span, unit, limits)
    offset = _rounded(sum(p.reference - gain * p.shown for p in points) / len(points))
    found = Correction(
        gain=gain,
        offset=offset,
        points=tuple(
            CalibrationPoint(
                reference=point.reference,
                before=_rounded(point.shown),
                after=_rounded(point.shown * gain + offset),
            )
            for point in points
        ),
    )
    if not force:
        _see_small(found, span, unit, limits)
    return found


def _see_steady(point: Compared, span: float, unit: str, limits: Limits) -> None:
    if point.spread > limits.unsteady * span:
        raise CalibrationError(
            f"at {point.reference:g} {unit} the readings differ by {point.spread:.4g} {unit}, more than "
            f"{limits.unsteady:.1%} of the range: wait until the value is steady and compare again"
        )


def _gain(points: Sequence[Compared], span: float, unit: str, limits: Limits) -> float:
    if len(points) == 1:
        return 1.0
    first, second = points
    referred, shown = second.reference - first.reference, second.shown - first.shown
    if abs(referred) < limits.apart * span:
        raise CalibrationError(
            f"the points {first.reference:g} and {second.reference:g} {unit} are {abs(referred):.4g} {unit} "
            f"apart, less than {limits.apart:.0%} of the range: choose them further apart, or compare at one"
        )
    if referred * shown <= 0:
        raise CalibrationError(
            f"the reference went from {first.reference:g} to {second.reference:g} {unit}, the channel from "
            f"{first.shown:.6g} to {second.shown:.6g}: see that both measure the same"
        )
    return _rounded(referred / shown)


def _see_small(found: Correction, span: float, unit: str, limits: Limits) -> None:
    worst = max(found.points, key=lambda point: abs(point.after - point.before))
    by = worst.after - worst.before
    if abs(by) > limits.largest * span:
        raise CalibrationError(
            f"at {worst.reference:g} {unit} the value would be corrected by {by:+.4g} {unit}, more than "
            f"{limits.largest:.0%} of the range: check sensor, wiring and scale first; --force if it is meant"
        )


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
