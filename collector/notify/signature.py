"""The signature of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`. Pure."""

import base64
import binascii
import hashlib
import hmac
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
_FEWEST: Final = 24
_MOST: Final = 64
"""Bytes of a secret (Standard Webhooks 1.0, "Signature scheme")."""


class BadSecretError(ValueError):
    """No secret of the standard; one sentence what one looks like."""


def written(secret: bytes) -> str:
    """A secret as people hand it over."""
    return PREFIX + base64.b64encode(secret).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a written secret.

    Raises:
        BadSecretError: it is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not _FEWEST <= len(key) <= _MOST:
        raise BadSecretError(f"a webhook's secret is {PREFIX} and {_FEWEST} to {_MOST} bytes in base64")
    return key


def headers(key: bytes, number: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """What goes with a body."""
    signed = f"{number}.{timestamp_s}.".encode() + body
    mac = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": number,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{mac}",
    }
