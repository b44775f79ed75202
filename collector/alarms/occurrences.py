"""From events to occurrences: what stands now, and what is over; pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

_RANK: Final = {AlarmState.RAISED: 0, AlarmState.UPDATED: 1, AlarmState.CLEARED: 2}


class Entry(Struct, frozen=True):
    """One event in the journal."""

    gateway: Gateway
    event: AlarmEvent
    received_ms: int


class Occurrence(Struct, frozen=True):
    """One alarm from raised to cleared, as it was told last."""

    gateway: Gateway
    event: AlarmEvent
    superseded: bool = False
    """It was never cleared, but a later one of the same thing was raised: its gateway has forgotten it."""

    @property
    def stands(self) -> bool:
        return self.event.state is not AlarmState.CLEARED and not self.superseded


def fold(entries: Iterable[Entry]) -> list[Occurrence]:
    """One occurrence for each id, in whatever order and how often its events came; the newest first.

    A cleared alarm stays so: a clock that was set back may give its end an earlier time than its beginning.
    """
    last: dict[tuple[Gateway, str], Entry] = {}
    for entry in entries:
        key = entry.gateway, entry.event.id
        if key not in last or _order(last[key]) < _order(entry):
            last[key] = entry
    newest: dict[tuple[object, ...], tuple[int, int, str]] = {}
    for entry in last.values():
        newest[_thing(entry)] = max(newest.get(_thing(entry), (-1, -1, "")), _age(entry))
    found = [
        Occurrence(entry.gateway, entry.event, _age(entry) < newest[_thing(entry)]) for entry in last.values()
    ]
    return sorted(found, key=lambda one: (-one.event.since_ms, one.gateway, one.event.id))


def standing(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Those that stand, the most urgent first."""
    return sorted((one for one in occurrences if one.stands), key=lambda one: one.event.priority)


def events(occurrences: Sequence[Occurrence]) -> list[tuple[Gateway, AlarmEvent]]:
    return [(one.gateway, one.event) for one in occurrences]


def _order(entry: Entry) -> tuple[bool, int, int, int]:
    event = entry.event
    return event.state is AlarmState.CLEARED, event.t_ms, _RANK[event.state], entry.received_ms


def _age(entry: Entry) -> tuple[int, int, str]:
    return entry.event.since_ms, entry.received_ms, entry.event.id


def _thing(entry: Entry) -> tuple[object, ...]:
    """What an alarm is about."""
    event = entry.event
    kind = event.id.partition("/")[0]
    return (
        entry.gateway,
        event.code,
        kind,
        event.device,
        event.channel,
        event.link,
        event.params.get("relation"),
    )
