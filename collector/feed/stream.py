"""One client's event stream (WHATWG HTML, 9.2 Server-sent events).

A stream lasts for hours, and all that was needed to answer the request would lie in memory for as long: 20 KB
for each console. So the route only leaves the stream with `Streams`, outside of it all, which writes it. When
the centre comes back all consoles come at once; they are let in some at a time, for the same reason.
"""

import asyncio
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from collector.feed import headers
from collector.feed.hub import Client, Hub

_BEGIN: Final = b"retry: 2000\n\n"
_HEADERS: Final = (
    *headers.always(),
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
)


_HELD: Final = "ulba.streams"
_OPENING: Final = 16
"""So many requests for a stream are looked at together."""


class Streams:
    """Around the whole application: writes the streams that its routes leave."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._opening = asyncio.Semaphore(_OPENING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/stream"):
            await self._app(scope, receive, send)
            return
        held: list[EventStream] = []
        scope[_HELD] = held
        async with self._opening:
            await self._app(scope, receive, send)
        while held:
            await held.pop().follow(receive, send)


class EventStream(Response):
    """Writes the ring of a hub to one client, from a journal number on, until either of them goes."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, client: Client, after: int | None) -> None:
        super().__init__()
        self._hub, self._client, self._after = hub, client, after

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """Be left for `Streams`."""
        scope[_HELD].append(self)

    async def follow(self, receive: Receive, send: Send) -> None:
        """Write until the client or the hub goes."""
        await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        gone = asyncio.create_task(_gone(receive, self._client))
        try:
            await self._write(send)
        finally:
            self._hub.leave(self._client)
            gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, send: Send) -> None:
        hub, client = self._hub, self._client
        said = _BEGIN + hub.join(client, self._after)
        while not (client.is_over or hub.is_closing):
            if said:
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
