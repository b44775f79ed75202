"""What is missing, when it was measured, and why; pure.

waiting        the agent still has it, or has not said that it has not
explained      the agent gave it up and said why
lost           the agent has nothing before a later batch, and never said why
epoch_changed  the agent began a new outbox: what the old one still held never came, its count is unknown
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from collector.ledger.ranges import Range
from wire.messages import Loss


class GapState(StrEnum):
    """What became of batches that have not arrived."""

    WAITING = "waiting"
    EXPLAINED = "explained"
    LOST = "lost"
    EPOCH_CHANGED = "epoch_changed"


class Gap(Struct, frozen=True, kw_only=True):
    """Missing batches of one epoch, inclusive; None where nobody knows.

    Times are Unix ms and enclose what is missing: they come from the neighbours that did arrive, or from the
    agent's loss record.
    """

    site: str
    gateway: str
    epoch: str
    state: GapState
    first_seq: int | None = None
    last_seq: int | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    reason: str | None = None
    readings: int | None = None
    """At most so many readings, by the agent's count."""
    next_epoch: str | None = None


class Stream(Struct, frozen=True, kw_only=True):
    """All the ledger knows of one epoch of one gateway."""

    site: str
    gateway: str
    epoch: str
    seen_ms: int
    passed_seq: int = 0
    """The agent sends nothing before this one; 0: not known."""
    arrived: tuple[Range, ...] = ()
    losses: tuple[Loss, ...] = ()


class _Hole(Struct, frozen=True):
    first_seq: int
    last_seq: int
    from_ms: int | None
    to_ms: int | None


def gaps(streams: Sequence[Stream]) -> list[Gap]:
    """Everything that is missing, by gateway, then epoch in the order of their times."""
    found: list[Gap] = []
    ordered = sorted(streams, key=_order)
    for index, stream in enumerate(ordered):
        later = ordered[index + 1] if index + 1 < len(ordered) else None
        if later and (later.site, later.gateway) != (stream.site, stream.gateway):
            later = None
        found += _of_stream(stream, superseded=later is not None)
        if later:
            found.append(_change(stream, later))
    return found


def _order(stream: Stream) -> tuple[str, str, int]:
    began = stream.arrived[0].first_ms if stream.arrived else stream.seen_ms
    return stream.site, stream.gateway, began


def _of_stream(stream: Stream, *, superseded: bool) -> Iterator[Gap]:
    for loss in stream.losses:
        if not loss.first_seq:
            yield _explained(stream, None, loss)
    for hole in _holes(stream):
        yield from _pieces(stream, hole, superseded=superseded)


def _holes(stream: Stream) -> Iterator[_Hole]:
    """Between the ranges, before the first, and after the last as far as the agent says it has gone."""
    arrived = stream.arrived
    if not arrived:
        if stream.passed_seq > 1:
            yield _Hole(1, stream.passed_seq - 1, None, None)
        return
    if arrived[0].first_seq > 1:
        yield _Hole(1, arrived[0].first_seq - 1, None, arrived[0].first_ms)
    for left, right in pairwise(arrived):
        yield _Hole(left.last_seq + 1, right.first_seq - 1, left.last_ms, right.first_ms)
    if stream.passed_seq > arrived[-1].last_seq + 1:
        yield _Hole(arrived[-1].last_seq + 1, stream.passed_seq - 1, arrived[-1].last_ms, None)


def _pieces(stream: Stream, hole: _Hole, *, superseded: bool) -> Iterator[Gap]:
    """Cut a hole where a loss begins or ends and where the agent's outbox begins; name each piece."""
    spans = [loss for loss in stream.losses if loss.first_seq]
    edges = {stream.passed_seq, *(s.first_seq for s in spans), *(s.last_seq + 1 for s in spans)}
    cuts = sorted(edge for edge in edges if hole.first_seq < edge <= hole.last_seq)
    for first, after in pairwise([hole.first_seq, *cuts, hole.last_seq + 1]):
        piece = _Hole(first, after - 1, hole.from_ms, hole.to_ms)
        covering = next((s for s in spans if s.first_seq <= first <= s.last_seq), None)
        if covering:
            yield _explained(stream, piece, covering)
        else:
            gone = superseded or first < stream.passed_seq
            yield _gap(stream, piece, GapState.LOST if gone else GapState.WAITING)


def _gap(stream: Stream, hole: _Hole, state: GapState) -> Gap:
    return Gap(
        site=stream.site,
        gateway=stream.gateway,
        epoch=stream.epoch,
        state=state,
        first_seq=hole.first_seq,
        last_seq=hole.last_seq,
        from_ms=hole.from_ms,
        to_ms=hole.to_ms,
    )


def _explained(stream: Stream, hole: _Hole | None, loss: Loss) -> Gap:
    return Gap(
        site=stream.site,
        gateway=stream.gateway,
        epoch=stream.epoch,
        state=GapState.EXPLAINED,
        first_seq=hole.first_seq if hole else None,
        last_seq=hole.last_seq if hole else None,
        from_ms=loss.from_ms or (hole.from_ms if hole else None),
        to_ms=loss.to_ms or (hole.to_ms if hole else None),
        reason=loss.reason,
        readings=loss.readings,
    )


def _change(old: Stream, new: Stream) -> Gap:
    return Gap(
        site=old.site,
        gateway=old.gateway,
        epoch=old.epoch,
        state=GapState.EPOCH_CHANGED,
        from_ms=old.arrived[-1].last_ms if old.arrived else None,
        to_ms=new.arrived[0].first_ms if new.arrived else None,
        next_epoch=new.epoch,
    )
