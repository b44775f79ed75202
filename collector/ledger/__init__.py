"""What has arrived and what is missing, per gateway and epoch.

Invariant: a batch is recorded after the store has taken it, in the same transaction as whatever of it was set
aside; a receipt says nothing that is not recorded.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from msgspec import Struct

from collector import state
from collector.arrivals import Arrived, News
from collector.ledger.gaps import Gap, GapState, Stream, gaps
from collector.ledger.ranges import Range, around, merge
from wire.messages import Loss, LossReason, Receipt, Status
from wire.topics import Gateway

__all__ = ["Gap", "GapState", "list_gaps", "newest_readings", "note_progress", "record"]

_RECEIPT_RANGES = 100
Key = tuple[Gateway, str]
"""A gateway and one of its epochs."""


class _Page(Struct):
    """One stream while its group is being recorded."""

    stream_id: int
    known: list[Range]
    batches: list[Arrived]


def record(
    transaction: sa.Connection, arrived: Sequence[Arrived], now_ms: int
) -> list[tuple[Gateway, Receipt]]:
    """Enter batches; one receipt for each gateway and epoch, good once the transaction has committed."""
    groups: defaultdict[Key, list[Arrived]] = defaultdict(list)
    for batch in arrived:
        groups[batch.gateway, batch.epoch].append(batch)
    ids = _stream_ids(transaction, groups, now_ms)
    known = _known_ranges(transaction, ids.values())
    pages = {key: _Page(ids[key], known[ids[key]], batches) for key, batches in groups.items()}
    merged = {key: merge(page.known, map(_point, page.batches)) for key, page in pages.items()}
    _rewrite(transaction, [(page.stream_id, page.known, merged[key]) for key, page in pages.items()])
    _enter_losses(transaction, arrived, ids, now_ms)
    return [(key[0], _receipt(key, merged[key], page.batches)) for key, page in pages.items()]


def note_progress(transaction: sa.Connection, news: Iterable[News], now_ms: int) -> None:
    """Remember how far each agent's outbox has gone; it never goes back."""
    told: dict[Key, int] = {}
    for item in news:
        if isinstance(item.message, Status) and item.message.outbox_oldest_seq:
            key = item.gateway, item.message.epoch
            told[key] = max(told.get(key, 0), item.message.outbox_oldest_seq)
    if not told:
        return
    ids = _stream_ids(transaction, told, now_ms)
    table = state.streams
    further = (
        table.update()
        .where(table.c.id == sa.bindparam("stream"), table.c.passed_seq < sa.bindparam("seq"))
        .values(passed_seq=sa.bindparam("seq"))
    )
    transaction.execute(further, [{"stream": ids[key], "seq": seq} for key, seq in told.items()])


def list_gaps(connection: sa.Connection) -> list[Gap]:
    """Everything that is missing, by gateway and epoch."""
    rows = connection.execute(sa.select(state.streams)).all()
    arrived = _known_ranges(connection, [row.id for row in rows])
    lost = _known_losses(connection)
    return gaps(
        [
            Stream(
                site=row.site,
                gateway=row.gateway,
                epoch=row.epoch,
                seen_ms=row.seen_ms,
                passed_seq=row.passed_seq,
                arrived=tuple(arrived[row.id]),
                losses=tuple(lost[row.id]),
            )
            for row in rows
        ]
    )


def newest_readings(connection: sa.Connection) -> dict[Gateway, int]:
    """The time of the newest reading of every gateway, Unix ms, whatever is missing before it."""
    streams, ranges = state.streams.c, state.ranges.c
    query = (
        sa.select(streams.site, streams.gateway, sa.func.max(ranges.last_ms))
        .join(state.ranges, ranges.stream_id == streams.id)
        .group_by(streams.site, streams.gateway)
    )
    return {Gateway(site, gateway): last_ms for site, gateway, last_ms in connection.execute(query)}


def _point(batch: Arrived) -> Range:
    return Range(batch.seq, batch.seq, batch.first_ms, batch.last_ms)


def _receipt(key: Key, arrived: Sequence[Range], batches: Iterable[Arrived]) -> Receipt:
    touched = (batch.seq for batch in batches)
    return Receipt(epoch=key[1], ranges=around(arrived, touched, _RECEIPT_RANGES))


