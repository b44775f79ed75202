"""Drivers: one protocol a file, over a byte stream that somebody else keeps open.

The folder is the registry: a file `<protocol>.py` here that exposes `DRIVER` is the driver of the profiles
that say `protocol = "<protocol>"`. Files that begin with an underscore are the parts drivers share.

A driver only turns a request into bytes and a heap of received bytes into an answer; it never waits, never
opens anything and never writes a setting into an instrument. `_exchange` does the waiting, `_ports` owns
the streams. Most protocols answer each request by itself: `Driver`. Where an instrument wants to be greeted
or told what it will be asked, one block takes several steps: `Session`.

    DriverError             what went wrong with one request; the class says what to do next
    ├ NoAnswerError         leave the line quiet for a moment, then back the device off
    │ ├ GarbledError        the same, but count it apart: something did talk, and no valid frame came out
    │ └ BusyError           the device is alive and asks for time: ask once more, no back-off
    ├ RefusedError          the device is alive: do not ask these registers again soon
    └ LinkDownError         the stream is gone: do not ask anybody on it until it is back
"""

import importlib
import pkgutil
from collections.abc import Callable, Generator
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from edge_agent.samples import Block


class DriverError(Exception):
    """One request that brought no data."""


class NoAnswerError(DriverError):
    """Nothing that answers the request came in time."""


class GarbledError(NoAnswerError):
    """Bytes came in time, but no valid frame: noise, a collision, wrong line settings."""


class BusyError(NoAnswerError):
    """The device said that it is busy (Modbus exceptions 5 and 6)."""


class RefusedError(DriverError):
    """The device answered that it will not (Modbus exceptions); `code` is its reason."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with exception {code}")
        self.code = code


class LinkDownError(DriverError):
    """The stream is closed, or was closed while waiting; it is being opened again."""


class UnknownProtocolError(ValueError):
    """A profile names a protocol for which there is no driver."""


class Framing(StrEnum):
    """How Modbus PDUs are wrapped on a stream; the other protocols bring frames of their own."""

    MBAP = "mbap"
    """Modbus TCP: a header with a transaction number, so that a late answer is recognised."""
    RTU = "rtu"
    """Serial lines and serial servers: no transaction number, gaps and quiet times count."""


class Ask(Struct, frozen=True):
    """One request: which block of which unit, as the `transaction`-th on this stream (0…65535)."""

    framing: Framing
    unit: int
    block: Block
    transaction: int = 0
    password: bytes = b""
    """What opens the instrument for reading; protocols without passwords do not look at it."""


class Driver(Protocol):
    """One protocol: pure functions between requests and bytes."""

    numbered: bool
    """Whether it knows `Framing.MBAP`; the others speak their own frames on any stream."""

    def request(self, ask: Ask) -> bytes:
        """The bytes to send; a read, never a write."""

    def take(self, ask: Ask, received: bytearray) -> bytes | None:
        """Take the answer to `ask` out of what was received, or None when it is not there (yet).

        Whole valid frames that answer something else are taken out and forgotten; what is left over at the
        deadline is what could not be understood. The data has the shape `Answer` promises.

        Raises:
            RefusedError, BusyError, NoAnswerError: the device, or a gateway for it, said so.
            LinkDownError: the stream has lost its step and must be opened anew.
        """

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:
        """What to read, and throw away, after a timeout before the same device is believed again.

        Its answer cannot be mistaken for an answer to any of `blocks`, so that it proves late answers to have
        passed. None: every frame is a fresh one by itself.
        """


class Step(Struct, frozen=True):
    """One exchange of a session: bytes to send, and how their answer is taken; see `Driver.take`."""

    send: bytes
    take: Callable[[bytearray], bytes | None]


Steps = Generator[Step, bytes, bytes]
"""Yields a step, is sent its answer, and returns the data of the block in the end; raises as `take` does."""


class Session(Struct, frozen=True, kw_only=True):
    """A protocol in which one block may take several exchanges with an instrument that remembers them.

    It keeps no state between blocks: what the instrument has forgotten, its answers tell.
    """

    read: Callable[[Ask], Steps]
    most_steps: int
    """So many exchanges a block takes at most."""
    proof: Callable[[tuple[Block, ...]], Block | None]
    """See `Driver.resync`."""
    numbered: bool = False

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:
        """See `Driver.resync`."""
        return self.proof(blocks)


class Port(Protocol):
    """A byte stream to the devices of one link; it opens itself again for ever (`keep_open`)."""

    framing: Framing
    received: bytearray
    """What has come in and was not taken yet."""

    @property
    def heard(self) -> int:
        """How many bytes have come in since the stream was opened."""

    @property
    def up(self) -> bool:
        """Whether bytes can be sent now."""

    def write(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            LinkDownError: it is closed.
        """

    async def more(self, until: float) -> bool:
        """Wait for further bytes; False when there were none until then (seconds of the loop's clock).

        Raises:
            LinkDownError: it is, or was, closed meanwhile.
        """

    def reopen(self, reason: str) -> None:
        """Close the stream because it makes no sense any more; `keep_open` opens it again."""

    async def keep_open(self) -> None:
        """Open the stream, and again whenever it is lost, until cancelled; on leaving it is closed."""


def find(protocol: str) -> Driver | Session:
    """The driver of a protocol.

    Raises:
        UnknownProtocolError: there is no such file; the known ones are named.
    """
    known = protocols()
    if protocol not in known:
        raise UnknownProtocolError(f"no driver for protocol {protocol!r}; known: {', '.join(known)}")
    driver: Driver | Session = importlib.import_module(f"{__name__}.{protocol}").DRIVER
    return driver


def protocols() -> tuple[str, ...]:
    """The names of all drivers."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))
