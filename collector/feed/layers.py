"""The layers of the map: a GeoJSON file (RFC 7946), looked at once at the start."""

from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from collector.feed import FeedUnusableError

_EMPTY: Final = b'{"type":"FeatureCollection","features":[]}'


class _Collection(Struct, tag="FeatureCollection"):
    features: list[dict[str, Any]]


def layers(file: str | None) -> bytes:
    """What a file holds; nothing where none is named.

    Raises:
        FeedUnusableError: it cannot be read, or is no FeatureCollection.
    """
    if file is None:
        return _EMPTY
    try:
        read = Path(file).read_bytes()
        msgspec.json.decode(read, type=_Collection)
    except OSError as error:
        raise FeedUnusableError(f"feed.map: {file}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise FeedUnusableError(f"feed.map: {file}: no GeoJSON FeatureCollection: {error}") from None
    return read
