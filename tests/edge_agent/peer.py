"""The other end of a link: instruments that do as they are told, over real sockets and pseudo-terminals.

Written apart from the agent's drivers, so that both do not share a mistake.

    peer = ModbusPeer({1, 2})                  register n of unit u holds u · 1000 + n
    peer.script(silent, late(0.3), …)          how the next requests are met; after that, normally
    async with TcpWire(peer) as wire: …        or PtyWire(peer, folder)
"""

import asyncio
import os
import struct
import tty
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, Self

from msgspec import Struct

Step = tuple[float, bytes | None]
"""Seconds after the request, and what to send then; None hangs up."""


class Request(Struct, frozen=True):
    unit: int
    function: int
    start: int
    count: int
    transaction: int | None
    """None on RTU."""

    def wrap(self, pdu: bytes, *, unit: int | None = None, transaction: int | None = None) -> bytes:
        unit = self.unit if unit is None else unit
        if self.transaction is None:
            return with_crc(bytes((unit,)) + pdu)
        number = self.transaction if transaction is None else transaction
        return struct.pack(">HHHB", number, 0, len(pdu) + 1, unit) + pdu


Behaviour = Callable[["ModbusPeer", Request], Iterable[Step]]


def with_crc(frame: bytes) -> bytes:
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return frame + struct.pack("<H", crc)


def register(unit: int, address: int) -> int:
    return (unit * 1000 + address) & 0xFFFF


def image(unit: int, start: int, count: int) -> bytes:
    """What a normal read of registers brings."""
    return b"".join(struct.pack(">H", register(unit, start + n)) for n in range(count))


def normal(peer: "ModbusPeer", request: Request) -> Iterable[Step]:
    yield peer.delay_s, request.wrap(peer.answer(request))


def silent(_: "ModbusPeer", __: Request) -> Iterable[Step]:
    return ()


def late(after_s: float) -> Behaviour:
    return lambda peer, request: [(after_s, request.wrap(peer.answer(request)))]


def exception(code: int) -> Behaviour:
    return lambda _, request: [(0.0, request.wrap(bytes((request.function | 0x80, code))))]


def sends(*steps: Step) -> Behaviour:
    return lambda _, __: steps


def garbled(peer: "ModbusPeer", request: Request) -> Iterable[Step]:
    frame = bytearray(request.wrap(peer.answer(request)))
    frame[-1] ^= 0x55
    yield 0.0, bytes(frame)


def halves(peer: "ModbusPeer", request: Request) -> Iterable[Step]:
    frame = request.wrap(peer.answer(request))
    middle = len(frame) // 2
    return [(0.0, frame[:middle]), (0.05, frame[middle:])]


