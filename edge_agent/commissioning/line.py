"""One line, opened once, and one request on it: what came back, whatever it was."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
)
from edge_agent.drivers._exchange import exchange, quiet
from edge_agent.drivers._openers import port_of
from edge_agent.samples import Block

_SILENCE_S = 0.05
_NOISE_S = 0.5
_TRANSACTIONS = 0x10000


class Tap:
    """A port that keeps what went over it, so that a missing answer can be explained."""

    def __init__(self, port: Port) -> None:
        self.framing = port.framing
        self.received = port.received
        self.sent = b""
        self.came = b""
        self._port = port

    @property
    def heard(self) -> int:
        """See `Port.heard`."""
        return self._port.heard

    @property
    def up(self) -> bool:
        """See `Port.up`."""
        return self._port.up

    def write(self, data: bytes) -> None:
        """See `Port.write`; what came before it answers something else."""
        self.sent, self.came = data, b""
        self._port.write(data)

    async def more(self, until: float) -> bool:
        """See `Port.more`; bytes come only while it waits."""
        before = len(self.received)
        try:
            return await self._port.more(until)
        finally:
            self.came += bytes(self.received[before:])

    def reopen(self, reason: str) -> None:
        """See `Port.reopen`."""
        self._port.reopen(reason)

    async def keep_open(self) -> None:
        """See `Port.keep_open`."""
        await self._port.keep_open()

    @property
    def echoed(self) -> bool:
        """Whether the request came back before anything else."""
        return bool(self.sent) and self.came.startswith(self.sent)


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
        password: bytes = b"",
    ) -> Outcome:
        """Ask one device once; no answer is an outcome, too.

        Args:
            driver: how.
            unit: whom.
            block: what.
            answer_bytes: how long an answer is, for the time it takes on the line.
            gap_s: silence before the request.
            wait_s: how long this device needs, where that is longer than the line's usual patience.
            password: what opens it for reading, where its protocol has one.

        Raises:
            LinkDownError: the adapter or the connection is gone, or what comes makes no sense.
        """
        if self._port.framing is Framing.RTU:
            await asyncio.sleep(gap_s)
        tap = Tap(self._port)
        self._transaction = (self._transaction + 1) % _TRANSACTIONS
        ask = Ask(self._framing(driver), unit, block, self._transaction, password)
        patience = patience_s(max(self._wait_s, wait_s), self.setting, answer_bytes)
        began = asyncio.get_running_loop().time()
        try:
            data = await exchange(tap, driver, ask, patience, gap_s)
        except RefusedError as error:
            return Outcome(unit=unit, heard=Heard.REFUSED, code=error.code, echoed=tap.echoed)
        except BusyError:
            return Outcome(unit=unit, heard=Heard.BUSY)
        except NoAnswerError:
            return await self._unanswered(unit, tap, ask.framing)
        took_ms = 1000 * (asyncio.get_running_loop().time() - began)
        return Outcome(unit=unit, heard=Heard.ANSWER, data=data, echoed=tap.echoed, took_ms=took_ms)

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


@asynccontextmanager
async def opened(endpoint: Endpoint, setting: LineSetting | None, wait_s: float) -> AsyncIterator[Line]:
    """A line, open until the end of the block and not a moment longer.

    Raises:
        OpenError: it cannot be opened; the sentence says what to do.
    """
    port = port_of(endpoint.link(setting), random.Random())  # noqa: S311  spreads reconnections, no secret
    async with port.opened():
        yield Line(port, setting, wait_s)
