"""START READING HERE: how a reading becomes durable, and who calls whom.

    broker ══▶ Line ─▶ Mailbox ─▶ sort ─▶ store.write ─▶ ┌ ledger.record    ┐ ─▶ Line.publish ══▶ receipts
             (mqtt)  (bounded)   (pure)   (durable)      │ quarantine.keep  │       then
                                                         │ gateways.note    │
                                                         │ rules.judge      │
                                                         │ desk.take        │ ─▶ acknowledge ══▶ broker
                                                         │ book.answer      │
                                                         │ reports.keep     │
                                                         │ announced.hear   │
                                                         └ one transaction  ┘

Order is the guarantee: a receipt leaves only after the store, then the ledger have committed; the broker is
told last. Killed anywhere in between, the same messages come again, and storing them again changes nothing.

    `collector command` ─▶ book ─▶ Tell ─▶ Line.publish ══▶ gateways, until they answer or it is too late

    alarms, journal ─▶ Broadcast ─▶ Line.publish ══▶ retained state of each alarm, for other systems
    state database ─▶ feed (HTTP, event stream) ◀══▶ consoles; woken after each commit
    alarms, journal ─▶ Notifier ─▶ webhooks and messages to people, see `notify`

Three threads: `mqtt` fills the mailbox, `ingest` does the rest, one group of messages at a time, `notify`
tells others; with `[feed]` two more serve it. While the store or the state database is away, the group under
way is tried again; nothing is acknowledged, so the broker stops sending.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from queue import SimpleQueue

import sqlalchemy as sa
import structlog
from msgspec import Struct
from msgspec.structs import replace

from collector import announced, gateways, ledger, quarantine, reports, state
from collector.alarm_clock import AlarmClock
from collector.alarms import former
from collector.alarms.desk import Desk, Policies
from collector.broadcast import Broadcast
from collector.commands import book
from collector.commands.telling import Telling
from collector.feed import Feed, prepared
from collector.ingest.line import Line
from collector.ingest.mailbox import Letter, Mailbox
from collector.ingest.sorting import Sorted, refused_by_store, sort
from collector.notify.notifier import Notifier
from collector.rules.watch import Watch
from collector.settings import CollectorFile
from collector.state import StateUnavailableError
from collector.store import Store, StoreUnavailableError, open_store
from wire import logs, service
from wire.codec import encode
from wire.messages import Presence, Receipt, Status
from wire.reports import Kept
from wire.topics import Gateway, Kind, build

_IDLE_S = 1.0
_TELL_EVERY_S = 1.0
"""How often the commands are looked at: one small query."""
_FIRST_RETRY_S = 0.5
_LONGEST_RETRY_S = 30.0
_LAST_GROUP_S = 2.5
"""With the line's own goodbye this stays below five seconds from SIGTERM to the end."""

_log = structlog.get_logger()


class IngestDiedError(Exception):
    """A thread ended by itself; its traceback is on standard error."""


class Parts(Struct, frozen=True):
    """What the ingest thread works with."""

    desk: Desk
    store: Store
    engine: sa.Engine
    mailbox: Mailbox
    line: Line
    notifier: Notifier
    rules: Watch
    renewed: "SimpleQueue[CollectorFile]"
    """Configurations that take the place of the one in use, as far as a running collector can."""
    feed: Feed | None = None


Told = list[tuple[Gateway, Receipt | Kept]]
"""What is said to whom once a group is kept."""


class Totals(Struct):
    """What one run of the collector has done."""

    messages: int = 0
    batches: int = 0
    set_aside: int = 0


