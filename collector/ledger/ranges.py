"""Which sequence numbers have arrived, as contiguous ranges; pure.

Invariants: ranges are sorted, and between two of them at least one number is missing.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from msgspec import Struct


class Range(Struct, frozen=True):
    """Batches `first_seq`…`last_seq` without a hole; times, Unix ms, of its first and of its last batch."""

    first_seq: int
    last_seq: int
    first_ms: int
    last_ms: int


def merge(known: Sequence[Range], more: Iterable[Range]) -> list[Range]:
    """The union; where both have a batch, the times of the known one stay."""
    merged: list[Range] = []
    for part in sorted((*known, *more), key=_first_seq):
        if merged and part.first_seq <= merged[-1].last_seq + 1:
            merged[-1] = _joined(merged[-1], part)
        else:
            merged.append(part)
    return merged


def around(arrived: Sequence[Range], touched: Iterable[int], limit: int) -> tuple[tuple[int, int], ...]:
    """The ranges that hold the touched numbers, filled up with the newest others to `limit`.

    Touched ones are never left out: their agent would send them again for ever.
    """
    starts = [part.first_seq for part in arrived]
    chosen = {bisect_right(starts, seq) - 1 for seq in touched}
    for index in range(len(arrived) - 1, -1, -1):
        if len(chosen) >= limit:
            break
        chosen.add(index)
    return tuple((arrived[index].first_seq, arrived[index].last_seq) for index in sorted(chosen))


def _first_seq(part: Range) -> int:
    return part.first_seq


def _joined(left: Range, right: Range) -> Range:
    if right.last_seq <= left.last_seq:
        return left
    return Range(left.first_seq, right.last_seq, left.first_ms, right.last_ms)
