"""Honeywell HPMA115S0 (standard) and HPMA115C0 (compact) dust sensors, serial 9600 8N1.

`68 01 04 93` only reads; auto-send is never switched. An instrument in auto-send mode (as it powers up) sends
its frame each second, one with it stopped answers. The block is the values alone, u16, high byte first:

    4 bytes (standard)   PM2.5, PM10              from 40 05 04 … cs, or from an auto-send frame
    8 bytes (compact)    PM1, PM2.5, PM4, PM10    from 40 0D 04 … cs; its auto-send frame is not read

An answer's bytes add up to a multiple of 256. The auto-send frame of the standard version has 32 bytes:
`42 4D 00 1C`, a reserved word, PM2.5, PM10, reserved, sum of all before it in 16 bits. Source: Honeywell
datasheet 32322550, tables 4, 5, 6; avaldebe/PyPMS. `96 96` is the negative answer: not measuring.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from edge_agent.drivers import Ask, RefusedError, _frames
from edge_agent.drivers._checksums import sum8_negated, sum16
from edge_agent.drivers._dialogue import Dialogue

_READ: Final = bytes.fromhex("68 01 04 93")
_NEGATIVE: Final = b"\x96\x96"


class _Form(Struct, frozen=True):
    """One kind of frame: how it begins, its length, its check, and the bytes that hold the values."""

    head: bytes
    length: int
    valid: Callable[[bytes], bool]
    values: slice


def _adds_up(frame: bytes) -> bool:
    return frame[-1] == sum8_negated(frame[:-1])


def _has_sum(frame: bytes) -> bool:
    return int.from_bytes(frame[-2:], "big") == sum16(frame[:-2])


_FORMS: Final = {
    4: (
        _Form(b"\x40\x05\x04", 8, _adds_up, slice(3, 7)),
        _Form(b"\x42\x4d\x00\x1c", 32, _has_sum, slice(6, 10)),
    ),
    8: (_Form(b"\x40\x0d\x04", 16, _adds_up, slice(3, 11)),),
}
"""By the length of the block."""


def _answer(ask: Ask, received: bytearray) -> bytes | None:
    if received == _NEGATIVE:
        raise RefusedError(_NEGATIVE[0])
    for form in _FORMS.get(ask.block.count, ()):
        if frame := _frames.take(received, form.head, form.length, form.valid):
            return frame[form.values]
    return None


DRIVER = Dialogue(question=lambda _: _READ, answer=_answer, sends_unasked=True)
