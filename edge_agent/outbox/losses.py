"""Loss records that wait for the next batch, kept few; pure.

A loss means "whatever of first…last has not arrived", so records of one cause may be joined into one that
encloses them: what has arrived or still will is not lost by it.
"""

from collections.abc import Iterable

from wire.messages import Loss

Cause = tuple[str, str | None, bool]


def merged(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """At most one loss for each reason, epoch, and whether sequence numbers are known."""
    found: dict[Cause, Loss] = {}
    for loss in losses:
        cause = loss.reason, loss.epoch, loss.first_seq > 0
        found[cause] = _joined(found[cause], loss) if cause in found else loss
    return tuple(found.values())


def _joined(one: Loss, other: Loss) -> Loss:
    return Loss(
        reason=one.reason,
        from_ms=_least_known(one.from_ms, other.from_ms),
        to_ms=max(one.to_ms, other.to_ms),
        first_seq=min(one.first_seq, other.first_seq),
        last_seq=max(one.last_seq, other.last_seq),
        readings=one.readings + other.readings,
        epoch=one.epoch,
    )


def _least_known(one: int, other: int) -> int:
    return min(one, other) if one and other else one or other
