"""Scans, outboxes and what is in them, for the tests of outbox and publisher."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge_agent.outbox import Outbox, Pending
from edge_agent.samples import Instant, Scan, Told
from wire import codec
from wire.messages import AlarmEvent, AlarmState, Batch, Clock, Loss, Quality, Value

NOW_MS = 1_800_000_000_000
BOOT = "boot-1"
NAMES: Mapping[str, tuple[str, ...]] = {
    "boiler-1": ("supply", "return"),
    "wide": tuple(f"ch_{n}" for n in range(50)),
}
MIB = 1024 * 1024


def epochs(first: int = 1) -> Callable[[], str]:
    """Epochs 1, 2, 3, … as 16 hex digits."""
    numbers = itertools.count(first)
    return lambda: f"{next(numbers):016x}"


def scan(
    number: int,
    *,
    device: str = "boiler-1",
    clock: Clock = Clock.SYNCED,
    mono_ms: int | None = None,
    values: tuple[Value, ...] | None = None,
    quality: dict[int, Quality] | None = None,
) -> Scan:
    """The scan of minute `number`; its values tell it from all others."""
    if values is None:
        values = tuple(number + index / 64 for index in range(len(NAMES[device])))
    mono = 60_000 * number if mono_ms is None else mono_ms
    return Scan(device, Instant(NOW_MS + 60_000 * number, mono), clock, values, quality or {})


def told(number: int, *, clock: Clock = Clock.SYNCED, mono_ms: int | None = None) -> Told:
    """An alarm event of minute `number`, of something that began a second before."""
    t_ms = NOW_MS + 60_000 * number
    event = AlarmEvent(
        id=f"high/boiler-1/supply/{number}",
        code="high",
        state=AlarmState.RAISED,
        t_ms=t_ms,
        since_ms=t_ms - 1000,
        clock=clock,
    )
    return Told(event, 60_000 * number if mono_ms is None else mono_ms)


@contextmanager
def outbox(
    path: Path, *, max_bytes: int = 8 * MIB, boot: str = BOOT, epoch_source: Callable[[], str] | None = None
) -> Iterator[Outbox]:
    opened = Outbox.open(
        path,
        max_bytes=max_bytes,
        boot=boot,
        site_class="boiler_house",
        epoch_source=epoch_source or epochs(),
    )
    try:
        yield opened
    finally:
        opened.close()


def everything(box: Outbox) -> list[Pending]:
    return box.pending(0, 1_000_000, 1 << 40)


def batches(box: Outbox) -> list[Batch]:
    return [codec.decode(Batch, one.payload) for one in everything(box)]


def losses(box: Outbox) -> list[Loss]:
    return [loss for batch in batches(box) for loss in batch.losses]


def times(found: Sequence[Batch]) -> list[int]:
    return [row.t_ms for batch in found for table in batch.tables for row in table.rows]


def append(box: Outbox, *scans: Scan) -> int | None:
    return box.append(scans, NAMES)


def alarms(found: Sequence[Batch]) -> list[AlarmEvent]:
    return [event for batch in found for event in batch.alarms]
