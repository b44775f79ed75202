"""One line, opened once, and one request on it: what came back, whatever it was."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from edge_agent.commissioning.outcomes import Heard, Outcome, explain
from edge_agent.commissioning.plan import SHORTEST_ANSWER_BYTES, Endpoint, LineSetting, patience_s
from edge_agent.drivers import (
    Ask,
    BusyError,
    Driver,
    Framing,
    NoAnswerError,
    Port,
    RefusedError,
    Session,
    Step,
    Steps,
)
from edge_agent.drivers._exchange import exchange, quiet, steps_of
from edge_agent.drivers._openers import port_of
from edge_agent.samples import Block

_SILENCE_S = 0.05
_NOISE_S = 0.5
_TRANSACTIONS = 0x10000


class Tap:
    """Keeps what a driver was shown in its last exchange, so that a missing answer can be explained."""

    def __init__(self, driver: Driver | Session) -> None:
        self.sent = b""
        self.came = b""
        self._driver = driver
        self._left = 0
        self.session = Session(read=self._read, most_steps=1, proof=driver.resync, numbered=driver.numbered)

    def _read(self, ask: Ask) -> Steps:
        steps = steps_of(self._driver, ask)
        following: Callable[[], Step] = partial(next, steps)
        while True:
            try:
                step = following()
            except StopIteration as done:
                data: bytes = done.value
                return data
            self.sent, self.came, self._left = step.send, b"", 0
            try:
                answer = yield Step(step.send, partial(self._take, step))
            except RefusedError as refusal:
                following = partial(steps.throw, refusal)
            else:
                following = partial(steps.send, answer)

    def _take(self, step: Step, received: bytearray) -> bytes | None:
        self.came += bytes(received[self._left :])
        try:
            return step.take(received)
        finally:
            self._left = len(received)


class Line:
    """Requests on an open port, one after the other, each with a gap before it."""

    def __init__(self, port: Port, setting: LineSetting | None, wait_s: float) -> None:
        self.setting = setting
        self._port = port
        self._wait_s = wait_s
        self._transaction = 0

    async def ask(
        self,
        driver: Driver | Session,
        unit: int,
        block: Block,
        *,
        answer_bytes: int = SHORTEST_ANSWER_BYTES,
        gap_s: float = 0.005,
        wait_s: float = 0.0,
    ) -> Outcome:
        """Ask one device once; no answer is an outcome, too.

        Args:
            driver: how.
            unit: whom.
            block: what.
            answer_bytes: how long an answer is, for the time it takes on the line.
            gap_s: silence before the request.
            wait_s: how long this device needs, where that is longer than the line's usual patience.

        Raises:
            LinkDownError: the adapter or the connection is gone, or what comes makes no sense.
        """
        if self._port.framing is Framing.RTU:
            await asyncio.sleep(gap_s)
        tap = Tap(driver)
        self._transaction = (self._transaction + 1) % _TRANSACTIONS
        ask = Ask(self._framing(driver), unit, block, self._transaction)
        patience = patience_s(max(self._wait_s, wait_s), self.setting, answer_bytes)
        try:
            data = await exchange(self._port, tap.session, ask, patience, gap_s)
        except RefusedError as error:
            return Outcome(unit=unit, heard=Heard.REFUSED, code=error.code, echoed=_is_echo(tap))
        except BusyError:
            return Outcome(unit=unit, heard=Heard.BUSY)
        except NoAnswerError:
            return await self._unanswered(unit, tap, ask.framing)
        return Outcome(unit=unit, heard=Heard.ANSWER, data=data, echoed=_is_echo(tap))

    async def listen(self, seconds: float) -> bytes:
        """What comes unasked.

        Raises:
            LinkDownError: see `ask`.
        """
        until = asyncio.get_running_loop().time() + seconds
        self._port.received.clear()
        heard = b""
        while await self._port.more(until):
            heard += bytes(self._port.received)
            self._port.received.clear()
        return heard

    def _framing(self, driver: Driver | Session) -> Framing:
        return self._port.framing if driver.numbered else Framing.RTU

    async def _unanswered(self, unit: int, tap: Tap, framing: Framing) -> Outcome:
        if framing is Framing.MBAP:
            return Outcome(unit=unit, heard=Heard.SILENT)
        found = explain(unit, tap.sent, tap.came)
        if found.heard not in {Heard.SILENT, Heard.ECHO}:
            await quiet(self._port, _SILENCE_S, _NOISE_S)
        return found


def _is_echo(tap: Tap) -> bool:
    return tap.came.startswith(tap.sent)


@asynccontextmanager
async def opened(endpoint: Endpoint, setting: LineSetting | None, wait_s: float) -> AsyncIterator[Line]:
    """A line, open until the end of the block and not a moment longer.

    Raises:
        OpenError: it cannot be opened; the sentence says what to do.
    """
    port = port_of(endpoint.link(setting), random.Random())  # noqa: S311  spreads reconnections, no secret
    async with port.opened():
        yield Line(port, setting, wait_s)
