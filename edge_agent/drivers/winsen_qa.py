"""Winsen modules in question-and-answer mode (ZH03B, ZH06, ZE08-CH2O, MH-Z19B), serial 9600 8N1.

The question `FF 01 86 00 00 00 00 00 79` only reads; the mode is never set. The block is the answer:

    byte  0   1   2 … 7   8
          FF  86  data    sum        sum: what makes the bytes 1…8 add up to a multiple of 256

What the data are depends on the model. Sources: Winsen manuals of ZE07-CH2O (V1.8) and MH-Z19B;
avaldebe/PyPMS.
"""

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import sum8_negated
from edge_agent.drivers._dialogue import Dialogue

FRAME_BYTES = 9
_READ = bytes.fromhex("FF 01 86 00 00 00 00 00 79")
_HEAD = b"\xff\x86"


def _is_valid(frame: bytes) -> bool:
    return frame[-1] == sum8_negated(frame[1:-1])


def _answer(_: Ask, received: bytearray) -> bytes | None:
    return _frames.take(received, _HEAD, FRAME_BYTES, _is_valid)


DRIVER = Dialogue(question=lambda _: _READ, answer=_answer)
