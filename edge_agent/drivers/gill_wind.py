"""Gill WindSonic wind sensors, Gill format, polar; each second by themselves or polled; 9600 8N1.

`?` and the unit's letter (unit 1…26 = A…Z; the factory's Q is 17) ask one that is set to polled mode; one
that is set to continuous mode sends its next line. Line: STX, `Q,229,002.74,M,00,`, ETX, two hex digits, CR
LF; the digits are the exclusive-or of all bytes between STX and ETX. The block:

    0 direction, i32, °   4 speed, i32, 0.01 of its unit   8 letter of the unit   9 status

The direction is left out below 0.05 m/s: `NOTHING` (`_text`). A profile must take bytes 8 and 9 for a
status: M is m/s (N knots, P mph, K km/h, F ft/min), and status 00 is good. Source: Gill manual
1405-PS-0019, sections 9.1, 9.3, 11.5; lsst-ts/ts_ess_common at d9bb7aa9.
"""

import re
from functools import reduce
from operator import xor
from typing import Final

from edge_agent.drivers import Ask
from edge_agent.drivers._dialogue import Dialogue
from edge_agent.drivers._text import NOTHING, number, take_line

_FIRST_LETTER: Final = ord("A") - 1
_LINE: Final = re.compile(rb"\x02(([A-Z]),(\d{3})?,(\d{3}\.\d{2}),([A-Z]),([0-9A-F]{2}),)\x03([0-9A-F]{2})\Z")


def _letter(unit: int) -> bytes:
    return bytes((_FIRST_LETTER + unit,))


def _question(ask: Ask) -> bytes:
    return b"?" + _letter(ask.unit)


def _answer(ask: Ask, received: bytearray) -> bytes | None:
    return take_line(received, lambda line: _meaning(line, _letter(ask.unit)))


def _meaning(line: bytes, letter: bytes) -> bytes | None:
    found = _LINE.search(line)
    if found is None or found[2] != letter or reduce(xor, found[1]) != int(found[7], 16):
        return None
    direction = number(found[3] or b"", 0) or NOTHING
    speed = number(found[4], 2) or NOTHING
    return direction + speed + found[5] + bytes((int(found[6], 16),))


DRIVER = Dialogue(question=_question, answer=_answer, sends_unasked=True)