class Teller:
    """Carries commands from the book to the gateways that are there."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._telling = Telling()
        self._next_s = 0.0
        self._held_up = False

    def tell(self, now_s: float, now_ms: int) -> None:
        """Send what is due; call it as often as you like.

        Args:
            now_s: any clock that never goes back.
            now_ms: Unix ms.
        """
        if now_s < self._next_s:
            return
        self._next_s = now_s + _TELL_EVERY_S
        try:
            self._tell(now_s, now_ms)
        except StateUnavailableError as error:
            if not self._held_up:
                _log.error("commands are held up", reason=str(error))
            self._held_up = True
        else:
            self._held_up = False

    def _tell(self, now_s: float, now_ms: int) -> None:
        with state.reading(self._parts.engine) as connection:
            waiting = book.waiting(connection, now_ms)
            statuses = gateways.newest(connection, Status) if waiting else ()
            online = {gateway for gateway, status in statuses if status.state is Presence.ONLINE}
        for entry in self._telling.due(waiting, online, now_s):
            self._parts.line.publish(build(entry.gateway, Kind.COMMAND), encode(entry.command))
            _log.info("command sent", gateway=str(entry.gateway), id=entry.command.id)


def run(
    settings: CollectorFile, stop: threading.Event, renewed: "SimpleQueue[CollectorFile] | None" = None
) -> None:
    """Collect until `stop` is set; then finish the group under way.

    Of what comes by `renewed` the log level, `[alarms]`, `[rules]`, `[notify]` and `[webhooks]` are taken up
    within a second.

    Raises:
        StoreUnavailableError, StateUnavailableError: not there at the start.
        StateUnusableError, SecretError, FeedUnusableError, ChannelsUnusableError: a person must act.
        IngestDiedError: a defect; what was under way will be sent again.
    """
    with ExitStack() as opened:
        store = open_store(settings.store)
        opened.callback(store.close)
        if not serve(settings, store, stop, renewed):
            opened.pop_all()


def serve(
    settings: CollectorFile,
    store: Store,
    stop: threading.Event,
    renewed: "SimpleQueue[CollectorFile] | None" = None,
) -> bool:
    """Like `run`, with a store that is already open and stays so.

    Returns:
        False when a thread had to be left at work: what it uses must not be closed, the process must end.
    """
    with ExitStack() as opened:
        engine = state.open_state(settings.state.url)
        opened.callback(engine.dispose)
        with state.writing(engine) as transaction:
            former.carry_over(transaction)
        mailbox = Mailbox()
        line = Line(settings.broker, settings.client_id, mailbox, _say_ready)
        desk = Desk(Policies(settings.alarms))
        served = prepared(settings, engine, store, desk) if settings.feed else None
        notifier = Notifier(settings, engine)
        rules = Watch(settings.rules, store)
        queue: SimpleQueue[CollectorFile] = renewed or SimpleQueue()
        parts = Parts(desk, store, engine, mailbox, line, notifier, rules, queue, served)
        ended = _serve(parts, stop)
        if not ended:
            opened.pop_all()
    return ended


def _serve(parts: Parts, stop: threading.Event) -> bool:
    totals = Totals()
    finished = threading.Event()

    def ingest() -> None:
        try:
            _ingest(parts, stop, totals)
            finished.set()
        finally:
            stop.set()

    worker = threading.Thread(target=ingest, name="ingest", daemon=True)
    if parts.feed:
        parts.feed.start()
    parts.notifier.start()
    parts.line.start()
    worker.start()
    stop.wait()
    service.notify(service.Say.STOPPING)
    parts.mailbox.close()
    parts.notifier.stop()
    if parts.feed:
        parts.feed.stop()
    worker.join(_LAST_GROUP_S)
    parts.line.stop()
    if parts.feed:
        parts.feed.join()
    parts.notifier.join()
    _log.info("stopped", messages=totals.messages, batches=totals.batches, set_aside=totals.set_aside)
    if worker.is_alive():
        _log.warning("the group under way was given up; it has no receipt and comes again")
        return False
    if not finished.is_set():
        raise IngestDiedError("the collector stopped by itself; the reason is above")
    return True


def _say_ready() -> None:
    """Whoever waits for the collector may go on.

    It hears gateways from the broker's answer to its subscription on. Where there is no broker it is ready
    when it has said so: consoles, rules and calls of people work without one, and a start that waited for a
    broker would be ended by systemd (TimeoutStartSec) again and again for as long as the broker is away.
    """
    _log.info("ready")
    service.notify(service.Say.READY)


def _ingest(parts: Parts, stop: threading.Event, totals: Totals) -> None:
    teller = Teller(parts)
    clock = AlarmClock(parts.engine, parts.desk)
    broadcast = Broadcast(parts.engine, parts.line)
    while not stop.is_set():
        service.notify(service.Say.WATCHDOG)
        if not parts.line.is_alive:
            raise IngestDiedError("nobody looks after the connection to the broker any more")
        if parts.feed and not parts.feed.is_alive:
            raise IngestDiedError("nobody serves the feed any more")
        if not parts.notifier.is_alive:
            raise IngestDiedError("nobody delivers webhooks and messages any more")
        _take_up(parts)
        teller.tell(time.monotonic(), time.time_ns() // 1_000_000)
        # While the state database is away the group under way says so, once.
        with suppress(StateUnavailableError):
            clock.tick(time.monotonic(), time.time_ns() // 1_000_000)
            broadcast.tick(time.monotonic(), time.time_ns() // 1_000_000)
        letters = parts.mailbox.take(_IDLE_S)
        if letters:
            _finish(parts, letters, stop, totals)


def _take_up(parts: Parts) -> None:
    while not parts.renewed.empty():
        settings = parts.renewed.get()
        logs.configure(settings.log_level)
        parts.desk.renew(Policies(settings.alarms))
        parts.rules.renew(settings.rules)
        parts.notifier.renew(settings)
        if parts.feed:
            parts.feed.renew(settings)
        _log.info("another configuration is in use", log_level=settings.log_level)


def _finish(parts: Parts, letters: Sequence[Letter], stop: threading.Event, totals: Totals) -> None:
    """Store, record, receipt, acknowledge; stopped while something is away, the group stays unanswered."""
    now_ms = time.time_ns() // 1_000_000
    found = sort(letters, now_ms)
    told = _persist(lambda: _keep(parts, found, now_ms), stop)
    if told is None:
        return
    if parts.feed:
        parts.feed.wake()
    parts.notifier.wake()
    for gateway, message in told:
        _say(parts.line, gateway, message)
    for letter in letters:
        letter.acknowledge()
    totals.messages += len(letters)
    totals.batches += len(found.arrivals)
    totals.set_aside += len(found.set_aside)


def _say(line: Line, gateway: Gateway, message: Receipt | Kept) -> None:
    if isinstance(message, Kept):
        line.publish(build(gateway, Kind.KEPT), encode(message))
    else:
        sent = replace(message, t_ms=time.time_ns() // 1_000_000)
        line.publish(build(gateway, Kind.RECEIPT), encode(sent))


def _keep(parts: Parts, found: Sorted, now_ms: int) -> Told:
    """Keep a group; what to tell whom about it."""
    refused = parts.store.write(found.arrivals) if found.arrivals else ()
    with state.writing(parts.engine) as transaction:
        quarantine.keep(transaction, [*found.set_aside, *refused_by_store(found, refused)], now_ms)
        gateways.note(transaction, found.news, now_ms)
        told = [(arrival.gateway, event) for arrival in found.arrivals for event in arrival.batch.alarms]
        telling = {gateway for gateway, _ in told} | parts.rules.concerned(found.arrivals)
        abouts = gateways.abouts(transaction, telling)
        told += parts.rules.judge(transaction, found.arrivals, abouts, now_ms)
        parts.desk.take(transaction, told, now_ms, abouts)
        ledger.note_progress(transaction, found.news, now_ms)
        book.answer(transaction, found.answers, now_ms)
        kept = reports.keep(transaction, found.reports, now_ms)
        announced.hear(transaction, found.announced, now_ms)
        receipts = ledger.record(transaction, found.arrived, now_ms)
    parts.rules.settle()
    return [*receipts, *kept]


def _persist(keep: Callable[[], Told], stop: threading.Event) -> Told | None:
    """Try until it succeeds or the collector stops; log once that it does not and once that it does again."""
    attempts = 0
    while True:
        try:
            done = keep()
        except (StoreUnavailableError, StateUnavailableError) as error:
            if not attempts:
                _log.error("storing is held up; nothing is acknowledged", reason=str(error))
        else:
            if attempts:
                _log.warning("storing goes on", attempts_in_vain=attempts)
            return done
        if stop.wait(min(_FIRST_RETRY_S * 2 ** min(attempts, 10), _LONGEST_RETRY_S)):
            return None
        attempts += 1
        service.notify(service.Say.WATCHDOG)
