"""How an outbox is, as of one moment."""

from msgspec import Struct

from wire.messages import Loss


class Overview(Struct, frozen=True):
    """How an outbox is; times are Unix ms, 0 where there is no batch."""

    path: str
    epoch: str
    next_seq: int
    batches: int
    readings: int
    oldest_seq: int
    oldest_ms: int
    newest_seq: int
    newest_ms: int
    held_readings: int
    """Waiting for a clock."""
    untold_losses: tuple[Loss, ...]
    """Given up, to be told with the next batch."""
    file_bytes: int
    log_bytes: int