def hangs_up_half_way(peer: "ModbusPeer", request: Request) -> Iterable[Step]:
    frame = request.wrap(peer.answer(request))
    return [(0.0, frame[: len(frame) // 2]), (0.01, None)]


class Talker(Protocol):
    """What sits at the other end of a wire."""

    def begin(self, wire: "Wire") -> Callable[[bytes], None]:
        """A stream was opened: returns what is to be called with each piece that comes in."""


class Wire(Protocol):
    def send(self, data: bytes) -> None: ...

    def hang_up(self) -> None: ...


class ModbusPeer:
    def __init__(self, units: Iterable[int] = (1,), *, delay_s: float = 0.0) -> None:
        self.units = set(units)
        self.delay_s = delay_s
        self.illegal: set[int] = set()
        self.requests: list[Request] = []
        self.rtu = False
        self.wires: list[Wire] = []
        self._asked = asyncio.Event()
        self._scripts: deque[Behaviour] = deque()
        self._behaviours: dict[int, Behaviour] = {}

    def script(self, *behaviours: Behaviour) -> None:
        self._scripts.extend(behaviours)

    def always(self, unit: int, behaviour: Behaviour) -> None:
        self._behaviours[unit] = behaviour

    def answer(self, request: Request) -> bytes:
        addresses = range(request.start, request.start + request.count)
        if self.illegal.intersection(addresses):
            return bytes((request.function | 0x80, 2))
        data = image(request.unit, request.start, request.count)
        if request.function <= 2:
            data = bytes((request.count + 7) // 8)
        return bytes((request.function, len(data))) + data

    def asked(self, unit: int) -> list[Request]:
        return [request for request in self.requests if request.unit == unit]

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(10):
            while len(self.requests) < times:
                self._asked.clear()
                await self._asked.wait()

    def begin(self, wire: Wire) -> Callable[[bytes], None]:
        self.wires.append(wire)
        heap = bytearray()

        def feed(data: bytes) -> None:
            heap.extend(data)
            while request := self._cut(heap):
                self._meet(wire, request)

        return feed

    def _cut(self, heap: bytearray) -> Request | None:
        size = 8 if self.rtu else 12
        if len(heap) < size:
            return None
        frame = bytes(heap[:size])
        del heap[:size]
        if self.rtu:
            assert with_crc(frame[:6]) == frame, f"a request with a wrong CRC: {frame.hex(' ')}"
            unit, function, start, count = struct.unpack(">BBHH", frame[:6])
            return Request(unit, function, start, count, None)
        transaction, _, _, unit, function, start, count = struct.unpack(">HHHBBHH", frame)
        return Request(unit, function, start, count, transaction)

    def _meet(self, wire: Wire, request: Request) -> None:
        self.requests.append(request)
        self._asked.set()
        behaviour = self._behaviours.get(request.unit, normal if request.unit in self.units else silent)
        if self._scripts:
            behaviour = self._scripts.popleft()
        play(wire, behaviour(self, request))


def play(wire: Wire, steps: Iterable[Step]) -> None:
    """Send each piece at its time; what has no delay goes at once."""
    for delay_s, data in steps:
        if delay_s == 0.0 and data is not None:
            wire.send(data)
        elif data is None:
            asyncio.get_running_loop().call_later(delay_s, wire.hang_up)
        else:
            asyncio.get_running_loop().call_later(delay_s, wire.send, data)


class _Connection(asyncio.Protocol):
    def __init__(self, talker: Talker, open_ones: set["_Connection"]) -> None:
        self._talker = talker
        self._open = open_ones

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._feed = self._talker.begin(self)
        self._open.add(self)

    def data_received(self, data: bytes) -> None:
        self._feed(data)

    def connection_lost(self, _: Exception | None) -> None:
        self._open.discard(self)

    def send(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def hang_up(self) -> None:
        self._transport.close()


class TcpWire:
    """A listening socket of 127.0.0.1; `stop` and `start` as a device loses power and gets it back."""

    def __init__(self, talker: Talker, port: int = 0) -> None:
        self.port = port
        self._talker = talker
        self._open: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self._talker, self._open), "127.0.0.1", self.port
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for connection in tuple(self._open):
            connection.hang_up()
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class PtyWire:
    """A serial adapter: a pseudo-terminal under a by-id name, which can be pulled out and put back."""

    def __init__(self, talker: Talker, folder: Path, name: str = "usb-FTDI_USB-RS485_A1-if00-port0") -> None:
        self.path = folder / "by-id" / name
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._talker = talker
        self._master: int | None = None

    def appear(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path.symlink_to(os.ttyname(slave))
        self._slave = slave  # held open: a master whose last slave is closed reads EIO
        os.set_blocking(self._master, False)
        feed = self._talker.begin(self)
        asyncio.get_running_loop().add_reader(self._master, self._read, feed)

    def vanish(self) -> None:
        assert self._master is not None
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._slave)
        os.close(self._master)
        self._master = None
        self.path.unlink()

    def _read(self, feed: Callable[[bytes], None]) -> None:
        assert self._master is not None
        feed(os.read(self._master, 4096))

    def send(self, data: bytes) -> None:
        if self._master is not None:
            os.write(self._master, data)

    def hang_up(self) -> None:
        self.vanish()

    async def __aenter__(self) -> Self:
        self.appear()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._master is not None:
            self.vanish()
