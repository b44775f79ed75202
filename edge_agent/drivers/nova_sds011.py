"""Nova SDS011, SDS018, SDS021 dust sensors, serial 9600 8N1.

The query (`AA B4 04 …`, 19 bytes) only reads; nothing is ever set. An instrument in query mode answers it;
one that streams by itself every second sends its next frame: old input was thrown away before the query, so
either way the first whole, valid frame is a fresh one. The block is that frame of 10 bytes:

    byte  0   1   2 3         4 5        6 7  8    9
          AA  C0  PM2.5 u16   PM10 u16   id   sum  AB     little-endian, 0.1 µg/m³; sum over bytes 2…7

Sources: ESPHome sds011; avaldebe/PyPMS sds01x.py.
"""

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import sum8
from edge_agent.samples import Block

FRAME_BYTES = 10
_QUERY = bytes.fromhex("AA B4 04 00 00 00 00 00 00 00 00 00 00 00 00 FF FF 02 AB")
_HEAD = b"\xaa\xc0"
_TAIL = 0xAB


def _is_valid(frame: bytes) -> bool:
    return frame[9] == _TAIL and frame[8] == sum8(frame[2:8])


class _NovaSds011:
    """Query or stream, the same frame; the instrument has no address of its own on the line."""

    numbered = False

    def request(self, ask: Ask) -> bytes:  # noqa: ARG002  the query is the same for all
        return _QUERY

    def take(self, ask: Ask, received: bytearray) -> bytes | None:  # noqa: ARG002  one instrument a line
        return _frames.take(received, _HEAD, FRAME_BYTES, _is_valid)

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:  # noqa: ARG002  a frame is fresh by itself
        return None


DRIVER = _NovaSds011()
