"""Reports of commissioning that wait for the collector: files beside the outbox, one each.

`edge-agent report --send` puts one there, `edge-agent run` carries it to the collector and removes it once
that has said that it keeps it. A file is whole or not there, and on the disk when `put` returns.
"""

import asyncio
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from errno import ENOTDIR
from pathlib import Path
from typing import Final, TypeVar

from edge_agent import durable

T = TypeVar("T")

FOLDER: Final = "reports"
_NAME: Final = re.compile(r"([0-9a-f]{16})\.report")
_NUMBER: Final = re.compile(r"[0-9a-f]{16}")


class SpoolError(Exception):
    """A report could not be put there: one sentence why, and what to do."""


def folder_of(outbox: str) -> Path:
    """The folder that belongs to an outbox."""
    return Path(outbox).with_name(FOLDER)


class Spool:
    """The folder of one gateway."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, number: str, payload: bytes) -> Path:
        """Keep a report until the collector has it; it belongs to whom the outbox belongs to.

        Raises:
            SpoolError: the disk does not take it, or we may not write there.
        """
        path = self._folder / f"{number}.report"
        try:
            if self._folder.is_symlink():  # root would give away what it leads to
                raise NotADirectoryError(ENOTDIR, "a link, where the folder of reports should be")
            self._folder.mkdir(mode=0o750, exist_ok=True)
            self._give(self._folder)
            durable.put(path, payload, self._give)
        except OSError as error:
            raise SpoolError(
                f"{self._folder}: {error.strerror}; send it on the gateway, as root or the agent's user"
            ) from None
        return path

    def waiting(self) -> list[str]:
        """The numbers of the reports there, that which waits longest first; none where there is no folder."""
        try:
            found = [
                (path.stat().st_mtime_ns, match[1])
                for path in self._folder.iterdir()
                if (match := _NAME.fullmatch(path.name))
            ]
        except OSError:
            return []
        return [number for _, number in sorted(found)]

    def read(self, number: str) -> bytes | None:
        """A report as it is sent; None when it is gone or cannot be read."""
        try:
            return (self._folder / f"{number}.report").read_bytes()
        except OSError:
            return None

    def remove(self, number: str) -> bool:
        """The collector has it; False when it is not here (any more), or cannot be removed."""
        if not _NUMBER.fullmatch(number):
            return False
        try:
            (self._folder / f"{number}.report").unlink()
        except OSError:
            return False
        return True

    def _give(self, path: Path) -> None:
        """What root writes belongs to the owner of the outbox, who will remove it."""
        if os.geteuid() == 0:
            owner = self._folder.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


class SpoolThread:
    """A spool, awaited: a slow disk delays nobody on the loop."""

    def __init__(self, spool: Spool, executor: ThreadPoolExecutor) -> None:
        self._spool = spool
        self._executor = executor

    async def waiting(self) -> list[str]:
        """See `Spool.waiting`."""
        return await self._call(self._spool.waiting)

    async def read(self, number: str) -> bytes | None:
        """See `Spool.read`."""
        return await self._call(self._spool.read, number)

    async def remove(self, number: str) -> bool:
        """See `Spool.remove`."""
        return await self._call(self._spool.remove, number)

    async def _call(self, action: Callable[..., T], *arguments: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, action, *arguments)
