"""The state of each alarm on MQTT, retained, for other systems: one topic an alarm, empty when it is normal.

    journal ─▶ which alarms changed ─▶ ulba/v1/<site>/<gateway>/alarm/<what>   (QoS 1, retained)

Follows the journal, so it tells of what any collector of the region wrote; of several one publishes, or what
one had read before could arrive after what another has read since, and stay. With each new connection to the
broker all that stands is published again, and what was normal by then is cleared: a broker may have
forgotten, or missed the end of something.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, Protocol

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from collector import gateways, state
from collector.alarms import book
from collector.alarms.alarm import Alarm
from collector.alarms.lifecycle import State
from collector.state import lease
from wire import topics
from wire.messages import About
from wire.texts import LANGUAGES, Names, names_of, render
from wire.topics import Gateway

EVERY_S: Final = 0.5
RENEW_S: Final = 5.0
_LEASE: Final = "broadcast"
_AT_ONCE: Final = 500
_CLEARED_AGAIN: Final = 5_000
"""So many alarms, those that changed last, are looked at when a connection is new."""


class Wire(Protocol):
    """The line to the broker, as far as it is needed here."""

    @property
    def client_id(self) -> str:
        """What we are called there; each collector otherwise."""

    @property
    def connection(self) -> object | None:
        """What stands for the present connection; None: there is none."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 1."""


class AlarmOnAir(Struct, frozen=True, kw_only=True):
    """What is published of an alarm; times are Unix ms."""

    v: Literal[1] = 1
    key: str
    occurrence: str
    site: str
    gateway: str
    device: str | None
    channel: str | None
    link: str | None
    code: str
    state: State
    active: bool
    priority: int
    since_ms: int
    changed_ms: int
    incident: int
    acknowledged_by: str | None
    params: dict[str, float | str | None]
    titles: dict[str, str]
    """ru, kk, en."""


class Broadcast:
    """Publishes what has changed; call `tick` as often as you like."""

    def __init__(self, engine: sa.Engine, line: Wire) -> None:
        self._engine, self._line = engine, line
        self._next_s = self._renew_s = 0.0
        self._is_mine = False
        self._seq = 0
        self._connection: object | None = None

    def tick(self, now_s: float, now_ms: int) -> None:
        """Do what is due.

        Args:
            now_s: monotonic seconds.
            now_ms: Unix ms.

        Raises:
            StateUnavailableError: nothing was published; it is due again in half a second.
        """
        connection = self._line.connection
        if now_s < self._next_s or connection is None:
            return
        self._next_s = now_s + EVERY_S
        if not self._leads(now_s, now_ms):
            self._connection = None  # once it does, what stands by then is published
            return
        is_new = connection is not self._connection
        with state.reading(self._engine) as reading:
            seq, alarms = self._all(reading) if is_new else self._changed(reading)
            abouts = gateways.abouts(reading, {one.gateway for one in alarms})
        _publish(self._line.publish, alarms, abouts)
        self._seq, self._connection = seq, connection

    def _leads(self, now_s: float, now_ms: int) -> bool:
        """Whether this is the collector that publishes."""
        if now_s >= self._renew_s:
            with state.writing(self._engine) as transaction:
                self._is_mine = lease.taken(transaction, _LEASE, self._line.client_id, now_ms)
            self._renew_s = now_s + RENEW_S
        return self._is_mine

    def _all(self, connection: sa.Connection) -> tuple[int, list[Alarm]]:
        seq = book.last_seq(connection)
        standing = book.in_states(connection, set(State) - {State.NORMAL})
        recent = book.newest(connection, limit=_CLEARED_AGAIN)
        return seq, [*standing, *(one for one in recent if one.state is State.NORMAL)]

    def _changed(self, connection: sa.Connection) -> tuple[int, list[Alarm]]:
        lines = book.lines(connection, after_seq=self._seq, limit=_AT_ONCE)
        keys = sorted({line.entry.key for line in lines})
        return (lines[-1].seq if lines else self._seq), list(book.known(connection, keys).values())


def _publish(publish: Callable[..., None], alarms: Iterable[Alarm], abouts: Mapping[Gateway, About]) -> None:
    for one in alarms:
        topic = topics.alarm(one.gateway, one.key.removeprefix(f"{one.gateway}/"))
        is_over = one.state is State.NORMAL
        payload = b"" if is_over else msgspec.json.encode(on_air(one, abouts.get(one.gateway)))
        publish(topic, payload, retain=True)


def on_air(alarm: Alarm, about: About | None) -> AlarmOnAir:
    """An alarm for other systems, with its title in each language."""
    event, gateway = alarm.event, alarm.gateway
    names = names_of(about, str(gateway)) if about else Names(gateway=str(gateway))
    return AlarmOnAir(
        key=alarm.key,
        occurrence=event.id,
        site=gateway.site,
        gateway=gateway.gateway,
        device=event.device,
        channel=event.channel,
        link=event.link,
        code=event.code,
        state=alarm.state,
        active=alarm.active,
        priority=alarm.priority,
        since_ms=event.since_ms,
        changed_ms=alarm.changed_ms,
        incident=alarm.incident,
        acknowledged_by=alarm.acknowledged.by if alarm.acknowledged else None,
        params=event.params,
        titles={language: render(event, language, names).title for language in LANGUAGES},
    )
