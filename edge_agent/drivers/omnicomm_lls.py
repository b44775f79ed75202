"""Omnicomm LLS fuel level (and what copies it: Escort TD, DB-2), binary protocol, serial 19200 8N1.

Request `31 addr 06 crc8`; the block is the whole reply of 9 bytes:

    byte  0     1     2    3        4 5        6 7        8
          0x3E  addr  06   °C (i8)  level u16  freq u16   crc8      little-endian

The level counts from 0 to the maximum set at calibration. Sources: doc.omnicomm.ru/en/lls_integration
(protocol, binary); wikien.escortsensors.com TD-600. An Escort left without requests for 10 s starts to talk
ASCII by itself: that chatter is skipped.
"""

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import crc8_maxim
from edge_agent.samples import Block

FRAME_BYTES = 9
_REQUEST, _REPLY, _READ = 0x31, 0x3E, 0x06


def _is_valid(frame: bytes) -> bool:
    return frame[-1] == crc8_maxim(frame[:-1])


class _OmnicommLls:
    """One command; every reply looks alike, so after a timeout one reply is thrown away."""

    numbered = False

    def request(self, ask: Ask) -> bytes:
        head = bytes((_REQUEST, ask.unit, _READ))
        return head + bytes((crc8_maxim(head),))

    def take(self, ask: Ask, received: bytearray) -> bytes | None:
        return _frames.take(received, bytes((_REPLY, ask.unit, _READ)), FRAME_BYTES, _is_valid)

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:
        return blocks[0]


DRIVER = _OmnicommLls()
