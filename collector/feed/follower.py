"""Follows the alarm journal, whoever writes it, and puts what happened into the hub.

Woken by the pipeline of this process after each commit; looks by itself four times a second, because other
collectors may write to the same database.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Final

import sqlalchemy as sa
import structlog

from collector import state
from collector.alarms import book
from collector.alarms.book import Line
from collector.alarms.incidents import Incident
from collector.alarms.lifecycle import SEEN
from collector.feed import listing, views
from collector.feed.flags import FlagWatch
from collector.feed.floods import FloodWatch
from collector.feed.hub import Hub, Item, Readable
from collector.feed.models.alarms import Change
from collector.feed.region import Atlas, Region
from collector.feed.views import AlarmTexts, Shown
from collector.state import StateUnavailableError
from collector.users import sessions, tokens
from collector.users.sessions import Lasting

LOOK_EVERY_S: Final = 0.25
BEAT_EVERY_S: Final = 10.0
_INCIDENTS_EVERY_S: Final = 1.0
_AT_ONCE: Final = 500
_BEFORE: Final = 1_000
"""So many entries are in the ring at the start: who was connected before goes on where it was."""
_log = structlog.get_logger()


class Follower:
    """Runs in a thread of its own; `wake` may be called from any."""

    def __init__(
        self, engine: sa.Engine, hub: Hub, atlas: Atlas, texts: AlarmTexts, lasting: Lasting
    ) -> None:
        self._engine, self._hub, self._atlas, self._texts = engine, hub, atlas, texts
        self._lasting = lasting
        self._woken = threading.Event()
        self._seq = 0
        self._struck: set[int] = set()
        """Incidents of which clients do not know the newest."""
        self._floods, self._flags = FloodWatch(), FlagWatch()
        self._incidents_s = self._beat_s = 0.0
        self._is_held_up = False

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    def begin(self) -> None:
        """Find the place to follow from.

        Raises:
            StateUnavailableError: it is not there.
        """
        with state.reading(self._engine) as connection:
            self._seq = max(book.last_seq(connection) - _BEFORE, 0)
        self._hub.begin(self._seq)

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set."""
        while not stop.is_set():
            try:
                is_behind = self._look(time.monotonic(), time.time_ns() // 1_000_000)
            except StateUnavailableError as error:
                if not self._is_held_up:
                    _log.error("the feed is held up", reason=str(error))
                self._is_held_up, is_behind = True, False
            else:
                self._is_held_up = False
            if not is_behind:
                self._woken.wait(LOOK_EVERY_S)
                self._woken.clear()

    def _look(self, now_s: float, now_ms: int) -> bool:
        """Post what is new; whether there may be more."""
        with state.reading(self._engine) as connection:
            lines = book.lines(connection, after_seq=self._seq, limit=_AT_ONCE)
            items = list(self._changes(connection, lines, now_ms))
        if lines:
            self._post(items, lines[-1].seq)
        # What is read after it may fail, and may not take with it what was read before.
        with state.reading(self._engine) as connection:
            items = self._incidents(connection, now_s)
            items += self._floods.look(connection, self._seq, now_s, now_ms)
            if len(lines) < _AT_ONCE:
                items += self._flags.look(connection, self._atlas.group, self._seq, now_s, now_ms)
        if items:
            self._post(items, self._seq)
        if now_s - self._beat_s >= BEAT_EVERY_S:
            self._beat_s = now_s
            self._look_after_clients(now_ms)
        return len(lines) == _AT_ONCE

    def _post(self, items: list[Item], seq: int) -> None:
        self._seq = seq
        self._hub.post(lambda: self._hub.add(items, seq))

    def _changes(self, connection: sa.Connection, lines: list[Line], now_ms: int) -> Iterator[Item]:
        if not lines:
            return
        shown = listing.keyed(connection, list({line.entry.key for line in lines}))
        region = self._atlas.region(connection)
        self._flags.follow((one.alarm for one in shown.values()), now_ms)
        self._struck |= {one.incident for one in shown.values()} - {0}
        languages = self._hub.languages
        for line in lines:
            item = _changed(line, shown[line.entry.key], region, self._texts)
            for language in languages:  # here, and not in the loop that serves everybody
                item.encoded(language)
            yield item

    def _incidents(self, connection: sa.Connection, now_s: float) -> list[Item]:
        if not self._struck or now_s - self._incidents_s < _INCIDENTS_EVERY_S:
            return []
        self._incidents_s = now_s
        region = self._atlas.region(connection)
        found = [
            _incident(self._seq, one, listing.of_incident(connection, one.id), region)
            for one in listing.incidents(connection, self._struck)
        ]
        self._struck = set()
        return found

    def _look_after_clients(self, now_ms: int) -> None:
        used = {client.key for client in self._hub.clients.copy() if client.key is not None}
        with state.writing(self._engine) as transaction:
            alive = sessions.alive(transaction, now_ms, self._lasting)
            sessions.touch(transaction, used & alive, now_ms)
            alive |= tokens.alive(transaction, now_ms)
        self._hub.post(lambda: self._hub.keep(alive))
        self._hub.post(lambda: self._hub.beat(now_ms))


def _changed(line: Line, shown: Shown, region: Region, texts: AlarmTexts) -> Item:
    entry = line.entry
    change = Change(
        t_ms=entry.t_ms, trigger=entry.trigger, before=entry.before, after=entry.after, by=entry.by
    )
    tail = change.model_dump_json().encode()

    def encode(language: str, _: Readable) -> bytes:
        alarm = texts.encoded(shown, region, language)
        return b'id: %d\nevent: alarm\ndata: {"seq":%d,"alarm":%b,"change":%b}\n\n' % (
            line.seq,
            line.seq,
            alarm,
            tail,
        )

    return Item(line.seq, frozenset({region.group(shown.alarm.gateway.site)}), encode)


def _incident(seq: int, found: Incident, alarms: Iterable[Shown], region: Region) -> Item:
    listed = [one.alarm for one in alarms if one.alarm.state in SEEN]

    def encode(language: str, readable: Readable) -> bytes:
        view = views.incident(views.narrowed(found, region, readable), listed, region, language)
        return b"event: incident\ndata: %b\n\n" % view.model_dump_json().encode()

    groups = frozenset(region.group(site) for site in found.sites)
    return Item(seq, groups, encode, is_numbered=False)
