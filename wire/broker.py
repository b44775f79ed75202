"""How to reach the MQTT broker: one table, the same in every program's configuration."""

import os
import ssl
from pathlib import Path

from msgspec import Struct


class SecretError(ValueError):
    """A secret that is referred to but not there."""


def secret(reference: str) -> str:
    """Fetch a secret that the configuration only refers to.

    Args:
        reference: `env:NAME` (environment) or `credential:NAME` (systemd's LoadCredential folder).

    Raises:
        SecretError: another form, or nothing there.
    """
    source, _, name = reference.partition(":")
    if source == "env" and name in os.environ:
        return os.environ[name]
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if source == "credential" and folder and (file := Path(folder, name)).is_file():
        return file.read_text(encoding="utf-8").strip()
    if source not in {"env", "credential"}:
        raise SecretError("a secret is written env:NAME or credential:NAME, never itself")
    raise SecretError(f"{reference}: not set")


class Broker(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[broker]` table."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = None
    """A reference, see `secret`."""
    ca_file: str | None = None
    """Switches TLS on; an empty string means the system's own authorities."""
    client_certificate: str | None = None
    client_key: str | None = None
    keepalive_s: int = 30

    def tls(self) -> ssl.SSLContext | None:
        """The TLS context, or None when the connection is plain."""
        if self.ca_file is None:
            return None
        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.client_certificate:
            context.load_cert_chain(self.client_certificate, self.client_key)
        return context

    def plain_password(self) -> str | None:
        return secret(self.password) if self.password else None
