"""Reports of commissioning go out, and the collector's word that it keeps them comes in, beside the batches.

A report is sent as the spool holds it, byte for byte, until the collector has said `kept`, then removed.
They are large and rare: one at a time, and sent again ever more rarely.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

import structlog
from aiomqtt import Client
from msgspec import Struct

from edge_agent.publish.session import allowed
from wire import codec, topics
from wire.reports import Kept
from wire.topics import Gateway, Kind

LOOK_S: Final = 5.0
"""How soon a new report is seen."""
FIRST_WAIT_S: Final = 30.0
LONGEST_WAIT_S: Final = 3600.0
PUBACK_S: Final = 120.0
"""A report takes a slow mobile line a minute."""
_log = structlog.get_logger()


class ReportPort(Protocol):
    """What is needed of the spool."""

    async def waiting(self) -> Sequence[str]:
        """The numbers of the reports there, oldest first."""

    async def read(self, number: str) -> bytes | None:
        """One as it is sent; None when it is gone."""

    async def remove(self, number: str) -> bool:
        """The collector has it; False when it is not here."""


class Sent(Struct, frozen=True):
    """When a report was sent last, and how often; seconds of any clock that never goes back."""

    at_s: float
    times: int

    @property
    def due_s(self) -> float:
        """When it is sent again if it is not answered."""
        return self.at_s + min(FIRST_WAIT_S * 2.0 ** (self.times - 1), LONGEST_WAIT_S)


def due(waiting: Sequence[str], sent: Mapping[str, Sent], now_s: float) -> list[str]:
    """The reports to send now."""
    return [number for number in waiting if number not in sent or sent[number].due_s <= now_s]


class Reports:
    """The reports of one gateway, through many connections."""

    def __init__(self, gateway: Gateway, store: ReportPort) -> None:
        self.topic = topics.build(gateway, Kind.KEPT)
        self._out = topics.build(gateway, Kind.REPORT)
        self._store = store
        self._sent: dict[str, Sent] = {}
        self._refused = False

    async def open(self, client: Client) -> None:
        """Ask for the collector's word; a broker that keeps it from us is named once, and readings go on.

        Raises:
            MqttError: the line broke.
        """
        refused = not await allowed(client, self.topic)
        if refused and not self._refused:
            _log.warning(
                "the broker refuses to let us read what became of reports: see its ACL", topic=self.topic
            )
        self._refused = refused

    async def take(self, payload: bytes) -> None:
        """Take a message that came on the topic."""
        with suppress(codec.DecodeError):
            kept = codec.decode(Kept, payload)
            if await self._store.remove(kept.id):
                _log.info("the collector keeps a report", id=kept.id)

    async def serve(self, client: Client) -> None:
        """Send what is due for as long as the line holds.

        Raises:
            MqttError: the line broke.
        """
        while True:
            waiting = await self._store.waiting()
            self._sent = {number: sent for number, sent in self._sent.items() if number in waiting}
            for number in due(waiting, self._sent, _now_s()):
                await self._send(client, number)
            await asyncio.sleep(LOOK_S)

    async def _send(self, client: Client, number: str) -> None:
        payload = await self._store.read(number)
        if payload is None:
            return
        times = self._sent[number].times if number in self._sent else 0
        if times == 1:
            _log.warning("the collector says nothing about a report; it waits and is sent again", id=number)
        self._sent[number] = Sent(_now_s(), times + 1)
        await client.publish(self._out, payload, qos=1, timeout=PUBACK_S)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
