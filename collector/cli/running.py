"""`collector run` and `collector check`."""

import signal
import threading
from pathlib import Path

import sqlalchemy as sa
import typer

from collector import pipeline, state
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, fail, read_config
from collector.settings import CollectorFile, SqliteStore
from collector.store import StoreUnavailableError, StoreUnusableError
from wire import logs
from wire.broker import Broker, SecretError

_ENDS = {signal.SIGTERM, signal.SIGINT}
_SENTENCES = (
    StoreUnavailableError,
    StoreUnusableError,
    state.StateUnavailableError,
    state.StateUnusableError,
    SecretError,
    pipeline.IngestDiedError,
)


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Collect until SIGTERM or SIGINT, then finish the group of messages under way."""
    settings = _checked(config)
    logs.configure(settings.log_level)
    try:
        pipeline.run(settings, _stop_on_signal())
    except _SENTENCES as error:
        fail(error)


def check(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """See whether a configuration can be used; reads nothing but files."""
    settings = _checked(config)
    store = settings.store.path if isinstance(settings.store, SqliteStore) else settings.store.url
    typer.echo(
        f"{config}: usable; broker {settings.broker.host}:{settings.broker.port}, "
        f"readings in {store}, state in {sa.make_url(settings.state.url)}"
    )


def _checked(config: Path) -> CollectorFile:
    settings = read_config(config)
    try:
        state.check_url(settings.state.url)
    except state.StateUnusableError as error:
        fail(f"{config}: {error}")
    _see_tls(config, settings.broker)
    return settings


def _see_tls(config: Path, broker: Broker) -> None:
    try:
        broker.tls()
    except OSError as error:
        fail(f"{config}: broker: the files for TLS cannot be used: {error}")


def _stop_on_signal() -> threading.Event:
    """Set from a thread of its own: a handler in the main thread could meet it inside the event's lock."""
    stop = threading.Event()

    def wait() -> None:
        signal.sigwait(_ENDS)
        stop.set()

    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stop
