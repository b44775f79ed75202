"""Ending on purpose: SIGTERM, SIGINT and a closed terminal all mean `stop, in order`."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def stop_event() -> Iterator[asyncio.Event]:
    """An event of the running loop that is set by the first signal to stop."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in _ENDS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in _ENDS:
            loop.remove_signal_handler(number)