def _stream_ids(transaction: sa.Connection, keys: Iterable[Key], now_ms: int) -> dict[Key, int]:
    """The number of each stream; new ones are entered, all are locked against other collectors."""
    wanted = sorted(keys)
    found = _find_streams(transaction, wanted)
    unknown = [key for key in wanted if key not in found]
    if not unknown:
        return found
    transaction.execute(
        state.insert(transaction, state.streams).on_conflict_do_nothing(),
        [
            {
                "site": gateway.site,
                "gateway": gateway.gateway,
                "epoch": epoch,
                "seen_ms": now_ms,
                "passed_seq": 0,
            }
            for gateway, epoch in unknown
        ],
    )
    return found | _find_streams(transaction, unknown)


def _find_streams(transaction: sa.Connection, keys: Sequence[Key]) -> dict[Key, int]:
    c = state.streams.c
    wanted = [(gateway.site, gateway.gateway, epoch) for gateway, epoch in keys]
    query = (
        sa.select(c.id, c.site, c.gateway, c.epoch)
        .where(sa.tuple_(c.site, c.gateway, c.epoch).in_(wanted))
        .order_by(c.id)
        .with_for_update()
    )
    return {(Gateway(site, name), epoch): id_ for id_, site, name, epoch in transaction.execute(query)}


def _known_ranges(connection: sa.Connection, ids: Iterable[int]) -> defaultdict[int, list[Range]]:
    c = state.ranges.c
    query = (
        sa.select(c.stream_id, c.first_seq, c.last_seq, c.first_ms, c.last_ms)
        .where(c.stream_id.in_(sorted(ids)))
        .order_by(c.stream_id, c.first_seq)
    )
    known: defaultdict[int, list[Range]] = defaultdict(list)
    for stream_id, *numbers in connection.execute(query):
        known[stream_id].append(Range(*numbers))
    return known


def _known_losses(connection: sa.Connection) -> defaultdict[int, list[Loss]]:
    c = state.losses.c
    query = sa.select(
        c.stream_id, c.reason, c.from_ms, c.to_ms, c.first_seq, c.last_seq, c.readings
    ).order_by(c.told_seq, c.position)
    known: defaultdict[int, list[Loss]] = defaultdict(list)
    for stream_id, reason, from_ms, to_ms, first_seq, last_seq, readings in connection.execute(query):
        known[stream_id].append(
            Loss(
                reason=LossReason(reason),
                from_ms=from_ms,
                to_ms=to_ms,
                first_seq=first_seq,
                last_seq=last_seq,
                readings=readings,
            )
        )
    return known


def _rewrite(
    transaction: sa.Connection, changes: Iterable[tuple[int, Sequence[Range], Sequence[Range]]]
) -> None:
    """Replace the ranges that changed: in the usual case one row of a stream."""
    gone: list[dict[str, int]] = []
    new: list[dict[str, int]] = []
    for stream_id, before, after in changes:
        kept = set(before).intersection(after)
        gone += [{"stream": stream_id, "first": part.first_seq} for part in before if part not in kept]
        new += [_row(stream_id, part) for part in after if part not in kept]
    c = state.ranges.c
    if gone:
        these = sa.and_(c.stream_id == sa.bindparam("stream"), c.first_seq == sa.bindparam("first"))
        transaction.execute(state.ranges.delete().where(these), gone)
    if new:
        transaction.execute(state.ranges.insert(), new)


def _row(stream_id: int, part: Range) -> dict[str, int]:
    return {
        "stream_id": stream_id,
        "first_seq": part.first_seq,
        "last_seq": part.last_seq,
        "first_ms": part.first_ms,
        "last_ms": part.last_ms,
    }


def _enter_losses(
    transaction: sa.Connection, arrived: Iterable[Arrived], ids: dict[Key, int], now_ms: int
) -> None:
    told = [(batch, position, loss) for batch in arrived for position, loss in enumerate(batch.losses)]
    if not told:
        return
    losers = {(batch.gateway, loss.epoch or batch.epoch) for batch, _, loss in told}
    all_ids = ids | _stream_ids(transaction, losers, now_ms)
    transaction.execute(
        state.insert(transaction, state.losses).on_conflict_do_nothing(),
        [
            {
                "told_stream_id": all_ids[batch.gateway, batch.epoch],
                "told_seq": batch.seq,
                "position": position,
                "stream_id": all_ids[batch.gateway, loss.epoch or batch.epoch],
                "reason": loss.reason,
                "from_ms": loss.from_ms,
                "to_ms": loss.to_ms,
                "first_seq": loss.first_seq,
                "last_seq": loss.last_seq,
                "readings": loss.readings,
            }
            for batch, position, loss in told
        ],
    )
