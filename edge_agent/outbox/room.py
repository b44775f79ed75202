"""Which batches go when the outbox is full.

    oldest ──────────── half of the numbers ──────────── newest
    │ thinned once │ not yet │            whole            │
    └─ dropped from here when there is nothing left to thin

Every second batch of the older half goes first, a share at a time and nowhere twice; so a long outage ends
with the older half at half the density. Then the oldest are dropped. Readings that wait for a clock go next:
they are newer than all batches. Batches that carry alarm events are passed over until nothing else is left;
then the oldest of them go, and at the very last alarm events that wait for a clock.
"""

import json
from typing import Final

from edge_agent.outbox.database import Database
from edge_agent.outbox.records import Records
from wire.messages import LossReason

_THIN_SHARE: Final = 8
_DROP_SHARE: Final = 64
_FEWEST_TO_THIN: Final = 4
_MOST_TO_THIN: Final = 256
"""At once: what is left of them is written anew, and the log must stay small."""
_PLAIN: Final = "AND seq NOT IN (SELECT seq FROM batch WHERE alarms > 0)"


def make_room(database: Database, records: Records, limit_bytes: int) -> None:
    """Give readings up until the used pages fit, in the transaction under way; the newest batch stays."""
    while database.used_bytes() > limit_bytes and (
        _thin(database, records)
        or _drop_oldest(database, records, _PLAIN)
        or _drop_held(database, records, "alarms = 0")
        or _drop_oldest(database, records)
        or _drop_held(database, records, "alarms > 0")
    ):
        pass


def _thin(database: Database, records: Records) -> bool:
    ((oldest, newest),) = database.rows("SELECT min(seq), max(seq) FROM batch")
    if oldest is None:
        return False
    candidates = database.rows(
        f"SELECT seq FROM batch WHERE seq > ? AND seq <= ? {_PLAIN} ORDER BY seq LIMIT ?",  # noqa: S608 - ours
        *(
            database.get("thinned_to"),
            (oldest + newest) // 2,
            min(records.batches // _THIN_SHARE, _MOST_TO_THIN),
        ),
    )
    if len(candidates) < _FEWEST_TO_THIN:
        return False
    numbers = [seq for (seq,) in candidates]
    records.lose(LossReason.THINNED, numbers[1::2])
    _pack(database, numbers[0::2])
    database.put("thinned_to", numbers[-1])
    return True


def _pack(database: Database, numbers: list[int]) -> None:
    """Write batches anew, closely.

    SQLite joins half-empty pages only when two thirds are free: without this, thinning frees nothing at all
    where two or more batches share a page (measured with 120–1,500 bytes a batch; with it, half).
    """
    these = "seq IN (SELECT value FROM json_each(?))"
    rows = database.rows(f"DELETE FROM batch WHERE {these} RETURNING *", json.dumps(numbers))  # noqa: S608 - ours
    for row in sorted(rows):
        database.rows("INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)


def _drop_oldest(database: Database, records: Records, only: str = "") -> bool:
    oldest = database.rows(
        f"SELECT seq FROM batch WHERE seq < (SELECT max(seq) FROM batch) {only} ORDER BY seq LIMIT ?",  # noqa: S608 - ours
        max(records.batches // _DROP_SHARE, 1),
    )
    if oldest:
        records.lose(LossReason.OUTBOX_FULL, [seq for (seq,) in oldest])
    return bool(oldest)


def _drop_held(database: Database, records: Records, only: str) -> bool:
    ((rows,),) = database.rows(f"SELECT count(*) FROM held WHERE {only}")  # noqa: S608 - ours
    if rows < 2:  # noqa: PLR2004 - the newest stays
        return False
    oldest = f"id IN (SELECT id FROM held WHERE {only} ORDER BY id LIMIT ?)"  # noqa: S608 - ours
    return records.lose_held(LossReason.OUTBOX_FULL, oldest, max(rows // _DROP_SHARE, 1)) > 0
