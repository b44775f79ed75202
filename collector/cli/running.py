"""`collector run` and `collector check`."""

import signal
import threading
from pathlib import Path
from queue import SimpleQueue

import sqlalchemy as sa
import structlog
import typer
from msgspec.structs import replace

from collector import feed, pipeline, state
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, fail
from collector.feed import FeedUnusableError
from collector.notify import channels
from collector.notify.channels import ChannelsUnusableError
from collector.settings import CollectorFile, SqliteStore
from collector.settings import load as settings_of
from collector.store import StoreUnavailableError, StoreUnusableError
from wire import logs
from wire.broker import SecretError
from wire.config_file import ConfigError

_HEARD = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_log = structlog.get_logger()
_AT_ONCE = {"log_level", "alarms", "rules", "notify", "webhooks"}
"""What a running collector takes up; the rest is opened once."""
_SENTENCES = (
    StoreUnavailableError,
    StoreUnusableError,
    state.StateUnavailableError,
    state.StateUnusableError,
    SecretError,
    FeedUnusableError,
    pipeline.IngestDiedError,
    ChannelsUnusableError,
)


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Collect until SIGTERM or SIGINT, then finish the group of messages under way.

    SIGHUP: log_level, [alarms], [rules], [notify] and [webhooks] are read anew.
    """
    settings = _checked(config)
    logs.configure(settings.log_level)
    renewed: SimpleQueue[CollectorFile] = SimpleQueue()
    try:
        pipeline.run(settings, _obey_signals(config, settings, renewed), renewed)
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
    try:
        return _usable(config)
    except ConfigError as error:
        fail(error)


def _usable(config: Path) -> CollectorFile:
    """A configuration that was checked as far as files can tell.

    Raises:
        ConfigError: what is wrong with it.
    """
    found = settings_of(config)
    try:
        state.check_url(found.state.url)
        found.broker.tls()
        if found.feed:
            feed.check(found.feed)
        if found.notify:
            channels.check()
    except (state.StateUnusableError, FeedUnusableError, ChannelsUnusableError) as error:
        raise ConfigError(f"{config}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{config}: broker: the files for TLS cannot be used: {error}") from None
    return found


def _obey_signals(
    config: Path, settings: CollectorFile, renewed: "SimpleQueue[CollectorFile]"
) -> threading.Event:
    """Set from a thread of its own: a handler in the main thread could meet it inside the event's lock."""
    stop = threading.Event()

    def wait() -> None:
        while signal.sigwait(_HEARD) == signal.SIGHUP:
            _reread(config, settings, renewed)
        stop.set()

    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stop


def _reread(config: Path, started: CollectorFile, renewed: "SimpleQueue[CollectorFile]") -> None:
    try:
        found = _usable(config)
    except ConfigError as error:
        _log.error("the configuration in use goes on", reason=str(error))
        return
    names = (field for field in found.__struct_fields__ if field not in _AT_ONCE)
    if waiting := [name for name in names if getattr(found, name) != getattr(started, name)]:
        _log.warning("some of the configuration is taken up with the next start", tables=waiting)
    # What one part of the collector would take up and another would not waits for the start as a whole.
    renewed.put(replace(found, sites=started.sites))
