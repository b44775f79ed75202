"""Lines: instruments on real transports, as async context managers.

    TcpLine     Modbus TCP, units told apart by unit id
    RtuTcpLine  a serial server: serial frames in a TCP stream
    PtyLine     a serial line: a pseudo-terminal under a name like those of /dev/serial/by-id/

`unplug` takes the line away under its readers (cable, adapter), `replug` brings it back under the same name.
"""

import abc
import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol, Self

from firmware_sim.devices.bus import Bus, UnservableError, refuse_twins
from firmware_sim.devices.instrument import Instrument, Reply, Speaker
from firmware_sim.devices.modbus import TcpSpeaker

Clock = Callable[[], int]


def wall_ms() -> int:
    """The wall clock, milliseconds UTC."""
    return time.time_ns() // 1_000_000


class Line(Protocol):
    """What all lines can do."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def unplug(self) -> None:
        """Take it away; readers see their connection or port die."""

    async def replug(self) -> None:
        """Bring it back under the same name."""


class _Connection(asyncio.Protocol):
    """One reader of a TCP line."""

    def __init__(self, speaker: Speaker, clock: Clock, peers: "set[_Connection]") -> None:
        self._speaker, self._clock, self._peers = speaker, clock, peers
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peers.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._peers.discard(self)

    def data_received(self, data: bytes) -> None:
        for reply in self._speaker.hear(data, self._clock()):
            if reply.delay_ms:
                asyncio.get_running_loop().call_later(reply.delay_ms / 1000, self._write, reply)
            else:
                self._write(reply)
        if self._speaker.lost:
            self.close()

    def pause_writing(self) -> None:
        """A reader that asks and does not read is not listened to."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _write(self, reply: Reply) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply.data)
            reply.report()


class _SocketLine(abc.ABC):
    """What both TCP lines are: a listening socket, one speaker a connection."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        clock: Clock = wall_ms,
    ) -> None:
        """Prepare a line; it listens inside `async with`.

        Args:
            instruments: told apart by their address.
            host: where to listen.
            port: 0 takes a free one; `.port` tells which.
            clock: what `Served.t_ms` is taken from.

        Raises:
            UnservableError: they cannot stand on one such line.
        """
        self.instruments = tuple(instruments)
        self.host, self.port = host, port
        self._clock = clock
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._speaker()  # refuses now what it would refuse at the first connection

    @abc.abstractmethod
    def _speaker(self) -> Speaker:
        """What one connection talks to; refuses instruments that it cannot serve."""

    async def __aenter__(self) -> Self:
        await self.replug()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.unplug()

    async def replug(self) -> None:
        """Listen on the same port as before."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._connection, self.host, self.port)
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def unplug(self) -> None:
        """Reset all connections and refuse new ones."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()
            for connection in tuple(self._connections):
                connection.close()
            await server.wait_closed()

    def _connection(self) -> _Connection:
        return _Connection(self._speaker(), self._clock, self._connections)


class TcpLine(_SocketLine):
    """Modbus TCP; a stream that is no Modbus gets its connection closed."""

    def _speaker(self) -> Speaker:
        refuse_twins(self.instruments)
        for instrument in self.instruments:
            if instrument.profile.protocol != "modbus":
                raise UnservableError(f"{instrument.name}: {instrument.profile.protocol} is no Modbus TCP")
        return TcpSpeaker(self.instruments)


class RtuTcpLine(_SocketLine):
    """Serial frames over TCP, as serial servers carry them; instruments answer, none streams."""

    def _speaker(self) -> Speaker:
        return Bus(self.instruments)
