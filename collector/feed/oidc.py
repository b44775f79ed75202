"""Logging in through an OpenID Connect provider; the client is loaded where one is configured."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from collector.settings import FeedTable
from collector.users.provider import Identity
from collector.users.roles import Grant


class ProviderError(Exception):
    """The provider is away, or what it said cannot be believed: one sentence."""


class Attempt(Struct, frozen=True):
    """What a browser keeps between going to the provider and coming back."""

    state: str
    nonce: str
    verifier: str


class Provider(Protocol):
    """One provider."""

    @property
    def grants(self) -> Mapping[str, Grant]:
        """Group at the provider → role here; empty: an administrator gives the roles."""

    def begin(self) -> tuple[str, Attempt]:
        """Where the browser is to go, and what it is to keep.

        Raises:
            ProviderError: the provider cannot be asked.
        """

    def finish(self, attempt: Attempt, code: str) -> Identity:
        """Who came back with a code.

        Raises:
            ProviderError: the provider is away, gave no token, or one that cannot be believed.
        """


def opened(table: FeedTable) -> Provider | None:
    """The provider of settings that were checked; None: there is none.

    Raises:
        SecretError: the secret is referred to but not there.
    """
    if table.oidc.issuer is None:
        return None
    from collector.feed.oidc_client import OidcProvider  # noqa: PLC0415 - 15 MB for those who have one

    return OidcProvider(table.oidc, f"{(table.public_url or '').rstrip('/')}/api/v1/oidc/callback")
