"""What happens to alarms without anybody saying so.

Shelving ends, what stands calls again, adverse weather begins and ends, a gateway falls silent or comes back,
what is suppressed by design changes.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import sqlalchemy as sa
from msgspec.structs import replace

from collector import nmu, state
from collector.alarms import book, silence
from collector.alarms.alarm import Alarm
from collector.alarms.desk import Desk, Told
from collector.alarms.happenings import key_of
from collector.alarms.silence import Facts
from collector.facts import facts
from collector.rules import weather
from wire.messages import AlarmEvent, AlarmState
from wire.texts import ADVERSE_WEATHER, GATEWAY_SILENT
from wire.topics import REGION

EVERY_S: Final = 1.0
GRACE_S: Final = 60.0
"""After its own start the centre lets gateways come back before it calls any of them silent."""


class AlarmClock:
    """Ticks for the alarms of the region; call `tick` as often as you like."""

    def __init__(self, engine: sa.Engine, desk: Desk) -> None:
        self._engine, self._desk = engine, desk
        self._next_s = 0.0
        self._begin_s: float | None = None

    def tick(self, now_s: float, now_ms: int) -> None:
        """Do what is due.

        Args:
            now_s: monotonic seconds.
            now_ms: the wall clock, Unix milliseconds.

        Raises:
            StateUnavailableError: nothing was done; it is due again in a second.
        """
        if now_s < self._next_s:
            return
        self._next_s = now_s + EVERY_S
        self._begin_s = now_s if self._begin_s is None else self._begin_s
        is_settled = now_s - self._begin_s >= GRACE_S
        with state.reading(self._engine) as connection:
            known = facts(connection)
            told = _told(connection, known if is_settled else None, now_ms)
            silent = (one.gateway for one in book.active(connection, GATEWAY_SILENT))
            causes = self._desk.design(known, silent)
            is_designed = self._desk.is_as_designed(connection, causes)
            is_idle = not told and is_designed and not self._desk.is_due(connection, now_ms)
        if is_idle:
            return
        abouts = {one.gateway: one.about for one in known if one.about}
        with state.writing(self._engine) as transaction:
            book.lock(transaction)
            # Another collector may have told the same meanwhile.
            told = _told(transaction, known if is_settled else None, now_ms)
            self._desk.take(transaction, told, now_ms, abouts)
            if not is_designed:
                self._desk.suppress(transaction, causes, now_ms)
            self._desk.pass_time(transaction, now_ms)


def _told(connection: sa.Connection, known: Iterable[Facts] | None, now_ms: int) -> list[Told]:
    """What has begun or ended by itself; None: it is too early to say who is silent."""
    silences = () if known is None else _silences(connection, known, now_ms)
    return [*silences, *_weather(connection, now_ms)]


def _weather(connection: sa.Connection, now_ms: int) -> Iterator[Told]:
    """The degree of adverse weather that is in force, as it has changed."""
    standing = next(iter(book.active(connection, ADVERSE_WEATHER)), None)
    event = weather.event(standing, nmu.in_force(nmu.entries(connection), now_ms), now_ms)
    if event is not None:
        yield REGION, event


def _silences(connection: sa.Connection, known: Iterable[Facts], now_ms: int) -> Iterator[Told]:
    """Gateways that have fallen silent, and those that are heard again."""
    silent = {key_of(*told): told for told in silence.silent(known, now_ms)}
    standing = {one.key: one for one in book.active(connection, GATEWAY_SILENT)}
    for key, (gateway, event) in silent.items():
        if key not in standing:
            yield gateway, event
        elif event.params["reason"] != standing[key].event.params["reason"]:
            # What was only quiet is known to be dead: the same alarm, told better.
            yield gateway, _again(standing[key], AlarmState.UPDATED, now_ms, event)
    for key, one in standing.items():
        if key not in silent:
            yield one.gateway, _again(one, AlarmState.CLEARED, now_ms, one.event)


def _again(known: Alarm, status: AlarmState, now_ms: int, event: AlarmEvent) -> AlarmEvent:
    """The next event of the alarm that stands."""
    return replace(event, id=known.event.id, since_ms=known.event.since_ms, state=status, t_ms=now_ms)
