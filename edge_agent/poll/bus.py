"""One line's discipline: one request at a time, a gap before it, quiet after a timeout, late answers flushed.

    gap ─▶ [resynchronise] ─▶ request ─▶ answer
                                  └▶ timeout ─▶ quiet: listen and throw away until the line is silent

On a stream without transaction numbers an answer that comes after its timeout looks like the answer to the
next request of the same device. Quiet time catches most. What comes later still is caught by the
resynchronising read before the device is believed again: devices answer in order, so once an answer has
come that fits only this read, no older one is under way; and if the read itself times out, its late answer
fits no planned block.
"""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from edge_agent.drivers import (
    Ask,
    BusyError,
    Framing,
    GarbledError,
    LinkDownError,
    NoAnswerError,
    Port,
    RefusedError,
)
from edge_agent.drivers._exchange import exchange, quiet
from edge_agent.poll.polled import Polled
from edge_agent.samples import Block

SILENCE_S = 0.1
"""A line silent for so long is quiet: serial servers and USB adapters hold bytes back for less."""
_BITS_PER_CHARACTER = 11
_OVERHEAD_BYTES = 16
_TRANSACTIONS = 0x10000


class Counts(Struct):
    """What happened on a line since start."""

    requests: int = 0
    timeouts: int = 0
    garbled: int = 0
    refused: int = 0
    busy_s: float = 0.0


class Bus:
    """All requests of a link go through here, one after the other."""

    def __init__(self, port: Port, baud: int | None) -> None:
        self.port = port
        self.counts = Counts()
        self._baud = baud
        self._transaction = 0
        self._free_s = 0.0

    async def ask(self, polled: Polled, block: Block) -> bytes:
        """Read one block of a device.

        Raises:
            NoAnswerError, GarbledError, BusyError, RefusedError, LinkDownError: after any quiet time that
            follows.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            if polled.may_be_late:
                await self._resynchronise(polled)
            return await self._transact(polled, block)
        finally:
            self._free_s = loop.time()
            self.counts.busy_s += self._free_s - started

    def cost_s(self, polled: Polled) -> float:
        """What a request costs the line when nobody answers it."""
        return max(self.timeout_s(polled, block) for block in polled.plan.blocks) + SILENCE_S

    def longest_s(self, polled: Polled, blocks: Iterable[Block]) -> float:
        """What these requests can take one after the other: slow answers, then none and the quiet time.

        After one without answer no further one is counted, nor that it is asked again.
        """
        waits = [self.timeout_s(polled, block) for block in blocks]
        if self._framing(polled) is not Framing.RTU:
            return sum(waits)
        return sum(waits) + max(waits) + len(waits) * _gap_s(polled)

    def timeout_s(self, polled: Polled, block: Block) -> float:
        """How long a block may take before it counts as unanswered, all exchanges of a session together."""
        return polled.exchanges * (self._wait_s(polled, block) + _gap_s(polled)) - _gap_s(polled)

    def _wait_s(self, polled: Polled, block: Block) -> float:
        """The device's patience and the time the bytes themselves take on a serial line."""
        own = polled.device.timeout_ms / 1000
        if self._baud is None:
            return own
        return own + (2 * block.count + _OVERHEAD_BYTES) * _BITS_PER_CHARACTER / self._baud

    def _framing(self, polled: Polled) -> Framing:
        return self.port.framing if polled.driver.numbered else Framing.RTU

    async def _transact(self, polled: Polled, block: Block) -> bytes:
        framing = self._framing(polled)
        if framing is Framing.RTU:
            await self._gap(_gap_s(polled))
        self._transaction = (self._transaction + 1) % _TRANSACTIONS
        self.counts.requests += 1
        ask = Ask(framing, polled.device.unit, block, self._transaction, polled.password)
        wait_s = self._wait_s(polled, block)
        try:
            return await exchange(self.port, polled.driver, ask, wait_s, _gap_s(polled))
        except RefusedError:
            self.counts.refused += 1
            raise
        except BusyError:
            raise
        except NoAnswerError as error:
            self._count(error)
            if framing is Framing.RTU:
                polled.may_be_late = True
                await quiet(self.port, SILENCE_S, wait_s)
            raise

    def _count(self, error: NoAnswerError) -> None:
        if isinstance(error, GarbledError):
            self.counts.garbled += 1
        else:
            self.counts.timeouts += 1

    async def _gap(self, gap_s: float) -> None:
        rest = self._free_s + gap_s - asyncio.get_running_loop().time()
        if rest > 0:
            await asyncio.sleep(rest)

    async def _resynchronise(self, polled: Polled) -> None:
        """Read something nobody wants until its answer proves that no older one is under way."""
        block = polled.resync_block()
        heard = self.port.heard
        try:
            if block is not None:
                await self._transact(polled, block)
        except RefusedError:
            await quiet(self.port, SILENCE_S, SILENCE_S)  # this may have been an older refusal
        except LinkDownError:
            raise
        except NoAnswerError:
            polled.resync_failed(heard=self.port.heard > heard)
            raise
        polled.resynced()


def _gap_s(polled: Polled) -> float:
    return polled.device.profile.timing.gap_ms / 1000
