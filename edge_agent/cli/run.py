"""`edge-agent run`: the agent itself, until SIGTERM or SIGINT."""

import asyncio
import secrets
import signal

from edge_agent import settings
from edge_agent.cli.common import DEFAULT_CONFIG, ConfigOption, fail
from wire import logs
from wire.broker import SecretError
from wire.config_file import ConfigError


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Poll, keep and forward until SIGTERM or SIGINT; then bring what is left and end within five seconds."""
    from edge_agent.outbox import UnusableError

    try:
        plant = settings.load(config)
        logs.configure(plant.log_level)
        asyncio.run(_serve(plant))
    except (ConfigError, SecretError, UnusableError) as error:
        fail(error)


async def _serve(plant: settings.Plant) -> None:
    from edge_agent import pipeline
    from edge_agent.clock import GatewayClock
    from edge_agent.outbox import Outbox

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = GatewayClock(plant.clock.source)
    outbox = Outbox.open(
        plant.outbox.path,
        max_bytes=plant.outbox.max_mb * 1024 * 1024,
        boot=clock.boot_id(),
        site_class=plant.site_class,
        epoch_source=lambda: secrets.token_hex(8),
    )
    try:
        await pipeline.run(plant, outbox, clock, stop)
    finally:
        outbox.close()
