"""What every answer says to browsers, and how large a request may be; plain ASGI, nothing is buffered."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES: Final = 1_000_000
_CSP: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_ALWAYS: Final = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_HTTPS: Final = "max-age=31536000"


def always() -> list[tuple[bytes, bytes]]:
    """What every answer says, as ASGI has it."""
    return [(name.encode(), said.encode()) for name, said in _ALWAYS.items()]


class Guard:
    """Adds the headers and refuses bodies that are too large."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app, self._is_https = app, is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_api = scope["path"].startswith("/api/")

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), is_api=is_api)
            await send(message)

        await self._app(scope, _limited(receive), tell)

    def _add(self, headers: MutableHeaders, *, is_api: bool) -> None:
        headers.update(_ALWAYS)
        if self._is_https:
            headers["strict-transport-security"] = _HTTPS
        if is_api:
            headers.setdefault("cache-control", "no-store")


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise HTTPException(413, f"a request has at most {MOST_BYTES} bytes")
        return message

    return take
