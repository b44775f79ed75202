"""Delivers what waits: each lane in a thread of its own while it has something; none waits for another.

A lane whose receiver takes nothing rests as long as its failures in a row tell, unless a person asks for
something; a parcel that alone is refused rests by itself. Of one order key the first that waits goes
first.
"""

import threading
import time
from collections.abc import Callable, Mapping
from random import Random
from typing import Final, Protocol

import sqlalchemy as sa
import structlog

from collector import state
from collector.notify import attempts, delivery
from collector.notify.attempts import Outcome
from collector.notify.delivery import Delivery
from collector.state import StateUnavailableError

AT_ONCE: Final = 50
_log = structlog.get_logger()


class Carrier(Protocol):
    """How the parcels of one kind of lane are carried; called from the threads of their lanes."""

    schedule: tuple[int, ...]
    """Waits between attempts, seconds."""

    def carry(self, one: Delivery) -> Outcome:
        """Try once; never raises for what a receiver or the way to it does."""

    def note(self, transaction: sa.Connection, lane: str, outcome: Outcome, now_ms: int) -> None:
        """What came of an attempt, in the transaction that crosses it out or puts it off."""


class Courier:
    """The lanes that are being served; `serve` is called by one thread."""

    def __init__(
        self, engine: sa.Engine, carriers: Mapping[str, Carrier], rng: Random, wake: Callable[[], None]
    ) -> None:
        """Nothing is begun yet.

        Args:
            engine: of the state database.
            carriers: by what stands before `:` in the name of a lane.
            rng: spreads attempts.
            wake: called when a lane has nothing more to do, so that `serve` sees what came meanwhile.
        """
        self._engine, self._carriers, self._rng, self._wake = engine, carriers, rng, wake
        self._busy: set[str] = set()
        self._threads: dict[str, threading.Thread] = {}
        self._rest_until_s: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._died: BaseException | None = None
        self._stopping = threading.Event()

    def serve(self) -> None:
        """Begin with every lane that has something due and is not at it already.

        Raises:
            StateUnavailableError: nothing was begun.
            BaseException: what a lane's thread died of.
        """
        if self._died is not None:
            raise self._died
        self._threads = {lane: thread for lane, thread in self._threads.items() if thread.is_alive()}
        with state.reading(self._engine) as connection:
            due = delivery.lanes(connection, _now_ms())
        for lane, is_asked in due:
            is_rested = is_asked or time.monotonic() >= self._rest_until_s.get(lane, 0.0)
            if is_rested and lane not in self._busy:
                self._begin(lane)

    def renew(self, carriers: Mapping[str, Carrier]) -> None:
        """Let others carry what is tried from now on."""
        self._carriers = carriers

    def stop(self, within_s: float) -> None:
        """Begin nothing more; what is under way is waited for, and what is not done then comes again."""
        self._stopping.set()
        self.join(within_s)

    def join(self, within_s: float) -> None:
        """Wait until nothing is under way, not longer than so many seconds."""
        end = time.monotonic() + within_s
        for thread in self._threads.values():
            thread.join(max(0.0, end - time.monotonic()))

    def _begin(self, lane: str) -> None:
        thread = threading.Thread(target=self._work, args=(lane,), name=f"notify {lane}", daemon=True)
        self._threads[lane] = thread
        self._busy.add(lane)
        thread.start()

    def _work(self, lane: str) -> None:
        has_tried = True
        try:
            has_tried = self._deliver(lane)
        except StateUnavailableError:  # said by whoever asks next; what was delivered comes again
            self._rest(lane, 1.0)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that serves
            self._died = error
        finally:
            self._busy.discard(lane)
            if has_tried:  # else all that is due waits for its predecessor
                self._wake()

    def _deliver(self, lane: str) -> bool:
        """Deliver until nothing is due, or nothing is taken; whether anything was tried."""
        has_tried = False
        while due := self._due(lane):
            has_tried = True
            for one in due:
                if self._stopping.is_set() or not self._one(lane, one):
                    return True
        return has_tried

    def _due(self, lane: str) -> list[Delivery]:
        with state.reading(self._engine) as connection:
            return delivery.due(connection, lane, _now_ms(), AT_ONCE)

    def _one(self, lane: str, one: Delivery) -> bool:
        """Deliver one; whether the lane goes on."""
        carrier = self._carriers.get(lane.partition(":")[0])
        outcome = carrier.carry(one) if carrier else Outcome(said="nobody carries this", is_gone=True)
        with state.writing(self._engine) as transaction:
            if outcome.is_done:
                delivery.note_done(transaction, one.id, outcome.said, _now_ms())
            else:
                delivery.note_failed(transaction, one.id, outcome.said, self._next_ms(carrier, one, outcome))
            if outcome.is_lane_down:
                delivery.note_answered(transaction, lane)
            if carrier:
                carrier.note(transaction, lane, outcome, _now_ms())
        return self._goes_on(lane, carrier, outcome)

    def _next_ms(self, carrier: Carrier | None, one: Delivery, outcome: Outcome) -> int | None:
        if carrier is None or outcome.is_gone:
            return None
        wait_s = attempts.wait_s(carrier.schedule, one.attempts + 1, self._rng)
        return None if wait_s is None else _now_ms() + round(1000 * max(wait_s, outcome.wait_s or 0.0))

    def _goes_on(self, lane: str, carrier: Carrier | None, outcome: Outcome) -> bool:
        if carrier is None or outcome.is_gone:
            return False
        if not outcome.is_lane_down:
            self._failures.pop(lane, None)
            return True
        failures = self._failures[lane] = min(self._failures.get(lane, 0) + 1, len(carrier.schedule))
        if failures == 1:
            _log.warning("a receiver takes nothing; it is tried again", lane=lane, reason=outcome.said)
        self._rest(lane, outcome.wait_s or attempts.wait_s(carrier.schedule, failures, self._rng) or 0.0)
        return False

    def _rest(self, lane: str, seconds: float) -> None:
        self._rest_until_s[lane] = time.monotonic() + seconds


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
