"""Sensirion SPS30 dust sensor over UART (SHDLC), 115200 8N1.

The request `7E addr 03 00 sum 7E` reads measured values. The block is the 40 data bytes of its answer,
without flags and stuffing: ten f32, high byte first.

    0 4 8 12      16 20 24 28 32               36
    PM1 2.5 4 10  number of 0.5 1 2.5 4 10 µm  typical size       µg/m³, 1/cm³, µm

Frame: `7E addr command state length data sum 7E`; between the flags 7E, 7D, 11 and 13 are written as 7D and
the byte with bit 5 inverted; the sum is the inverted low byte of the sum of all before it. An empty answer
says that no new values are there yet (they come each second); a state other than 0 is a refusal.

State 0x43 says that the sensor is idle, as it is after power-up: it measures nothing until it is told to.
Then, and only then, `7E addr 00 02 01 03 sum 7E` (start, values as f32) is sent. It is no setting: the
sensor forgets it with the power. Sources: Sensirion/embedded-uart-sps; avaldebe/PyPMS.
"""

from functools import partial
from typing import Final

from edge_agent.drivers import Ask, BusyError, RefusedError, Session, Step, Steps

DATA_BYTES = 40
_START, _READ = 0x00, 0x03
_AS_FLOATS: Final = b"\x01\x03"
_IDLE: Final = 0x43
_FLAG, _ESCAPE, _BIT_5 = 0x7E, 0x7D, 0x20
_ESCAPED: Final = frozenset(b"\x7e\x7d\x11\x13")
_HEADER: Final = 4
"""Address, command, state, length."""


def _sum(content: bytes) -> int:
    return ~sum(content) & 0xFF


def _stuffed(content: bytes) -> bytes:
    return b"".join(bytes((_ESCAPE, b ^ _BIT_5)) if b in _ESCAPED else bytes((b,)) for b in content)


def _unstuffed(content: bytes) -> bytes | None:
    """The bytes that were meant; None when the last one is missing."""
    parts = content.split(bytes((_ESCAPE,)))
    if not all(parts[1:]):
        return None
    return parts[0] + b"".join(bytes((part[0] ^ _BIT_5,)) + part[1:] for part in parts[1:])


def _step(ask: Ask, command: int, sent: bytes, answered: frozenset[int]) -> Step:
    """A command with its data, and the lengths its answer can have."""
    content = bytes((ask.unit, command, len(sent))) + sent
    flag = bytes((_FLAG,))
    head = bytes((ask.unit, command))
    return Step(flag + _stuffed(content + bytes((_sum(content),))) + flag, partial(_take, head, answered))


def _take(head: bytes, lengths: frozenset[int], received: bytearray) -> bytes | None:
    low = received.find(_FLAG)
    while low >= 0 and (high := received.find(_FLAG, low + 1)) >= 0:
        content = _content(head, lengths, bytes(received[low + 1 : high]))
        if content is not None:
            del received[: high + 1]
            return _data(content)
        low = high
    return None


def _content(head: bytes, lengths: frozenset[int], stuffed: bytes) -> bytes | None:
    """A whole, valid answer to this command without its sum."""
    whole = _unstuffed(stuffed)
    if whole is None or len(whole) <= _HEADER or whole[-1] != _sum(whole[:-1]):
        return None
    is_ours = whole[:2] == head and whole[3] == len(whole) - _HEADER - 1
    return whole[:-1] if is_ours and whole[3] in lengths else None


def _data(content: bytes) -> bytes:
    if state := content[2]:
        raise RefusedError(state)
    return content[_HEADER:]


def _read(ask: Ask) -> Steps:
    reading = _step(ask, _READ, b"", frozenset((0, DATA_BYTES)))
    try:
        data = yield reading
    except RefusedError as refusal:
        if refusal.code != _IDLE:
            raise
        yield _step(ask, _START, _AS_FLOATS, frozenset((0,)))
        data = yield reading
    if not data:
        raise BusyError("measuring; no new values yet")
    return data


DRIVER = Session(read=_read, most_steps=3, proof=lambda blocks: blocks[0])
