"""Plain readers for the lines: bytes out, bytes in, with a deadline."""

import asyncio
import contextlib
import os
import struct
from collections.abc import AsyncIterator
from pathlib import Path

DEADLINE_S = 5.0
SHORT_S = 0.15
"""How long `no answer` is waited for."""


def with_crc(body: bytes) -> bytes:
    """CRC-16/MODBUS bit by bit, as the specification's appendix draws it."""
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return body + struct.pack("<H", crc)


def mbap(transaction: int, unit: int, pdu: bytes) -> bytes:
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


class Socket:
    """A TCP client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, request: bytes, answer_bytes: int) -> bytes:
        self.writer.write(request)
        return await self.take(answer_bytes)

    async def take(self, count: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(count), DEADLINE_S)

    async def is_silent(self) -> bool:
        try:
            return not await asyncio.wait_for(self.reader.read(1), SHORT_S)
        except TimeoutError:
            return True


@contextlib.asynccontextmanager
async def tcp(port: int) -> AsyncIterator[Socket]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Socket(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):  # the line was unplugged under it
            await writer.wait_closed()


class Terminal:
    """A serial port opened by name, as any program opens it."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.fd, self._readable)
        self._rest = b""

    def _readable(self) -> None:
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self.fd)
        self._heard.put_nowait(data)

    def send(self, data: bytes) -> None:
        os.write(self.fd, data)

    async def ask(self, request: bytes, answer_bytes: int) -> bytes:
        self.send(request)
        return await self.take(answer_bytes)

    async def take(self, count: int) -> bytes:
        """Exactly `count` bytes; fewer when the line dies."""
        async with asyncio.timeout(DEADLINE_S):
            while len(self._rest) < count and (data := await self._heard.get()):
                self._rest += data
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    async def is_silent(self) -> bool:
        try:
            async with asyncio.timeout(SHORT_S):
                return not await self._heard.get()
        except TimeoutError:
            return True

    async def died(self) -> bool:
        async with asyncio.timeout(DEADLINE_S):
            while await self._heard.get():
                pass
        return True

    def close(self) -> None:
        self._loop.remove_reader(self.fd)
        os.close(self.fd)


@contextlib.asynccontextmanager
async def terminal(path: Path) -> AsyncIterator[Terminal]:
    opened = Terminal(path)
    try:
        yield opened
    finally:
        opened.close()
