"""OpenID Connect: authorisation code flow with PKCE, the ID token checked against the provider's keys.

OpenID Connect Core 1.0, 3.1; RFC 7636. Metadata and keys are fetched anew for each login: logins are rare,
and a provider that has changed its keys is followed at once.
"""

import secrets
from typing import Any, Final

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from collector.feed.oidc import Attempt, ProviderError
from collector.settings import OidcTable
from collector.users import provider
from collector.users.provider import Identity
from wire.broker import secret

_TIMEOUT_S: Final = 10.0
_LEEWAY_S: Final = 60
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Signatures with a key of the provider's; what is signed with a shared secret is not believed."""


class OidcProvider:
    """One provider."""

    def __init__(self, table: OidcTable, redirect_uri: str) -> None:
        """Take settings that were checked; the provider is not asked yet.

        Raises:
            SecretError: the secret is referred to but not there.
        """
        assert table.issuer is not None
        self.grants = provider.grants(table.roles)
        self._table, self._issuer, self._redirect_uri = table, table.issuer.rstrip("/"), redirect_uri
        self._secret = secret(table.client_secret) if table.client_secret else None

    def begin(self) -> tuple[str, Attempt]:
        """Where the browser is to go, and what it is to keep.

        Raises:
            ProviderError: the provider cannot be asked.
        """
        attempt = Attempt(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
        with self._client() as client:
            endpoint = _metadata(client, self._issuer)["authorization_endpoint"]
            url, _ = client.create_authorization_url(
                endpoint, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
            )
        return str(url), attempt

    def finish(self, attempt: Attempt, code: str) -> Identity:
        """Who came back with a code.

        Raises:
            ProviderError: the provider is away, gave no token, or one that cannot be believed.
        """
        try:
            with self._client() as client:
                metadata = _metadata(client, self._issuer)
                token = client.fetch_token(
                    metadata["token_endpoint"],
                    code=code,
                    code_verifier=attempt.verifier,
                    timeout=_TIMEOUT_S,
                )
                keys = _fetched(client, metadata["jwks_uri"])
        except (AuthlibBaseError, requests.RequestException) as error:
            raise ProviderError(f"the provider gave no token: {error}") from None
        return self._identity(str(token.get("id_token", "")), keys, attempt.nonce, metadata["issuer"])

    def _identity(self, id_token: str, keys: Any, nonce: str, issuer: str) -> Identity:
        expected = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self._table.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims
            expected.validate(claims)
            self._see_party(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError(f"the provider's token cannot be believed: {error}") from None
        groups = claims.get(self._table.roles_claim) or ()
        return Identity(
            subject=f"{self._issuer} {claims['sub']}",
            name=str(claims.get(self._table.name_claim) or claims["sub"]),
            title=str(claims.get("name") or ""),
            groups=tuple(map(str, groups)) if isinstance(groups, list | tuple) else (str(groups),),
        )

    def _see_party(self, claims: dict[str, Any]) -> None:
        """A token for several must have been given to us (OpenID Connect Core 1.0, 3.1.3.7, step 4)."""
        is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        party = claims.get("azp", None if is_for_several else self._table.client_id)
        if party != self._table.client_id:
            raise ValueError(f"it was given to {party}")

    def _client(self) -> OAuth2Session:
        return OAuth2Session(
            self._table.client_id,
            self._secret,
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            scope=" ".join(self._table.scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )


def _metadata(client: OAuth2Session, issuer: str) -> dict[str, Any]:
    found = _fetched(client, f"{issuer}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        raise ProviderError(f"{issuer} calls itself {found.get('issuer')}: set feed.oidc.issuer to that")
    return dict(found)


def _fetched(client: OAuth2Session, url: str) -> Any:
    try:
        answer = client.get(url, withhold_token=True, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderError(f"{url} cannot be read: {error}") from None
