"""A degree of adverse weather (NMU) as another system announces it: bytes → `Announcement`; pure."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from collector.arrivals import Announcement
from wire.codec import DecodeError

MOST_BYTES: Final = 4096
_EXAMPLE: Final = (
    '{"degree": 2, "from": "2026-01-15T20:00:00+05:00", "to": "2026-01-16T20:00:00+05:00", '
    '"source": "Kazhydromet, 15 January, 14:00"}'
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_Moment = Annotated[datetime, Meta(tz=True)]


class _Message(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"begin": "from", "end": "to"}
):
    degree: Annotated[int, Meta(ge=0, le=3)]
    begin: _Moment
    end: _Moment
    source: Annotated[str, Meta(min_length=1, max_length=400)]


_decoder = msgspec.json.Decoder(_Message)


def announcement(payload: bytes) -> Announcement:
    """What is announced; times are RFC 3339 with their offset.

    Raises:
        DecodeError: one sentence what is wrong.
    """
    if not payload:
        raise DecodeError("empty, which takes nothing back: announce degree 0 for the same time")
    if len(payload) > MOST_BYTES:
        raise DecodeError(f"{len(payload)} bytes; an announcement of NMU has at most {MOST_BYTES}")
    try:
        said = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"not an announcement of NMU: {error}; write such as {_EXAMPLE}") from None
    from_ms, to_ms = ((moment - _EPOCH) // _MILLISECOND for moment in (said.begin, said.end))
    if to_ms <= from_ms:
        raise DecodeError(f"`to` ({said.end.isoformat()}) is not after `from` ({said.begin.isoformat()})")
    return Announcement(degree=said.degree, from_ms=from_ms, to_ms=to_ms, source=said.source)
