"""A serial line: a pseudo-terminal whose name stays while the one behind it changes, like a by-id name."""

import asyncio
import contextlib
import os
import tty
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from firmware_sim.devices.bus import Bus
from firmware_sim.devices.instrument import Instrument, Reply
from firmware_sim.devices.lines import Clock, wall_ms

_BITS_PER_BYTE = 10
_PIECE_S = 0.008
"""Bytes of a paced answer are written in pieces as long as this: about what a USB adapter does."""
_MOST_WAITING = 64
"""Answers that wait for the line; whoever asks more at once is not heard."""
_READ_BYTES = 4096


class _Waiting(NamedTuple):
    """A reply, and when the request for it has passed over the line (loop time)."""

    ready: float
    reply: Reply


class PtyLine:
    """Instruments on one serial line; `async with` makes `link_path` appear and, at the end, vanish."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        link_path: Path,
        baud: int,
        *,
        paced: bool = True,
        stream_every_s: float = 1.0,
        clock: Clock = wall_ms,
    ) -> None:
        """Prepare a line.

        Args:
            instruments: of one or several protocols, told apart as these do.
            link_path: the symbolic link readers open; its folder is made.
            baud: what `paced` counts with, 10 bits a byte.
            paced: answers take as long as at that baud rate.
            stream_every_s: how often instruments that send unasked do so.
            clock: what `Served.t_ms` is taken from.

        Raises:
            UnservableError: they cannot stand on one line.
        """
        self.instruments = tuple(instruments)
        self.link_path = link_path
        self._bus = Bus(self.instruments)
        self._byte_s = _BITS_PER_BYTE / baud if paced else 0.0
        self._piece = max(1, round(_PIECE_S / self._byte_s)) if paced else _READ_BYTES
        self._stream_every_s = stream_every_s
        self._clock = clock
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(_MOST_WAITING)
        self._ends: tuple[int, int] | None = None
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.replug()
        await self._group.__aenter__()
        name = f"pty {self.link_path.name}"
        self._tasks = [
            self._group.create_task(self._send(), name=f"{name} sends"),
            self._group.create_task(self._stream(), name=f"{name} streams"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        ours = isinstance(error, asyncio.CancelledError)  # the group would wrap the body's own errors
        try:
            await self._group.__aexit__(*((kind, error, trace) if ours else (None, None, None)))
        finally:
            await self.unplug()

    async def replug(self) -> None:
        """Plug the adapter in again: another pseudo-terminal under the same name.

        Raises:
            FileExistsError: something that is no link stands at `link_path`.
        """
        if self._ends is not None:
            return
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = (master, slave)
        _point(self.link_path, os.ttyname(slave))
        asyncio.get_running_loop().add_reader(master, self._readable)

    async def unplug(self) -> None:
        """Pull the adapter out: the name vanishes, readers get an error, answers on the way are lost."""
        if self._ends is None:
            return
        (master, slave), self._ends = self._ends, None
        asyncio.get_running_loop().remove_reader(master)
        self.link_path.unlink(missing_ok=True)
        os.close(master)
        os.close(slave)
        while not self._queue.empty():
            self._queue.get_nowait()

    def _readable(self) -> None:
        assert self._ends is not None
        try:
            data = os.read(self._ends[0], _READ_BYTES)
        except BlockingIOError:
            return
        loop = asyncio.get_running_loop()
        ready = loop.time() + len(data) * self._byte_s
        for reply in self._bus.hear(data, self._clock()):
            if reply.delay_ms:
                loop.call_later(reply.delay_ms / 1000, self._enqueue, _Waiting(ready, reply))
            else:
                self._enqueue(_Waiting(ready, reply))

    def _enqueue(self, waiting: _Waiting) -> None:
        if self._ends is not None:
            with contextlib.suppress(asyncio.QueueFull):
                self._queue.put_nowait(waiting)

    async def _send(self) -> None:
        while True:
            waiting = await self._queue.get()
            if await self._transmit(waiting):
                waiting.reply.report()

    async def _transmit(self, waiting: _Waiting) -> bool:
        """Write a reply in its time; whether all of it got onto the same line it was meant for."""
        loop, ends = asyncio.get_running_loop(), self._ends
        due = max(waiting.ready, loop.time())
        for piece in _pieces(waiting.reply.data, self._piece):
            due += len(piece) * self._byte_s
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if self._ends is None or self._ends is not ends or not _write(self._ends[0], piece):
                return False
        return True

    async def _stream(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._stream_every_s)
            for reply in self._bus.speak(self._clock()):
                self._enqueue(_Waiting(loop.time(), reply))


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    for low in range(0, len(data), size):
        yield data[low : low + size]


def _write(master: int, data: bytes) -> bool:
    """False when nobody has read for so long that the terminal is full: the bytes are lost, as in a UART."""
    try:
        return os.write(master, data) == len(data)
    except BlockingIOError:
        return False


def _point(link: Path, target: str) -> None:
    """Let a symbolic link stand at `link`, whatever link stood there before."""
    if link.exists() and not link.is_symlink():
        raise FileExistsError(f"{link} is no link; choose another name for the serial line")
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
