"""May this port be used now? A line on which an agent runs is never disturbed, only borrowed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from edge_agent.drivers._holders import FOLDER, TakenError, borrowed, holder

LET_GO_S: Final = 5.0
_LOOK_S: Final = 0.1
_AGENT: Final = "edge-agent run"


class AccessError(Exception):
    """The port is somebody else's; one sentence says whose and what to do."""


@asynccontextmanager
async def access(port: Path | None, *, take_over: bool) -> AsyncIterator[None]:
    """Use a serial port for the length of the block; None is no serial port, which needs no leave.

    Args:
        port: it need not exist; opening it will say so.
        take_over: ask a running agent to let go of it until the end of the block.

    Raises:
        AccessError: it is in use.
    """
    if port is None:
        yield
    elif not take_over:
        _refuse_taken(port)
        yield
    else:
        try:
            with borrowed(port):
                await _until_free(port)
                yield
        except TakenError as error:
            raise AccessError(str(error)) from None
        except PermissionError:
            raise AccessError(
                f"{FOLDER}: cannot be written, so the agent cannot be asked; use sudo"
            ) from None


def _refuse_taken(port: Path) -> None:
    who = holder(port)
    if who is None:
        return
    if who.startswith(_AGENT):
        raise AccessError(
            f"{port}: in use by {who}; add --take-over to borrow the line from it for as long as this takes, "
            "or stop it first"
        )
    raise AccessError(f"{port}: in use by {who}; only one program may talk on a line: stop it first")


async def _until_free(port: Path) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + LET_GO_S
    while (who := holder(port)) is not None:
        if loop.time() > end:
            raise AccessError(f"{port}: {who} did not let go of it within {LET_GO_S:g} s; stop it first")
        await asyncio.sleep(_LOOK_S)
