"""What the collector says in its log: that it is at the broker, and once how to log in to the console."""

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Final

_TOLD: Final = re.compile(r"log in to the console as `(\S+)` with the password (\S+)")
_AT_WORK: Final = '"event": "ready"'
_LOOK_EVERY_S: Final = 0.2
_AT_WORK_WITHIN_S: Final = 30.0


def told(log: str) -> tuple[str, str] | None:
    """Name and password, when the log has them."""
    found = _TOLD.search(log)
    return (found[1], found[2]) if found else None


async def awaited(log: Path, port: int) -> str:
    """One line for a person; waits until the collector has said it."""
    while (login := told(await asyncio.to_thread(_read, log))) is None:  # noqa: ASYNC110 - another's file
        await asyncio.sleep(_LOOK_EVERY_S)
    return f"console: http://127.0.0.1:{port}  name: {login[0]}  password: {login[1]}"


async def at_work(log: Path) -> None:
    """Wait until the collector listens at the broker, or for half a minute.

    What agents say before that nobody keeps: they say it again after ten seconds, which a short demo has not.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_AT_WORK_WITHIN_S):
            while _AT_WORK not in await asyncio.to_thread(_read, log):  # noqa: ASYNC110 - another's file
                await asyncio.sleep(_LOOK_EVERY_S)


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
