"""Opening a serial line or a TCP connection, with one clear sentence when it cannot be done."""

import asyncio
import errno
import random
import socket
import termios
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from edge_agent.drivers import Framing
from edge_agent.drivers._holders import borrower, holder
from edge_agent.drivers._ports import OpenError, Stream, StreamPort
from edge_agent.settings import Link

CONNECT_S = 5.0
UNACKNOWLEDGED_MS = 10_000
"""A peer that vanished without a word is given up after so long, not after the kernel's 15 minutes."""
LOOK_EVERY_S = 1.0
"""How often the agent looks whether somebody wants to borrow a serial line."""
BY_ID = Path("/dev/serial/by-id")

_NO_PERMISSION = "permission denied; add the user to the group dialout: sudo usermod -aG dialout USER"
_SERIAL_CURES = {errno.EACCES: _NO_PERMISSION, errno.EPERM: _NO_PERMISSION}
_TAKEN = frozenset({errno.EAGAIN, errno.EBUSY})


def port_of(link: Link, rng: random.Random, *, lends: bool = False) -> StreamPort:
    """The port of a configured link, not open yet; one that `lends` is closed while somebody borrows it."""
    if link.host is not None:
        framing = Framing.RTU if link.rtu_over_tcp else Framing.MBAP
        return StreamPort(link.name, framing, partial(_open_tcp, link.host, link.tcp_port), rng)
    return StreamPort(link.name, Framing.RTU, partial(_lend if lends else _open_serial, link), rng)


async def _open_tcp(host: str, port: int, protocol: Callable[[], Stream]) -> Stream:
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(CONNECT_S):
            transport, stream = await asyncio.get_running_loop().create_connection(protocol, host, port)
    except TimeoutError:
        raise OpenError(f"{where}: silent for {CONNECT_S:g} s; is the device on, the network up?") from None
    except ConnectionRefusedError:
        raise OpenError(f"{where}: refused; is this the right port, is its server switched on?") from None
    except socket.gaierror:
        raise OpenError(f"{where}: no such host name; check `host`, or give its address") from None
    except OSError as error:
        raise OpenError(f"{where}: {error.strerror or error}; check `host` and the network") from None
    connection = transport.get_extra_info("socket")  # asyncio has set TCP_NODELAY by itself
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
    return stream


async def _lend(link: Link, protocol: Callable[[], Stream]) -> Stream:
    """Open a serial line when nobody borrows it, and let go of it when somebody does."""
    path = Path(link.port or "")
    while borrower(path) is not None:  # noqa: ASYNC110  another process ends it, which has no event here
        await asyncio.sleep(LOOK_EVERY_S)
    stream = await _open_serial(link, protocol)
    _watch(stream, path)
    return stream


def _watch(stream: Stream, path: Path) -> None:
    if not stream.open:
        return
    if (who := borrower(path)) is not None:
        stream.give_up(f"{path}: lent to {who}; it is opened again when that has ended")
        return
    asyncio.get_running_loop().call_later(LOOK_EVERY_S, _watch, stream, path)


async def _open_serial(link: Link, protocol: Callable[[], Stream]) -> Stream:
    import serial  # noqa: PLC0415  a gateway with TCP links only needs no serial library
    import serial_asyncio_fast  # noqa: PLC0415

    path = Path(link.port or "")
    try:
        _, stream = await serial_asyncio_fast.create_serial_connection(
            asyncio.get_running_loop(),
            cast("Callable[[], asyncio.Protocol]", protocol),
            str(path),
            baudrate=link.baud,
            bytesize=link.bytesize,
            parity=link.parity,
            stopbits=link.stopbits,
            exclusive=True,
        )
    except (serial.SerialException, OSError, ValueError) as error:
        raise OpenError(_serial_sentence(path, error)) from None
    except termios.error as error:
        asked = f"{link.baud} {link.bytesize}{link.parity}{link.stopbits}"
        raise OpenError(f"{path}: it does not take {asked} ({error.args[-1]}); set another line") from None
    await asyncio.sleep(0)  # pyserial-asyncio hands over the transport one turn of the loop later
    return cast("Stream", stream)


def _serial_sentence(path: Path, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return _missing(path)
    if number in _TAKEN:
        who = holder(path)
        return f"{path}: another program has it open{f', {who}' if who else ''}; only one may talk on a line"
    return f"{path}: {_SERIAL_CURES.get(number or 0, str(error))}"


def _missing(path: Path) -> str:
    folder = path.parent if path.parent.name == BY_ID.name else BY_ID
    there = sorted(str(entry) for entry in folder.glob("*"))
    if not there:
        return f"{path} is not there and there is no other serial adapter: plug it in"
    return f"{path} is not there: plug it in, or set `port` to one that is: {', '.join(there)}"
