"""Vaisala WXT510, WXT520, WXT530 series weather transmitters, ASCII polled, 19200 8N1.

`<address>R0` asks for the composite message; the address is a digit or letter (unit 0…9, 10…35 = A…Z, 36…61
= a…z). `0R0,Dm=051D,Sm=0.1M,Ta=27.9C,Ua=39.4P,Pa=1003.2H,Rc=0.00M,Th=28.1C,Vh=0.0N`: items in any order,
each with the letter of its unit, `#` for an invalid value. The block has 5 bytes for each item of
`DECIMALS`, in that order: the number (`_text`), then the letter as it was sent. 0 as the letter: the
message has no such item, or one that is broken (`Dn=0m=032D` was seen in the field). A profile must take
the letter for a status: a value in another unit than it expects is then refused and not misread.

The message has no checksum. Sources: dwkennedy/wxt536; matthewwall/weewx-wxt5x0; Vaisala WXT530 user's
guide, ASCII protocol.
"""

import re
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

from edge_agent.drivers import Ask
from edge_agent.drivers._dialogue import Dialogue
from edge_agent.drivers._text import NOTHING, number, take_line

DECIMALS: Final = {
    b"Dn": 0,
    b"Dm": 0,
    b"Dx": 0,
    b"Sn": 1,
    b"Sm": 1,
    b"Sx": 1,
    b"Ta": 1,
    b"Tp": 1,
    b"Ua": 1,
    b"Pa": 1,
    b"Rc": 2,
    b"Rd": 0,
    b"Ri": 1,
    b"Rp": 1,
    b"Hc": 1,
    b"Hd": 0,
    b"Hi": 1,
    b"Hp": 1,
    b"Th": 1,
    b"Vh": 1,
    b"Vs": 1,
    b"Vr": 3,
}
"""What is delivered, in this order, and how many decimals the transmitter writes: direction min, mean, max;
speed likewise; air and internal temperature; humidity; pressure; rain sum, duration, intensity, peak; hail
likewise; heater temperature and voltage; supply and reference voltage.
"""
_ADDRESSES: Final = (digits + ascii_uppercase + ascii_lowercase).encode()
_ITEM: Final = re.compile(rb"([A-Z][a-z])=([-+.\d]+)([A-Za-z#])")
_MISSING: Final = NOTHING + b"\0"


def _head(unit: int) -> bytes:
    return _ADDRESSES[unit % len(_ADDRESSES)].to_bytes(1, "big") + b"R0"


def _question(ask: Ask) -> bytes:
    return _head(ask.unit) + b"\r\n"


def _answer(ask: Ask, received: bytearray) -> bytes | None:
    head = _head(ask.unit) + b","
    return take_line(received, lambda line: _meaning(line, head))


def _meaning(line: bytes, head: bytes) -> bytes | None:
    _, found, items = line.rpartition(head)
    if not found:
        return None
    given: dict[bytes, bytes] = {}
    for item in items.split(b","):
        if (parts := _ITEM.fullmatch(item)) and (value := number(parts[2], DECIMALS.get(parts[1], 0))):
            given[parts[1]] = value + parts[3]
    return b"".join(given.get(name, _MISSING) for name in DECIMALS) if given else None


DRIVER = Dialogue(question=_question, answer=_answer)
