"""How well alarms meet labels: rows counted, and how long each labelled stretch waited for its alarm."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct


class Scores(Struct, frozen=True, kw_only=True):
    """Confusion counts of rows, the usual shares, and the rows until each stretch's first alarm.

    F1 = 2·TP/(2·TP+FP+FN), FAR = FP/(FP+TN), MAR = FN/(FN+TP); None where nothing can be divided. A delay is
    None where a labelled stretch had no alarm.
    """

    tp: int
    fp: int
    fn: int
    tn: int
    f1: float | None
    far: float | None
    mar: float | None
    delays: tuple[int | None, ...]
    median_delay: float | None


def score(alarms: Sequence[bool], labels: Sequence[bool]) -> Scores:
    """Compare row by row; a stretch that was labelled before the first row counts from the first row."""
    counted = Counter(zip(alarms, labels, strict=True))
    delays = tuple(_delay(alarms[start:end]) for start, end in stretches(labels))
    return _scores(counted, delays)


def pooled(parts: Sequence[Scores]) -> Scores:
    """Several recordings as one: counts added."""
    counted: Counter[tuple[bool, bool]] = Counter()
    for part in parts:
        counted.update(
            {(True, True): part.tp, (True, False): part.fp, (False, True): part.fn, (False, False): part.tn}
        )
    return _scores(counted, tuple(delay for part in parts for delay in part.delays))


def _scores(counted: Counter[tuple[bool, bool]], delays: tuple[int | None, ...]) -> Scores:
    tp, fp = counted[True, True], counted[True, False]
    fn, tn = counted[False, True], counted[False, False]
    found = [delay for delay in delays if delay is not None]
    return Scores(
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        f1=_share(2 * tp, 2 * tp + fp + fn),
        far=_share(fp, fp + tn),
        mar=_share(fn, fn + tp),
        delays=delays,
        median_delay=median(found) if found else None,
    )


def stretches(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Half-open index ranges in which the flag is set."""
    edges = [n for n, (a, b) in enumerate(pairwise((False, *flags, False))) if a != b]
    return zip(edges[::2], edges[1::2], strict=True)


def _delay(alarms: Sequence[bool]) -> int | None:
    return next((n for n, alarm in enumerate(alarms) if alarm), None)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
