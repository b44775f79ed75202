"""The agent as it lives for years: what `edge-agent run` does once its command line is understood."""

import asyncio
import secrets
import signal
import sys
from pathlib import Path

from edge_agent import pipeline
from edge_agent.clock import GatewayClock
from edge_agent.outbox import Outbox, UnusableError
from edge_agent.rollout import Configurations
from wire import logs
from wire.broker import SecretError
from wire.config_file import ConfigError


def main() -> None:
    """`edge-agent run -c FILE` and nothing else, see `edge_agent.__main__`."""
    run(Path(sys.argv[-1]))


def run(config: Path) -> None:
    """Poll, keep and forward until SIGTERM or SIGINT; then bring what is left and end within five seconds.

    Raises:
        SystemExit: what is wrong with configuration, secret or outbox, in one sentence; exit code 1.
    """
    try:
        asyncio.run(_serve(config))
    except (ConfigError, SecretError, UnusableError) as error:
        sys.exit(str(error))


async def _serve(config: Path) -> None:
    configurations = Configurations.open(config)
    plant = configurations.plant
    logs.configure(plant.log_level)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, configurations.reread)
    clock = GatewayClock(plant.clock.source)
    outbox = Outbox.open(
        plant.outbox.path,
        max_bytes=plant.outbox.max_mb * 1024 * 1024,
        boot=clock.boot_id(),
        site_class=plant.site_class,
        epoch_source=lambda: secrets.token_hex(8),
    )
    try:
        await pipeline.run(configurations, outbox, clock, stop)
    finally:
        outbox.close()
