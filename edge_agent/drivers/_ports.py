"""The two byte streams there are, serial and TCP, and how they are kept open for ever.

    closed ─▶ opening ──▶ open ──▶ lost ─▶ opening …
                 └─▶ failed ─▶ back-off (0.5 s … 30 s, with jitter) ─┘

A loss after a steady life is repaired at once and not worth a line in the log (many devices close idle
connections). When that fails, "lost" is logged once with its reason and "back" once with the number of
attempts.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from edge_agent.drivers import Framing, LinkDownError

SETTLE_S = 1.0
"""A stream that dies younger than this was never really there."""
LONGEST_WAIT_S = 30.0
_CLOSE_S = 1.0
_KEEP_BYTES = 1024
_TRIM_BYTES = 4096


class OpenError(Exception):
    """A stream cannot be opened now: one sentence with its name and what to do; try again later."""


class Stream(asyncio.Protocol):
    """One life of a stream: a heap of bytes and at most one waiter.

    Cheaper than StreamReader with a timeout around each read: one future and one timer a wait.
    """

    def __init__(self, received: bytearray) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.heard = 0
        self.given_up = ""
        """Why we closed it ourselves."""
        self._received = received
        self._waiter: asyncio.Future[bool] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # serial transports are no subclass that says so

    def data_received(self, data: bytes) -> None:
        self._received += data
        self.heard += len(data)
        if len(self._received) > _TRIM_BYTES:
            del self._received[:-_KEEP_BYTES]
        _finish(self._waiter, True)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(self.given_up or str(exc or "closed by the other side"))
        _finish(self._waiter, False)

    @property
    def open(self) -> bool:
        """Whether bytes can be sent."""
        return self.transport is not None and not self.transport.is_closing() and not self.lost.done()

    def give_up(self, reason: str) -> None:
        """Close it at once, for a reason of our own."""
        if self.open:  # a serial transport does not survive a second abort
            self.given_up = reason
            assert self.transport is not None
            self.transport.abort()

    async def more(self, until: float) -> bool:
        """See `Port.more`."""
        if not self.lost.done():
            loop = asyncio.get_running_loop()
            waiter = self._waiter = loop.create_future()
            timer = loop.call_at(until, _finish, waiter, False)
            try:
                if await waiter:
                    return True
            finally:
                timer.cancel()
        if self.lost.done():
            raise LinkDownError(self.lost.result())
        return False


def _finish(waiter: asyncio.Future[bool] | None, result: bool) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(result)


class Opener(Protocol):
    """How one life of a stream begins."""

    def __call__(self, protocol: Callable[[], Stream]) -> Awaitable[Stream]:
        """Open, or raise `OpenError`."""


class StreamPort:
    """A `Port` over whatever its opener opens."""

    def __init__(self, name: str, framing: Framing, opener: Opener, rng: random.Random) -> None:
        self.framing = framing
        self.received = bytearray()
        self._name = name
        self._opener = opener
        self._rng = rng
        self._stream: Stream | None = None
        self._failures = 0
        self._log = structlog.get_logger().bind(link=name)

    @property
    def up(self) -> bool:
        """Whether bytes can be sent now."""
        return self._stream is not None and self._stream.open

    @property
    def heard(self) -> int:
        """See `Port.heard`."""
        return self._stream.heard if self._stream is not None else 0

    def write(self, data: bytes) -> None:
        """See `Port.write`."""
        transport = self._open_stream().transport
        assert transport is not None
        transport.write(data)

    async def more(self, until: float) -> bool:
        """See `Port.more`."""
        return await self._open_stream().more(until)

    def reopen(self, reason: str) -> None:
        """See `Port.reopen`."""
        if self._stream is not None:
            self._stream.give_up(reason)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open it for one conversation instead of keeping it open; a loss is not repaired.

        Raises:
            OpenError: it cannot be opened.
        """
        self.received.clear()
        self._stream = await self._opener(lambda: Stream(self.received))
        try:
            yield
        finally:
            await self._close()

    def _open_stream(self) -> Stream:
        if self._stream is None or not self._stream.open:
            raise LinkDownError(f"{self._name} is not open")
        return self._stream

    async def keep_open(self) -> None:
        """See `Port.keep_open`."""
        try:
            while True:
                reason = await self._one_life()
                if self._failures == 1:
                    self._log.warning("link lost", reason=reason)
                await asyncio.sleep(backoff_s(self._failures, self._rng))
        finally:
            await self._close()

    async def _one_life(self) -> str:
        """Open and wait until it is lost; returns why it is not open (any more)."""
        self.received.clear()
        try:
            stream = self._stream = await self._opener(lambda: Stream(self.received))
        except OpenError as error:
            self._failures += 1
            return str(error)
        await asyncio.wait({stream.lost}, timeout=SETTLE_S)
        if stream.lost.done():
            self._failures += 1
            return f"opened, but lost within {SETTLE_S:g} s: {stream.lost.result()}"
        self._has_settled()
        await asyncio.wait({stream.lost})
        self._failures += bool(stream.given_up)
        return stream.lost.result()

    def _has_settled(self) -> None:
        if self._failures:
            self._log.info("link back", failed_attempts=self._failures)
        self._failures = 0

    async def _close(self) -> None:
        if self._stream is not None:
            self.reopen("the agent stops")
            await asyncio.wait({self._stream.lost}, timeout=_CLOSE_S)
            self._stream = None


def backoff_s(failures: int, rng: random.Random) -> float:
    """How long to wait after so many failures in a row: not at all after none, else 0.5 s … 30 s."""
    if failures == 0:
        return 0.0
    ceiling = min(LONGEST_WAIT_S, 2.0 ** min(failures - 1, 10))
    return rng.uniform(ceiling / 2, ceiling)
