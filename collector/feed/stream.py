"""One client's event stream (WHATWG HTML, 9.2 Server-sent events)."""

import asyncio
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from collector.feed.hub import Client, Hub

STALLED_S: Final = 30.0
"""A client that takes nothing for so long is given up."""
_BEGIN: Final = b"retry: 2000\n\n"
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
)


class EventStream(Response):
    """Writes the ring of a hub to one client, from a journal number on, until either of them goes."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, client: Client, after: int | None) -> None:
        super().__init__()
        self._hub, self._client, self._after = hub, client, after

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        gone = asyncio.create_task(_gone(receive, self._client))
        try:
            await self._write(send)
        except TimeoutError:
            return  # an answer that does not end: the server closes the connection
        finally:
            self._hub.leave(self._client)
            gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, send: Send) -> None:
        hub, client = self._hub, self._client
        said = _BEGIN + hub.join(client, self._after)
        while not (client.is_over or hub.is_closing):
            if said:
                async with asyncio.timeout(STALLED_S):
                    await send({"type": "http.response.body", "body": said, "more_body": True})
            else:
                client.woken.clear()
                await client.woken.wait()
            said = hub.take(client)


async def _gone(receive: Receive, client: Client) -> None:
    """Wait for the client to hang up."""
    while (await receive())["type"] != "http.disconnect":
        pass
    client.end()
