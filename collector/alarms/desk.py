"""What the alarms of the region go through, in transactions: gateways tell, people act, time passes.

ingest ──▶ take ───┐
people ──▶ act ────┼─▶ pure decisions of `alarm` ─▶ book
a second ▶ pass_time
"""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from collector.alarms import book, design, happenings
from collector.alarms.alarm import Action, Actor, Alarm, Change, NotNowError, Policy, Refusal
from collector.alarms.design import Suppressions
from collector.alarms.kinds import Kinds
from collector.alarms.silence import Facts
from collector.settings import AlarmsTable
from wire.messages import About, AlarmEvent
from wire.topics import Gateway

Told = tuple[Gateway, AlarmEvent]


class Desk:
    """Takes in what happens, by what each kind of alarm is due; one thread takes in, any may act."""

    def __init__(self, policies: "Policies") -> None:
        self._policies = policies
        self._is_new = True
        self._suppressed: Mapping[Gateway, Suppressions] = {}

    def renew(self, policies: "Policies") -> None:
        """Go by other policies from now on; what was done stays."""
        self._policies = policies
        self._is_new = True

    @property
    def kinds(self) -> Kinds:
        """What each kind of alarm means, as it is gone by now."""
        return self._policies.kinds

    def take(
        self,
        transaction: sa.Connection,
        events: Sequence[Told],
        now_ms: int,
        abouts: Mapping[Gateway, About] | None = None,
    ) -> None:
        """Take in what gateways say, in their order; what is known already changes nothing.

        Args:
            transaction: of the state database.
            events: each with its gateway.
            now_ms: Unix ms.
            abouts: what these gateways have; without it priorities go by the code alone.
        """
        if not events:
            return
        named = [(happenings.key_of(gateway, event), gateway, event) for gateway, event in events]
        book.lock(transaction)
        alarms: dict[str, Alarm] = book.known(transaction, sorted({key for key, _, _ in named}))
        changes: list[Change] = []
        for key, gateway, event in named:
            policy = self._policies.of(event, (abouts or {}).get(gateway))
            change = happenings.told(alarms.get(key), gateway, event, now_ms, policy)
            if change.entries:
                change = design.kept_down(change, self._suppressed.get(gateway), now_ms, policy)
                changes.append(change)
            alarms[key] = change.alarm
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
        return self._is_new or bool(self._due(connection, now_ms))

    def pass_time(self, transaction: sa.Connection, now_ms: int) -> None:
        """End what was shelved until now, and call again for what stands for too long."""
        book.lock(transaction)
        if self._is_new:
            waiting = book.in_states(transaction, happenings.TIMED)
            timed = [happenings.retimed(one, self._policies.of_alarm(one)) for one in waiting]
            book.keep_due(transaction, (new for one, new in zip(waiting, timed, strict=True) if new != one))
        book.record(transaction, self._due(transaction, now_ms))
        self._is_new = False

    def design(self, facts: Iterable[Facts], silent: Iterable[Gateway]) -> Mapping[Gateway, Suppressions]:
        """What is suppressed by design at which gateways, as configured."""
        return design.causes(self._policies.suppressions, facts, silent)

    def is_as_designed(self, connection: sa.Connection, causes: Mapping[Gateway, Suppressions]) -> bool:
        """Whether `suppress` has nothing to do."""
        if not causes and not self._suppressed and not self._is_new:
            return True
        asked = design.wanted(book.in_states(connection, design.CONCERNED), causes)
        return causes == self._suppressed and next(asked, None) is None

    def suppress(
        self, transaction: sa.Connection, causes: Mapping[Gateway, Suppressions], now_ms: int
    ) -> None:
        """Suppress what is to be by design, and release what no longer is; also what is raised from now on.

        Args:
            transaction: of the state database.
            causes: of each gateway where something holds, what is suppressed.
            now_ms: Unix ms.
        """
        self._suppressed = causes
        book.lock(transaction)
        asked = design.wanted(book.in_states(transaction, design.CONCERNED), causes)
        book.record(transaction, [self._designed(one, action, now_ms) for one, action in asked])

    def _designed(self, known: Alarm, action: Action, now_ms: int) -> Change:
        return happenings.act(known, action, design.DESIGN, now_ms, self._policies.of_alarm(known))

    def _due(self, connection: sa.Connection, now_ms: int) -> list[Change]:
        waiting = book.due(connection, now_ms)
        changes = (happenings.tick(one, now_ms, self._policies.of_alarm(one)) for one in waiting)
        return [change for change in changes if change.entries]

    def _done(self, known: Alarm | None, key: str, action: Action, *, by: Actor, now_ms: int) -> Change:
        if known is None:
            raise NotNowError(Refusal.UNKNOWN_ALARM, f"there is no alarm `{key}`")
        return happenings.act(known, action, by, now_ms, self._policies.of_alarm(known))


class Done(Struct, frozen=True):
    """What came of an action: the alarms as they are now, and key → why for those it could not be done to."""

    alarms: tuple[Alarm, ...]
    refused: dict[str, NotNowError]


class Policies:
    """What each alarm is due, by what it is about."""

    def __init__(self, table: AlarmsTable) -> None:
        self._realarm_ms = _milliseconds(table.realarm_min)
        self._nag_ms = _milliseconds(table.nag_min)
        self._latching = frozenset(table.latching)
        self._shelve_most_ms = round(table.shelve_most_h * 3_600_000)
        self.kinds = Kinds(table.kind)
        self.suppressions = table.suppress

    def of(self, event: AlarmEvent, about: About | None = None) -> Policy:
        """The policy of an alarm that its gateway, which has said so much about itself, tells of."""
        return self._for(event.code, self.kinds.priority(event, about) or event.priority)

    def of_alarm(self, known: Alarm) -> Policy:
        """The policy of an alarm that was taken in."""
        return self._for(known.event.code, known.priority)

    def _for(self, code: str, priority: int) -> Policy:
        return Policy(
            priority=priority,
            latching=code in self._latching,
            realarm_ms=self._realarm_ms[priority - 1],
            nag_ms=self._nag_ms[priority - 1],
            shelve_most_ms=self._shelve_most_ms,
        )


def _milliseconds(minutes: Iterable[float]) -> list[int]:
    return [round(one * 60_000) for one in minutes]
