"""The thread that decides what is to be told to whom and has it delivered."""

import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from collector import state
from collector.alarms.kinds import Kinds
from collector.notify import channels, delivery, subscriptions, webhooks
from collector.notify.channels import PersonCarrier
from collector.notify.courier import Carrier, Courier
from collector.notify.events import Centre
from collector.notify.people import Duty
from collector.notify.post import WebhookCarrier
from collector.settings import CollectorFile
from collector.state import StateUnavailableError, lease

EVERY_S: Final = 0.5
"""How often the journal is looked at besides being woken: another collector may have written it."""
LOOK_S: Final = 1.0
"""How often it is looked whom to call."""
RENEW_S: Final = 5.0
EXPIRE_S: Final = 600.0
STOP_S: Final = 1.5
_LEASE: Final = "notify"
_log = structlog.get_logger()


class _Plan:
    """What a configuration comes to."""

    def __init__(self, settings: CollectorFile, engine: sa.Engine) -> None:
        kinds, table = Kinds(settings.alarms.kind), settings.webhooks
        self.centre = Centre(table.source, ZoneInfo(table.zone), kinds)
        self.give_up_ms = round(table.give_up_h * 3_600_000)
        self.carriers: dict[str, Carrier] = {
            "webhook": WebhookCarrier(engine, table.targets, table.timeout_s)
        }
        self.duty: Duty | None = None
        if settings.notify:
            self.carriers[channels.KIND] = PersonCarrier(settings.notify)
            self.duty = Duty(settings.notify, settings.sites, kinds)


class Notifier:
    """Start it once; when it is not alive any more without having been stopped, it has died of a defect."""

    def __init__(self, settings: CollectorFile, engine: sa.Engine) -> None:
        """Prepare everything.

        Raises:
            ChannelsUnusableError: people are to be called and apprise is not installed.
        """
        self._engine, self._plan = engine, _Plan(settings, engine)
        self._renewed: SimpleQueue[CollectorFile] = SimpleQueue()
        self._woken, self._stopping = threading.Event(), threading.Event()
        chance = Random()  # noqa: S311 - spreads attempts, no secret
        self._courier = Courier(engine, self._plan.carriers, chance, self._woken.set)
        self._holder = settings.client_id
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
        self._renew_s = self._expire_s = self._look_s = 0.0
        self._is_mine = self._is_held_up = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something was committed."""
        self._woken.set()

    def renew(self, settings: CollectorFile) -> None:
        """Go by other `[notify]`, `[webhooks]` and `[alarms]` soon; what is under way ends as it was begun.

        Whom was told what, and what waits to be delivered, stays: it is in the state database.
        """
        self._renewed.put(settings)
        self._woken.set()

    def stop(self) -> None:
        """End soon; what is not delivered is delivered after the next start."""
        self._stopping.set()
        self._woken.set()

    def join(self) -> None:
        """Wait until it has ended, for two seconds at most."""
        self._thread.join(STOP_S + 0.5)

    @property
    def is_alive(self) -> bool:
        """Whether it works."""
        return self._thread.is_alive() or self._stopping.is_set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._round(time.monotonic(), time.time_ns() // 1_000_000)
                self._is_held_up = False
            except StateUnavailableError as error:
                if not self._is_held_up:
                    _log.error("webhooks and messages are held up", reason=str(error))
                self._is_held_up = True
            self._woken.wait(EVERY_S)
            self._woken.clear()
        self._courier.stop(STOP_S)
        with suppress(StateUnavailableError), state.writing(self._engine) as transaction:
            lease.release(transaction, _LEASE, self._holder)

    def _round(self, now_s: float, now_ms: int) -> None:
        while not self._renewed.empty():
            self._plan = _Plan(self._renewed.get(), self._engine)
            self._courier.renew(self._plan.carriers)
        plan = self._plan
        if not self._has_work(plan) or not self._leads(now_s, now_ms):
            return
        self._fan_out(plan.centre, now_ms)
        if plan.duty and now_s >= self._look_s:
            self._look_s = now_s + LOOK_S
            self._look(plan.duty, now_ms)
        if now_s >= self._expire_s:
            self._expire_s = now_s + EXPIRE_S
            with state.writing(self._engine) as transaction:
                delivery.expire(transaction, now_ms, plan.give_up_ms)
        self._courier.serve()

    def _has_work(self, plan: "_Plan") -> bool:
        with state.reading(self._engine) as connection:
            return bool(plan.duty or subscriptions.every(connection) or delivery.listed(connection, limit=1))

    def _look(self, duty: Duty, now_ms: int) -> None:
        with state.reading(self._engine) as connection:
            is_idle = duty.is_idle(connection)
        if not is_idle:
            with state.writing(self._engine) as transaction:
                duty.look(transaction, now_ms)

    def _leads(self, now_s: float, now_ms: int) -> bool:
        """Whether this is the collector that delivers."""
        if now_s >= self._renew_s:
            with state.writing(self._engine) as transaction:
                self._is_mine = lease.taken(transaction, _LEASE, self._holder, now_ms)
            self._renew_s = now_s + RENEW_S
        return self._is_mine

    def _fan_out(self, centre: Centre, now_ms: int) -> None:
        while self._is_behind():
            with state.writing(self._engine) as transaction:
                if not webhooks.fan_out(transaction, centre, now_ms):
                    return

    def _is_behind(self) -> bool:
        with state.reading(self._engine) as connection:
            return webhooks.is_behind(connection)
