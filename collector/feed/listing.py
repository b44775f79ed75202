"""What the state database holds of alarms, for those who read the feed; one consistent view a call."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from collector import state
from collector.alarms.alarm import Alarm
from collector.alarms.incidents import Incident
from collector.alarms.lifecycle import ASIDE, SEEN, State
from collector.feed.views import Shown

_AT_ONCE: Final = 500
_ALARMS: Final = sa.select(state.alarms.c.changed_seq, state.alarms.c.incident, state.alarms.c.message)
_alarm = msgspec.json.Decoder(Alarm)
_incident = msgspec.json.Decoder(Incident)


class Wanted(Struct, frozen=True, kw_only=True):
    """Which alarms: of a site, of a priority, in a state; without `state` those a dispatcher's list shows."""

    site: str | None = None
    priority: int | None = None
    state: State | None = None
    aside: bool = False
    """Those that are shelved, suppressed or out of service besides."""

    def states(self) -> frozenset[State]:
        """The states to look for."""
        if self.state is not None:
            return frozenset({self.state})
        return SEEN | ASIDE if self.aside else SEEN


def wanted(connection: sa.Connection, what: Wanted) -> list[Shown]:
    """Those alarms, in the order of their newest journal entries."""
    c = state.alarms.c
    query = _ALARMS.where(c.state.in_([one.value for one in what.states()]))
    if what.site is not None:
        query = query.where(c.site == what.site)
    found = _decoded(connection, query.order_by(c.changed_seq))
    if what.priority is not None:
        found = [one for one in found if one[2].priority == what.priority]
    return _shown(found)


def keyed(connection: sa.Connection, keys: Sequence[str]) -> dict[str, Shown]:
    """Those of these alarms that were ever raised."""
    c = state.alarms.c
    found: list[tuple[int, int, Alarm]] = []
    askable = [key for key in keys if "\0" not in key]  # PostgreSQL has no such text
    for first in range(0, len(askable), _AT_ONCE):
        part = askable[first : first + _AT_ONCE]
        found += _decoded(connection, _ALARMS.where(c.key.in_(part)))
    return {one.alarm.key: one for one in _shown(found)}


def by_site(connection: sa.Connection) -> dict[str, list[Alarm]]:
    """Site → the alarms of it that a dispatcher's list shows."""
    c = state.alarms.c
    query = _ALARMS.where(c.state.in_([one.value for one in SEEN]))
    inside: dict[str, list[Alarm]] = {}
    for _, _, alarm in _decoded(connection, query):
        inside.setdefault(alarm.gateway.site, []).append(alarm)
    return inside


def of_site(connection: sa.Connection, site: str) -> list[Alarm]:
    """All alarms that were ever raised at a site."""
    c = state.alarms.c
    return [alarm for _, _, alarm in _decoded(connection, _ALARMS.where(c.site == site))]


def incidents(connection: sa.Connection, numbers: Iterable[int]) -> list[Incident]:
    """These incidents, the oldest first."""
    c = state.incidents.c
    ordered = sorted(set(numbers) - {0})
    found: list[Incident] = []
    for first in range(0, len(ordered), _AT_ONCE):
        query = sa.select(c.message).where(c.id.in_(ordered[first : first + _AT_ONCE])).order_by(c.id)
        found += [_incident.decode(message) for (message,) in connection.execute(query)]
    return found


def of_incident(connection: sa.Connection, number: int) -> list[Shown]:
    """The alarms of an incident."""
    c = state.alarms.c
    return _shown(_decoded(connection, _ALARMS.where(c.incident == number)))


def _decoded(connection: sa.Connection, query: sa.Select[Any]) -> list[tuple[int, int, Alarm]]:
    return [(seq, incident, _alarm.decode(message)) for seq, incident, message in connection.execute(query)]


def _shown(found: Iterable[tuple[int, int, Alarm]]) -> list[Shown]:
    return [Shown(alarm, seq, incident) for seq, incident, alarm in found]
