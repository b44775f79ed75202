"""What the alarms of the region go through, in transactions: gateways tell, people act, time passes.

ingest ──▶ take ───┐
people ──▶ act ────┼─▶ pure decisions of `alarm` ─▶ book
a second ▶ pass_time
"""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from collector.alarms import alarm, book
from collector.alarms.alarm import Action, Actor, Alarm, Change, NotNowError, Policy, Refusal
from collector.alarms.lifecycle import State
from collector.settings import AlarmsTable
from wire.messages import AlarmEvent
from wire.topics import Gateway

Told = tuple[Gateway, AlarmEvent]


class Desk:
    """Takes in what happens, by what each kind of alarm is due."""

    def __init__(self, policies: "Policies") -> None:
        self._policies = policies

    def renew(self, policies: "Policies") -> None:
        """Go by other policies from now on; what was done stays."""
        self._policies = policies

    def take(self, transaction: sa.Connection, events: Sequence[Told], now_ms: int) -> None:
        """Take in what gateways say, in their order; what is known already changes nothing."""
        if not events:
            return
        named = [(alarm.key_of(gateway, event), gateway, event) for gateway, event in events]
        book.lock(transaction)
        alarms: dict[str, Alarm] = book.known(transaction, sorted({key for key, _, _ in named}))
        changes: list[Change] = []
        for key, gateway, event in named:
            change = alarm.told(alarms.get(key), gateway, event, now_ms, self._policies.of(event))
            alarms[key] = change.alarm
            changes.append(change)
        book.record(transaction, changes)

    def act(
        self,
        transaction: sa.Connection,
        keys: Iterable[str],
        action: Action,
        *,
        by: Actor,
        now_ms: int,
        seen: Mapping[str, str] | None = None,
    ) -> "Done":
        """Do what a person asks for, to each of these alarms for itself.

        Args:
            transaction: of the state database.
            keys: of the alarms.
            action: what is asked for.
            by: who asks.
            now_ms: Unix ms.
            seen: key → the occurrence the person saw, where it is not the one that `action` names.
        """
        wanted = list(dict.fromkeys(keys))
        book.lock(transaction)
        alarms = book.known(transaction, wanted)
        changes, refused = [], {}
        for key in wanted:
            asked = replace(action, occurrence=(seen or {}).get(key, action.occurrence))
            try:
                changes.append(self._done(alarms.get(key), key, asked, by=by, now_ms=now_ms))
            except NotNowError as error:
                refused[key] = error
        book.record(transaction, changes)
        return Done(tuple(change.alarm for change in changes), refused)

    def is_due(self, connection: sa.Connection, now_ms: int) -> bool:
        """Whether the time has brought something that `pass_time` is to do."""
        return bool(self._due(connection, now_ms))

    def pass_time(self, transaction: sa.Connection, now_ms: int) -> None:
        """End what was shelved until now, and call again for what stands for too long."""
        book.lock(transaction)
        book.record(transaction, self._due(transaction, now_ms))

    def _due(self, connection: sa.Connection, now_ms: int) -> list[Change]:
        waiting = book.in_states(connection, (State.SHELVED, State.ACKNOWLEDGED))
        changes = (alarm.tick(one, now_ms, self._policies.of(one.event)) for one in waiting)
        return [change for change in changes if change.entries]

    def _done(self, known: Alarm | None, key: str, action: Action, *, by: Actor, now_ms: int) -> Change:
        if known is None:
            raise NotNowError(Refusal.UNKNOWN_ALARM, f"there is no alarm `{key}`")
        return alarm.act(known, action, by, now_ms, self._policies.of(known.event))


class Done(Struct, frozen=True):
    """What came of an action: the alarms as they are now, and key → why for those it could not be done to."""

    alarms: tuple[Alarm, ...]
    refused: dict[str, NotNowError]


class Policies:
    """What each alarm is due, by its code and priority."""

    def __init__(self, table: AlarmsTable) -> None:
        self._realarm_ms = [round(minutes * 60_000) for minutes in table.realarm_min]
        self._latching = frozenset(table.latching)
        self._shelve_most_ms = round(table.shelve_most_h * 3_600_000)

    def of(self, event: AlarmEvent) -> Policy:
        """The policy of an alarm, as its newest event is."""
        return Policy(
            latching=event.code in self._latching,
            realarm_ms=self._realarm_ms[event.priority - 1],
            shelve_most_ms=self._shelve_most_ms,
        )
