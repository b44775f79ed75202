"""How long alarms waited for somebody, by the journal; pure."""

from collections.abc import Iterable

from collector.alarms.alarm import Entry
from collector.alarms.lifecycle import Trigger


def waits(entries: Iterable[Entry]) -> list[tuple[str, int]]:
    """Who acknowledged, and how long after the alarm had called (ms), by the clock of the centre.

    Args:
        entries: of the journal, in order; what called before them is not known and not counted.
    """
    called: dict[tuple[str, str], int] = {}
    found: list[tuple[str, int]] = []
    for entry in entries:
        name = entry.key, entry.occurrence
        if entry.trigger in {Trigger.RAISE, Trigger.REALARM}:
            called[name] = entry.t_ms
        elif entry.trigger is Trigger.ACKNOWLEDGE and name in called:
            found.append((entry.by, entry.t_ms - called.pop(name)))
    return found
