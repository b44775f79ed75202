"""The outbox: readings and alarm events on disk until the collector has receipted them.

Invariants, each with a test that tries to break it:

- When `append` returns a number, that batch is on the disk (WAL, `synchronous=FULL`): a kill or a power cut
  right after it loses nothing.
- A number is given once per epoch, in order, without gaps, and never again, even when the table is empty. The
  epoch is drawn when the database is created.
- A batch is sent byte for byte as it was first written. Its checksum is looked at each time it is read.
- A batch leaves in two ways only: by a receipt for this epoch, or by a loss record written in the same
  transaction, which travels with the next batch. If a batch that carries a loss is given up, the loss is told
  again.
- File and log together stay within `max_bytes`: first every second of the older half goes, then the oldest.
- Alarm events travel ahead of the readings of their batch. Batches that carry some are given up last.
- What a stage must know after a restart is written in the transaction of the events it led to.
- Readings and alarm events of a clock that was not set wait in `held` and get their time once
  (`clock_policy`), from when they happened on the monotonic clock. Unlike a reading, an alarm event is never
  given up for its clock: after the wait, or after a boot, it goes with a doubtful time, and says so.
- A disk that cannot be written delays: readings wait in a bounded memory, then go to disk in order.
- A damaged file is set aside as `<path>.corrupt-<UTC>`, and a new database, with a new epoch, says so.

`batching`, `clock_policy`, `losses`, `unwritten` decide and are pure; `database` and `rooms` speak SQL.
"""

from edge_agent.outbox.database import OutboxError, UnusableError
from edge_agent.outbox.outbox import Outbox
from edge_agent.samples import Depth, Pending

__all__ = ["Depth", "Outbox", "OutboxError", "Pending", "UnusableError"]
