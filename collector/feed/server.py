"""The HTTP server in two threads: `feed` answers, `follower` looks what is new in the journal."""

import asyncio
import gc
import logging
import resource
import socket
import sys
import threading
import traceback
from typing import Final

import sqlalchemy as sa
import structlog
import uvicorn
from anyio import to_thread

from collector import state
from collector.alarms.desk import Desk
from collector.feed import FeedUnusableError, address, check, oidc, zone
from collector.feed.app import application
from collector.feed.context import Context, wall_clock_ms
from collector.feed.follower import Follower
from collector.feed.hub import Hub
from collector.feed.layers import layers
from collector.feed.region import Atlas
from collector.feed.values import Values
from collector.feed.views import AlarmTexts
from collector.settings import CollectorFile, FeedTable
from collector.store import Store
from collector.users import people

_GOODBYE_S: Final = 1
"""Requests under way may take so long at the end."""
_JOIN_S: Final = 2.0
STALLED_S: Final = 30
"""A client that takes nothing for so long is given up by the system; closing would wait for it for ever."""
_THREADS: Final = 8
"""That answer requests beside the loop; each may hold a connection to the state database."""
_log = structlog.get_logger()


class FeedServer:
    """Serves until it is stopped; `is_alive` tells whether both threads are."""

    def __init__(self, settings: CollectorFile, engine: sa.Engine, store: Store, desk: Desk) -> None:
        """Take the port.

        Raises:
            FeedUnusableError: it is taken, `[feed] listen` is no address or `[feed] map` no GeoJSON.
        """
        assert settings.feed is not None
        table = settings.feed
        check(table)
        self._webhooks = settings.webhooks
        self._engine, self._stop = engine, threading.Event()
        self._hub, atlas = Hub(), Atlas(settings.sites)
        texts = AlarmTexts(zone(table), lambda: desk.kinds, wall_clock_ms)
        context = Context(
            table=table,
            engine=engine,
            store=store,
            desk=desk,
            atlas=atlas,
            texts=texts,
            values=Values(store),
            map_layers=layers(table.map),
            hub=self._hub,
            provider=oidc.opened(table),
            wake=self.wake,
            webhooks=lambda: self._webhooks,
        )
        self._follower = Follower(engine, self._hub, atlas, texts, context.lasting)
        self._server = uvicorn.Server(_uvicorn(context, table))
        self._socket = _listening(table)
        self._opened = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, name="follower", daemon=True),
            threading.Thread(target=self._serve, name="feed", daemon=True),
        ]

    @property
    def is_alive(self) -> bool:
        """Whether both threads are at work."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Serve from now on; where there is nobody yet, an administrator is made and told how to log in.

        Raises:
            StateUnavailableError: the state database is not there.
        """
        with state.writing(self._engine) as transaction:
            password = people.first(transaction, wall_clock_ms())
        if password is not None:
            # The only time it is shown; structlog keeps what it is given.
            sys.stderr.write(f"log in to the console as `{people.FIRST_NAME}` with the password {password}\n")
            sys.stderr.flush()
        self._follower.begin()
        # What was made so far stays: to look through it for garbage again and again stops all threads for a
        # tenth of a second each time, and longer on a busy machine.
        gc.collect()
        gc.freeze()
        for thread in self._threads:
            thread.start()
        _log.info("the feed is served", port=self.port)

    def renew(self, settings: CollectorFile) -> None:
        """Go by another `[webhooks]` from now on."""
        self._webhooks = settings.webhooks

    def wake(self) -> None:
        """Tell that the journal has grown."""
        self._follower.wake()

    def stop(self) -> None:
        """Begin to end: streams end, requests under way are finished."""
        self._stop.set()
        self._opened.set()
        self._follower.wake()
        self._hub.post(self._hub.close)
        self._server.should_exit = True

    def join(self) -> None:
        """Wait for the end, not for long."""
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_JOIN_S)
        self._socket.close()

    def _follow(self) -> None:
        self._opened.wait()  # what is posted before there is a loop is told to nobody
        self._follower.run(self._stop)

    def _serve(self) -> None:
        asyncio.run(self._answer())

    async def _answer(self) -> None:
        self._hub.open(asyncio.get_running_loop())
        self._opened.set()
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        await self._server.serve(sockets=[self._socket])


def _uvicorn(context: Context, table: FeedTable) -> uvicorn.Config:
    _speak_structlog()
    return uvicorn.Config(
        application(context),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(table.trusted_proxies),
        timeout_graceful_shutdown=_GOODBYE_S,
        lifespan="off",
    )


def _listening(table: FeedTable) -> socket.socket:
    """The port, taken; each console is a connection, so the process may have as many as the system lets."""
    host, port = address(table)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # What is accepted inherits it (tcp(7)).
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_S * 1000)
    try:
        taken.bind((host.strip("[]"), port))
        taken.listen(2048)
    except OSError as error:
        taken.close()
        raise FeedUnusableError(
            f"feed.listen: {table.listen}: {error.strerror}; stop what uses it or name another port"
        ) from None
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return taken


class _ToStructlog(logging.Handler):
    """What the server's library logs, as everything else; of an error the lines, never what they held.

    A request holds passwords and cookies.
    """

    def emit(self, record: logging.LogRecord) -> None:
        said = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else None
        _log.log(record.levelno, record.getMessage(), **({"traceback": said} if said else {}))


def _speak_structlog() -> None:
    logger = logging.getLogger("uvicorn.error")
    logger.handlers, logger.propagate = [_ToStructlog(logging.WARNING)], False
    logger.setLevel(logging.WARNING)
