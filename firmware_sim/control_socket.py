"""Where `firmware-sim fault` finds a running simulation: a Unix socket in the run's directory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from firmware_sim.control import Control, Reply, Request

NAME = "control.sock"
_WAIT_S = 10.0


class NotRunningError(OSError):
    """Nothing answers in this directory."""


@contextlib.asynccontextmanager
async def listening(control: Control, folder: Path) -> AsyncIterator[Path]:
    """Take requests in a folder until the end.

    Raises:
        OSError: the folder cannot be written, or its path is too long for a socket (107 bytes).
    """
    path = folder / NAME
    path.unlink(missing_ok=True)

    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        with contextlib.suppress(ConnectionError, ValueError):  # gone, or a line without an end
            while line := await reader.readline():
                writer.write(await control.answer(line))
                await writer.drain()
        writer.close()
        writers.discard(writer)

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield path
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()
        path.unlink(missing_ok=True)


async def ask(folder: Path, request: Request) -> Reply:
    """Ask the simulation that runs in a folder.

    Raises:
        NotRunningError: none runs there, or it does not answer within ten seconds.
    """
    try:
        async with asyncio.timeout(_WAIT_S):
            reader, writer = await asyncio.open_unix_connection(folder / NAME)
            writer.write(msgspec.json.encode(request) + b"\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        raise NotRunningError(f"{folder}: no simulation runs there; start one with run --directory") from None
    return msgspec.json.decode(line, type=Reply)
