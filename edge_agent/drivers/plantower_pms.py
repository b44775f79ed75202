"""Plantower dust sensors (PMS3003, 5003, 7003, A003, 5003T, 5003S, 5003ST), serial 9600 8N1.

The passive read command `42 4D E2 00 00 01 71` only reads; the mode is never set. An instrument in passive
mode answers it, one in active mode ignores it and sends its next frame; old input was thrown away before,
so either way the first whole, valid frame is a fresh one. The block is that frame, as long as the profile
says:

    byte  0 1    2 3      4 6 8                10 12 14               16 …            last two
          42 4D  length   PM1 2.5 10, CF = 1   PM1 2.5 10, ambient    by the model    sum     (u16 BE)

24 bytes (length 20): PMS3003. 32 bytes (length 28): counts per 0.1 l from 16; T, S put other quantities
into some of these places. 40 bytes (length 36): PMS5003ST. The sum is that of all bytes before it. Source:
avaldebe/PyPMS; ESPHome pmsx003.
"""

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import sum16
from edge_agent.drivers._dialogue import Dialogue

_READ = bytes.fromhex("42 4D E2 00 00 01 71")
_START = b"\x42\x4d"
_HEAD_BYTES = 4


def _is_valid(frame: bytes) -> bool:
    return int.from_bytes(frame[-2:], "big") == sum16(frame[:-2])


def _answer(ask: Ask, received: bytearray) -> bytes | None:
    length = ask.block.count
    head = _START + (length - _HEAD_BYTES).to_bytes(2, "big")
    return _frames.take(received, head, length, _is_valid)


DRIVER = Dialogue(question=lambda _: _READ, answer=_answer, sends_unasked=True)
