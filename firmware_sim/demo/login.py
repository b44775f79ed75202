"""How to log in to the console, as the collector tells it once when its database is new."""

import asyncio
import re
from pathlib import Path
from typing import Final

_TOLD: Final = re.compile(r"log in to the console as `(\S+)` with the password (\S+)")
_LOOK_EVERY_S: Final = 0.2


def told(log: str) -> tuple[str, str] | None:
    """Name and password, when the log has them."""
    found = _TOLD.search(log)
    return (found[1], found[2]) if found else None


async def awaited(log: Path, port: int) -> str:
    """One line for a person; waits until the collector has said it."""
    while (login := told(await asyncio.to_thread(_read, log))) is None:  # noqa: ASYNC110 - another's file
        await asyncio.sleep(_LOOK_EVERY_S)
    return f"console: http://127.0.0.1:{port}  name: {login[0]}  password: {login[1]}"


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
