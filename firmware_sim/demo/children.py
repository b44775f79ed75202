"""Child processes with a log file each; one that dies by itself ends the demo with its last words."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

_LAST_LINES = 12
_KILLED_WITHIN_S = 5.0


class ChildDiedError(Exception):
    """A child ended that should not have: says which, and how its log ends."""


class Child:
    """One child process in a session of its own, so that Ctrl-C reaches only its parent."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command, self._folder = command, folder
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def start(self) -> None:
        """Start it; its output goes to the log."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )

    async def watch(self) -> None:
        """Wait for its end.

        Raises:
            ChildDiedError: it ended, and nobody had asked it to.
        """
        status = await self._running.wait()
        if not self._stopping:
            raise ChildDiedError(f"{self.name} ended by itself with status {status}; {self.last_words()}")

    async def finish(self, within_s: float) -> None:
        """Wait for a command that ends by itself.

        Raises:
            ChildDiedError: it failed, or took too long.
        """
        self._stopping = True
        try:
            status = await asyncio.wait_for(self._running.wait(), within_s)
        except TimeoutError:
            await self.kill()
            raise ChildDiedError(
                f"{self.name} took longer than {within_s:g} s; {self.last_words()}"
            ) from None
        if status:
            raise ChildDiedError(f"{self.name} ended with status {status}; {self.last_words()}")

    async def stop(self, within_s: float) -> None:
        """Ask it to end, and wait.

        Raises:
            ChildDiedError: it took too long (and was killed) or ended with an error.
        """
        if self._process is None:
            return
        self._stopping = True
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await self.finish(within_s)

    async def kill(self) -> None:
        """End it now, if it still runs."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await asyncio.wait_for(self._process.wait(), _KILLED_WITHIN_S)

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        return f"{self.log} ends with:\n" + "\n".join(lines) if lines else f"{self.log} is empty"

    @property
    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None, f"{self.name} was not started"
        return self._process


def program(package: str, *arguments: str) -> list[str]:
    """The command line of one of our programs, in this very Python; scripts may be installed anywhere."""
    return [sys.executable, "-c", f"from {package}.cli import main; main()", *arguments]
