"""Bytes ↔ message: JSON, deflated when that is smaller; any bytes give a message or a `DecodeError`.

    DecodeError           set the payload aside; it will never be readable
    └ UnsupportedVersion  a newer program spoke: keep it, upgrade this one

The first byte tells the two encodings apart (`{` is JSON, 0x78 a zlib stream, RFC 1950), so MQTT 3.1.1, which
has no content-encoding property, loses nothing.
"""

import zlib
from typing import Any, TypeVar, cast

import msgspec

from wire.messages import VERSION, About, Batch, Command, CommandAnswer, Receipt, Status
from wire.reports import Kept, Report

MAX_BYTES = 16 * 1024 * 1024
"""The largest message after inflating; a zip bomb stops here."""

_SMALLEST_WORTH_DEFLATING = 120
_LEVEL = 6
_ZLIB_FIRST = b"\x78"
_encoder = msgspec.json.Encoder()
_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind)
    for kind in (Batch, Receipt, About, Status, Command, CommandAnswer, Report, Kept)
}
Message = Batch | Receipt | About | Status | Command | CommandAnswer | Report | Kept
M = TypeVar("M", bound=Message)


class DecodeError(ValueError):
    """Bytes that are no message; says what and where."""


class UnsupportedVersionError(DecodeError):
    """A message of a schema version this program does not know."""


class _Envelope(msgspec.Struct):
    v: int = VERSION


_envelope = msgspec.json.Decoder(_Envelope)


def encode(message: Message) -> bytes:
    """Encode a message; the result is at most as long as its JSON."""
    plain = _encoder.encode(message)
    if len(plain) < _SMALLEST_WORTH_DEFLATING:
        return plain
    return min(zlib.compress(plain, _LEVEL), plain, key=len)


def decode(kind: type[M], payload: bytes) -> M:
    """Decode a payload as the kind of message its topic promises.

    Raises:
        UnsupportedVersionError: the schema version is another.
        DecodeError: the bytes are no such message, or longer than `MAX_BYTES`.
    """
    plain = inflated(payload)
    try:
        return cast("M", _decoders[kind].decode(plain))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _refuse_other_version(plain)
        raise DecodeError(f"not a {kind.__name__.lower()}: {error}") from None


def inflated(payload: bytes) -> bytes:
    """The JSON of a payload, of whatever kind and version; not yet looked at.

    Raises:
        DecodeError: a damaged zlib stream, or one longer than `MAX_BYTES`.
    """
    if payload[:1] != _ZLIB_FIRST:
        return payload
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(payload, MAX_BYTES)
    except zlib.error as error:
        raise DecodeError(f"not a zlib stream: {error}") from None
    if stream.unconsumed_tail:
        raise DecodeError(f"inflates to more than {MAX_BYTES} bytes")
    if not stream.eof:
        raise DecodeError("a zlib stream cut short")
    return plain


def _refuse_other_version(plain: bytes) -> None:
    try:
        found = _envelope.decode(plain).v
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if found != VERSION:
        raise UnsupportedVersionError(f"schema version {found}; this program knows {VERSION}") from None
