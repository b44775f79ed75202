"""Plantower PMSx003 dust sensors with frames of 32 bytes, serial 9600 8N1.

The passive read command `42 4D E2 00 00 01 71` only reads; the mode is never set. An instrument in passive
mode answers it, one in active mode ignores it and sends its next frame; old input was thrown away before,
so either way the first whole, valid frame is a fresh one. The block is that frame:

    byte  0 1    2 3        4 6 8                10 12 14               16 … 27         30 31
          42 4D  length 28  PM1 2.5 10, CF = 1   PM1 2.5 10, ambient    counts / 0.1 l  sum   (u16 BE)

The sum is that of all bytes before it. Source: avaldebe/PyPMS; ESPHome pmsx003.
"""

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import sum16
from edge_agent.samples import Block

FRAME_BYTES = 32
_READ = bytes.fromhex("42 4D E2 00 00 01 71")
_HEAD = b"\x42\x4d\x00\x1c"


def _is_valid(frame: bytes) -> bool:
    return int.from_bytes(frame[-2:], "big") == sum16(frame[:-2])


class _PlantowerPms:
    """Passive or active, the same frame; the instrument has no address of its own on the line."""

    numbered = False

    def request(self, ask: Ask) -> bytes:  # noqa: ARG002  the command is the same for all
        return _READ

    def take(self, ask: Ask, received: bytearray) -> bytes | None:  # noqa: ARG002  one instrument a line
        return _frames.take(received, _HEAD, FRAME_BYTES, _is_valid)

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:  # noqa: ARG002  a frame is fresh by itself
        return None


DRIVER = _PlantowerPms()
