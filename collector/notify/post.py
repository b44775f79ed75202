"""One HTTP request to a webhook's receiver: signed, to the address that was judged, never redirected."""

import socket
import time
from contextlib import suppress
from typing import Final

import sqlalchemy as sa
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout, Url, parse_url

from collector import state
from collector.notify import attempts, subscriptions, targets
from collector.notify.attempts import Outcome
from collector.notify.delivery import Delivery
from collector.notify.events import CONTENT_TYPE
from collector.notify.signature import PREFIX, BadSecretError, headers, key_of
from collector.notify.subscriptions import Subscription
from collector.notify.targets import ForbiddenTargetError, Targets
from wire.broker import SecretError, secret

_READ_BYTES: Final = 1000
"""Of an answer; it is only for people who look why something failed."""
_PORTS: Final = {"http": 80, "https": 443}


class BadUrlError(ValueError):
    """No address of a receiver; one sentence why."""


def receiver(url: str) -> Url:
    """The parts of a receiver's address.

    Raises:
        BadUrlError: it is none.
    """
    try:
        found = parse_url(url)
    except HTTPError:
        raise BadUrlError(f"{url}: no URL") from None
    if found.scheme not in _PORTS or not found.host:
        raise BadUrlError(f"{url}: a receiver is written https://host/path or http://host/path")
    if found.auth:
        raise BadUrlError("a receiver's URL holds no user and password: the signature says who we are")
    return found


def see_reference(reference: str) -> None:
    """A reference may be to something that only the service has; one that can be followed here is looked at.

    Raises:
        BadSecretError: what it refers to is no secret of a webhook, or it is no reference.
    """
    if not reference.startswith(("env:", "credential:")):
        raise BadSecretError("a secret is written env:NAME or credential:NAME, never itself")
    with suppress(SecretError):
        key_of(secret(reference))


class WebhookCarrier:
    """Carries CloudEvents to the receivers of subscriptions."""

    schedule: tuple[int, ...] = attempts.WEBHOOK_S

    def __init__(self, engine: sa.Engine, allowed: Targets, timeout_s: float) -> None:
        self._engine, self._allowed, self._timeout_s = engine, allowed, timeout_s

    def carry(self, one: Delivery) -> Outcome:
        """Try once."""
        with state.reading(self._engine) as connection:
            known = subscriptions.find(connection, int(one.lane.partition(":")[2]))
        if known is None or known.disabled:
            return Outcome(said="the webhook was removed or disabled", is_gone=True)
        try:
            return self._posted(known, one)
        except (BadUrlError, BadSecretError, SecretError, ForbiddenTargetError) as error:
            return Outcome(said=str(error), is_lane_down=True)
        except (HTTPError, OSError) as error:
            return Outcome(said=f"{known.url}: {_plain(error)}", is_lane_down=True)

    def note(self, transaction: sa.Connection, lane: str, outcome: Outcome, now_ms: int) -> None:
        """How the receiver does; one that wants nothing any more is disabled."""
        subscriptions.note(transaction, int(lane.partition(":")[2]), outcome, now_ms)

    def _posted(self, known: Subscription, one: Delivery) -> Outcome:
        url = receiver(known.url)
        signed = headers(_key(known.secret), one.number, int(time.time()), one.body)
        sent = signed | {
            "content-type": CONTENT_TYPE,
            "host": url.netloc or "",
            "user-agent": "ulba-collector",
        }
        with self._pool(url) as pool:
            answer = pool.urlopen(
                "POST",
                url.request_uri,
                body=one.body,
                headers=sent,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                text = answer.read(_READ_BYTES).decode(errors="replace")
            finally:
                answer.close()
        return attempts.of_status(answer.status, text, answer.headers.get("retry-after"))

    def _pool(self, url: Url) -> urllib3.HTTPConnectionPool:
        host, scheme = (url.host or "").strip("[]"), url.scheme or "https"
        port = url.port or _PORTS[scheme]
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        address = targets.chosen(host, [str(entry[4][0]) for entry in found], self._allowed)
        timeout = Timeout(total=self._timeout_s)
        if scheme == "http":
            return urllib3.HTTPConnectionPool(address, port, timeout=timeout)
        return urllib3.HTTPSConnectionPool(
            address, port, timeout=timeout, server_hostname=host, assert_hostname=host
        )


def _key(written: str) -> bytes:
    return key_of(written if written.startswith(PREFIX) else secret(written))


def _plain(error: Exception) -> str:
    """What went wrong, without the library's own names."""
    return str(getattr(error, "reason", None) or error)
