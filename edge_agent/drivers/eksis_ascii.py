"""Eksis IVTM-7 humidity and temperature instruments, their maker's own ASCII protocol, serial 9600 8N1.

An instrument shows its memory: `$0001RR000008` sum CR asks unit 1 for 8 bytes from address 0, and it answers
`!0001RR` 16 hexadecimal digits, sum CR. The block is those bytes, from the block's start:

    0 °C  4 %RH  8 pressure (f32, low byte first; the last only where it is fitted)  …  28 errors (u32)

All numbers are upper-case hexadecimal; the sum is the low byte of the sum of all characters before it. The
answer does not say from which address it is, so a profile reads in one block what it wants. `?0001RR` sum CR
is a refusal: more bytes than the instrument gives at once (64 in the firmware that is public).

Sources: wirenboard/wb-mqtt-serial, src/devices/ivtm_device.cpp and its captured frames; firmware of the
IVTM-7 M2…M7, MaksimChuprin/IVTM7 rs_exch.c, which reads with `RR` and also knows writes, never sent here.
"""

from typing import Final

from edge_agent.drivers import Ask, RefusedError, _frames
from edge_agent.drivers._checksums import sum8
from edge_agent.drivers._dialogue import Dialogue

_SUM_AND_END: Final = 3
_REFUSAL: Final = b"?"


def _question(ask: Ask) -> bytes:
    text = b"$%04XRR%04X%02X" % (ask.unit, ask.block.start, ask.block.count)
    return text + b"%02X\r" % sum8(text)


def _answer(ask: Ask, received: bytearray) -> bytes | None:
    head = b"!%04XRR" % ask.unit
    if frame := _frames.take(received, head, len(head) + 2 * ask.block.count + _SUM_AND_END, _is_valid):
        return bytes.fromhex(frame[len(head) : -_SUM_AND_END].decode())
    refusal = _REFUSAL + head[1:]
    if _frames.take(received, refusal, len(refusal) + _SUM_AND_END, _is_valid):
        raise RefusedError(_REFUSAL[0])
    return None


def _is_valid(frame: bytes) -> bool:
    return _is_hexadecimal(frame[7:-1]) and frame.endswith(b"%02X\r" % sum8(frame[:-_SUM_AND_END]))


def _is_hexadecimal(text: bytes) -> bool:
    return not text.translate(None, b"0123456789ABCDEF")


DRIVER = Dialogue(question=_question, answer=_answer)
