"""What people and programs see of the centre: HTTP, an event stream, the files of the console.

    state database ─▶ Follower (thread) ─▶ Hub ─▶ /stream, one shared encoding for all clients
                └───▶ routes, one file a topic ─▶ JSON, described by OpenAPI
                             ▲
    cookie or token ─▶ auth ─┘  who asks, and what may be done in which group of sites

FastAPI is imported by nothing outside this package, and only where `[feed]` is configured.
"""

from typing import Protocol

import sqlalchemy as sa

from collector.alarms.desk import Desk
from collector.settings import CollectorFile
from collector.store import Store


class FeedUnusableError(Exception):
    """It cannot be served as it is configured: one sentence for a person."""


class Feed(Protocol):
    """The HTTP server, as far as it concerns the collecting."""

    @property
    def is_alive(self) -> bool:
        """Whether its threads are at work."""

    def start(self) -> None:
        """Serve from now on."""

    def wake(self) -> None:
        """Tell that the state database has more."""

    def stop(self) -> None:
        """Begin to end."""

    def join(self) -> None:
        """Wait for the end, not for long."""


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
