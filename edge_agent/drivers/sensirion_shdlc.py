"""Sensirion SPS30 dust sensor over UART (SHDLC), 115200 8N1.

The request `7E addr 03 00 sum 7E` reads measured values. The block is the 40 data bytes of its answer,
without flags and stuffing: ten f32, high byte first.

    0 4 8 12      16 20 24 28 32               36
    PM1 2.5 4 10  number of 0.5 1 2.5 4 10 µm  typical size       µg/m³, 1/cm³, µm

Frame: `7E addr command state length data sum 7E`; between the flags 7E, 7D, 11 and 13 are written as 7D and
the byte with bit 5 inverted; the sum is the inverted low byte of the sum of all before it. An empty answer
says that no new values are there yet (they come each second); a state other than 0 is a refusal, 0x43 of
them that the sensor is not measuring. To start it is a command that changes what it does, and is never
sent. Sources: Sensirion/embedded-uart-sps; avaldebe/PyPMS.
"""

from typing import Final

from edge_agent.drivers import Ask, BusyError, RefusedError
from edge_agent.drivers._dialogue import Dialogue

DATA_BYTES = 40
_READ: Final = 0x03
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


def _question(ask: Ask) -> bytes:
    content = bytes((ask.unit, _READ, 0))
    flag = bytes((_FLAG,))
    return flag + _stuffed(content + bytes((_sum(content),))) + flag


def _answer(ask: Ask, received: bytearray) -> bytes | None:
    low = received.find(_FLAG)
    while low >= 0 and (high := received.find(_FLAG, low + 1)) >= 0:
        content = _content(ask, bytes(received[low + 1 : high]))
        if content is not None:
            del received[: high + 1]
            return _data(content)
        low = high
    return None


def _content(ask: Ask, stuffed: bytes) -> bytes | None:
    """A whole, valid answer to this request without its sum."""
    whole = _unstuffed(stuffed)
    if whole is None or len(whole) <= _HEADER or whole[-1] != _sum(whole[:-1]):
        return None
    is_ours = whole[:2] == bytes((ask.unit, _READ)) and whole[3] == len(whole) - _HEADER - 1
    return whole[:-1] if is_ours and whole[3] in {0, DATA_BYTES} else None


def _data(content: bytes) -> bytes:
    if state := content[2]:
        raise RefusedError(state)
    if len(content) == _HEADER:
        raise BusyError("measuring; no new values yet")
    return content[_HEADER:]


DRIVER = Dialogue(question=_question, answer=_answer)
