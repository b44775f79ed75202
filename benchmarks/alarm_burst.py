"""A thousand alarm events a second for a minute, through desk and book into SQLite: none lost, in order."""

import time
from collections import defaultdict
from pathlib import Path
from typing import Final

from benchmarks.measure import Row
from collector import state
from collector.alarms import book
from collector.alarms.desk import Desk, Policies
from collector.alarms.desk import Told as Event
from collector.settings import AlarmsTable
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

_PER_S: Final = 1_000
_SECONDS: Final = 60
_GROUP: Final = 200
"""Events in one transaction, as the pipeline groups messages."""
_PLACES: Final = 5_000
_T0: Final = 1_790_000_000_000


def run(folder: Path) -> list[Row]:
    events = [event(n) for n in range(_PER_S * _SECONDS)]
    desk = Desk(Policies(AlarmsTable()))
    with state.opened(f"sqlite:///{folder}/state.db") as engine:
        began_s = time.perf_counter()
        for first in range(0, len(events), _GROUP):
            with state.writing(engine) as transaction:
                desk.take(transaction, events[first : first + _GROUP], _T0 + first)
        took_s = time.perf_counter() - began_s
        with state.reading(engine) as connection:
            lost, disordered = _checked(book.lines(connection, limit=len(events) + 1), events)
            is_whole = book.broken_at(connection) is None
    rate = len(events) / took_s
    whole = "whole" if is_whole else "broken"
    said = f"{rate:,.0f} events/s, {lost} lost, {disordered} out of order, journal {whole}"
    holds = rate >= _PER_S and not lost and not disordered and is_whole
    must = f"≥ {_PER_S:,}/s, 0 lost"
    return [Row("60,000 alarm events through desk and book, SQLite", said, "–", must, holds)]


def event(n: int) -> Event:
    """Each of 5,000 places at 100 sites is raised and ends in turn."""
    round_, place = divmod(n, _PLACES)
    device = f"d{place // 100}"
    told = AlarmEvent(
        id=f"high/{device}/t/{_T0 + round_ // 2}",
        code="high",
        state=AlarmState.CLEARED if round_ % 2 else AlarmState.RAISED,
        t_ms=_T0 + n,
        since_ms=_T0 + n,
        device=device,
        channel="t",
        priority=1 + place % 4,
        params={"value": 96.0, "limit": 95.0, "clear_at": 93.0, "unit": "Cel"},
    )
    return Gateway(f"bh-{place % 100:02}", "gw"), told


def _checked(lines: list[book.Line], events: list[Event]) -> tuple[int, int]:
    """How many events are missing, and how many of an alarm stand in another order than they were told."""
    written: defaultdict[str, list[int]] = defaultdict(list)
    for line in lines:
        if line.entry.event:
            written[line.entry.key].append(line.entry.event.t_ms)
    missing = len(events) - sum(map(len, written.values()))
    return missing, sum(times != sorted(times) for times in written.values())
