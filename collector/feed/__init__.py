"""What people and programs see of the centre: HTTP, an event stream, the files of the console.

    state database ─▶ Follower (thread) ─▶ Hub ─▶ /stream, one shared encoding for all clients
                └───▶ routes, one file a topic ─▶ JSON, described by OpenAPI
                             ▲
    cookie or token ─▶ auth ─┘  who asks, and what may be done in which group of sites

FastAPI is imported by nothing outside this package, and only where `[feed]` is configured.
"""

from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from collector.alarms.desk import Desk
from collector.settings import CollectorFile, FeedTable
from collector.store import Store
from collector.users.provider import grants

_LAST_PORT: Final = 65_535


class FeedUnusableError(Exception):
    """It cannot be served as it is configured: one sentence for a person."""


class Feed(Protocol):
    """The HTTP server, as far as it concerns the collecting."""

    @property
    def is_alive(self) -> bool:
        """Whether its threads are at work."""

    def start(self) -> None:
        """Serve from now on."""

    def renew(self, settings: CollectorFile) -> None:
        """Go by another configuration from now on, as far as a running server can."""

    def wake(self) -> None:
        """Tell that the state database has more."""

    def stop(self) -> None:
        """Begin to end."""

    def join(self) -> None:
        """Wait for the end, not for long."""


def address(table: FeedTable) -> tuple[str, int]:
    """Host and port to listen at.

    Raises:
        FeedUnusableError: `listen` is no address.
    """
    host, _, port = table.listen.rpartition(":")
    if not port.isdecimal() or int(port) > _LAST_PORT:
        raise FeedUnusableError(
            f"feed.listen: {table.listen!r} is no address; write one such as 127.0.0.1:8080"
        )
    return host, int(port)


def zone(table: FeedTable) -> ZoneInfo:
    """The time zone of texts.

    Raises:
        FeedUnusableError: this machine knows none of this name.
    """
    try:
        return ZoneInfo(table.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FeedUnusableError(
            f"feed.zone: {table.zone!r} is no time zone; write one such as Asia/Almaty"
        ) from None


def check(table: FeedTable) -> None:
    """See whether settings can be used, as far as they tell by themselves.

    Raises:
        FeedUnusableError: the first thing that is wrong.
    """
    address(table)
    zone(table)
    if table.oidc.issuer is not None and not table.public_url:
        raise FeedUnusableError("feed.oidc: set feed.public_url, where the provider sends browsers back to")
    try:
        grants(table.oidc.roles)
    except ValueError as error:
        raise FeedUnusableError(f"feed.oidc.roles: {error}") from None


def prepared(settings: CollectorFile, engine: sa.Engine, store: Store, desk: Desk) -> Feed:
    """The server with its port taken, to be started.

    Raises:
        FeedUnusableError: a part is not installed, the port is taken, an address or file is none.
    """
    try:
        from collector.feed.server import FeedServer  # noqa: PLC0415 - 40 MB for those who have a feed only
    except ModuleNotFoundError as error:
        raise FeedUnusableError(
            f"[feed] needs {error.name}, which is not installed: pip install 'ulba[feed]', or remove [feed]"
        ) from None
    return FeedServer(settings, engine, store, desk)
