"""Omnicomm LLS fuel level (and what copies it: Escort TD, DB-2), binary protocol, serial 19200 8N1.

Request `31 addr command crc8`; the block is the whole reply, and its length says which command is meant:

    byte  0     1     2    3        4 5        6 7        8
          0x3E  addr  06   °C (i8)  level u16  freq u16   crc8      little-endian

    byte  0     1     2    3        4 5        6 … 9      10 … 13    14 … 17   18 19       20 … 22  23
          0x3E  addr  F0   °C (i8)  level u16  raw u32    empty u32  full u32  factor u16  unknown  crc8

The level counts from 0 to the maximum set at calibration; F0 is Escort's own. Sources: doc.omnicomm.ru/en/
lls_integration (protocol, binary); wikien.escortsensors.com TD-600; wirenboard/wb-mqtt-serial,
test/lls_test.cpp (F0). An Escort left without requests for 10 s starts to talk ASCII by itself: that chatter
is skipped.
"""

from typing import Final

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import crc8_maxim
from edge_agent.samples import Block

_REQUEST, _REPLY = 0x31, 0x3E
_READ: Final = 0x06
_COMMANDS: Final = {9: _READ, 24: 0xF0}
"""By the length of the reply."""


def _is_valid(frame: bytes) -> bool:
    return frame[-1] == crc8_maxim(frame[:-1])


def _command(block: Block) -> int:
    return _COMMANDS.get(block.count, _READ)


class _OmnicommLls:
    """Every reply to a command looks alike, so after a timeout one reply is thrown away."""

    numbered = False

    def request(self, ask: Ask) -> bytes:
        head = bytes((_REQUEST, ask.unit, _command(ask.block)))
        return head + bytes((crc8_maxim(head),))

    def take(self, ask: Ask, received: bytearray) -> bytes | None:
        head = bytes((_REPLY, ask.unit, _command(ask.block)))
        return _frames.take(received, head, ask.block.count, _is_valid)

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:
        return blocks[0]


DRIVER = _OmnicommLls()
