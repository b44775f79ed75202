"""Where commands come in and answers go out, beside the receipts.

A command is never kept here: what is not answered when the line breaks, the collector sends again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiomqtt import Client

from edge_agent.publish.commands import read
from edge_agent.publish.session import allowed
from wire import codec, topics
from wire.messages import Command, CommandAnswer
from wire.topics import Gateway, Kind

WAITING: Final = 16
"""Commands that may wait to be obeyed; the collector sends again what comes on top."""
_log = structlog.get_logger()


class Desk:
    """The commands of one gateway, through many connections."""

    def __init__(
        self,
        gateway: Gateway,
        obey: Callable[[Command], Awaitable[CommandAnswer]],
        now_ms: Callable[[], int],
    ) -> None:
        """Nothing is opened yet.

        Args:
            gateway: whose topics to use.
            obey: carries a command out; what it answers is durable. One at a time; cancelled with the line.
            now_ms: the gateway's wall clock, Unix ms.
        """
        self.topic = topics.build(gateway, Kind.COMMAND)
        self._answers = topics.build(gateway, Kind.ANSWER)
        self._obey = obey
        self._now_ms = now_ms
        self._waiting: asyncio.Queue[Command | CommandAnswer] = asyncio.Queue(WAITING)
        self._refused = False
        self.malformed = 0
        """Messages on the command topic that nobody could be answered about."""

    async def open(self, client: Client) -> None:
        """Ask for commands; a broker that keeps them from us is named once, and readings go on.

        Raises:
            MqttError: the line broke.
        """
        self._waiting = asyncio.Queue(WAITING)
        refused = not await allowed(client, self.topic)
        if refused and not self._refused:
            _log.warning("the broker refuses to let us read commands: see its ACL", topic=self.topic)
        self._refused = refused

    def take(self, payload: bytes) -> None:
        """Take a message that came on the command topic."""
        try:
            self._waiting.put_nowait(read(payload, self._now_ms()))
        except asyncio.QueueFull:
            _log.warning("too many commands at once; the collector sends the rest again", most=WAITING)
        except codec.DecodeError as error:
            self.malformed += 1
            if self.malformed == 1:
                _log.warning(
                    "a message on the command topic is none; more will only be counted", reason=str(error)
                )

    async def serve(self, client: Client, answered: Callable[[], None]) -> None:
        """Obey and answer for as long as the line holds.

        Apart from whoever calls `take`: an order may take its time, and receipts must not wait for it.

        Raises:
            MqttError: the line broke.
        """
        while True:
            found = await self._waiting.get()
            answer = found if isinstance(found, CommandAnswer) else await self._obey(found)
            await client.publish(self._answers, codec.encode(answer), qos=1)
            answered()
