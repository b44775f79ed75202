"""Davis Vantage Pro2 and Vue consoles, LOOP packets, 19200 8N1.

`LOOP 1` asks for one packet; the line feed before it wakes a console that sleeps (it does so after two
minutes without a word, so with longer periods the first request may be lost and the second be answered).
The block is the packet of 99 bytes as it comes: `LOO`, …, type 0 at 4, …, LF CR at 95, CRC at 97. Its
fields are little-endian; CRC-16/CCITT over all of it, high byte first, gives 0.

Sources: weewx/weewx vantage.py at 64f65470; Davis Vantage serial support 2.6.1; LionelDarras/PyVantagePro.
"""

from typing import Final

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import crc16_ccitt
from edge_agent.drivers._dialogue import Dialogue

FRAME_BYTES = 99
_QUESTION: Final = b"\nLOOP 1\n"
_HEAD: Final = b"LOO"
_TYPE_AT, _END_AT = 4, slice(95, 97)


def _is_valid(frame: bytes) -> bool:
    return frame[_TYPE_AT] == 0 and frame[_END_AT] == b"\n\r" and crc16_ccitt(frame) == 0


def _answer(_: Ask, received: bytearray) -> bytes | None:
    return _frames.take(received, _HEAD, FRAME_BYTES, _is_valid)


DRIVER = Dialogue(question=lambda _: _QUESTION, answer=_answer)
