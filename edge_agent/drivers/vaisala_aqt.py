"""Vaisala AQT530 and AQT560 air quality transmitters that send lines by themselves, ASCII, 115200 8N1.

Nothing is sent to them. A line has a time, values, the names of those values, and the uptime:

    2023-04-28T21:35:32,22.2,24.9,984.1,0.020,…,0.6,T:H:P:NO2:…:PM10,20328

Which values there are, and in what order, is the transmitter's set-up, so they are found by name. The block
is twelve numbers (`_text`), `NOTHING` for what the line does not have:

    0 T  4 H  8 P  |  12 NO2  16 NO  20 CO  24 O3  28 SO2  32 H2S  |  36 PM1  40 PM2.5  44 PM10
    0.1 °C, %RH, hPa  0.001 ppm                                       0.1 µg/m³

The line has no checksum and no unit; it is taken only when it is whole: as many values as names, no name
twice, every value a number. A digit that is lost on the line cannot be seen. Source: jrobrien91/waggle-aqt
at e0652153.
"""

import re
from typing import Final

from edge_agent.drivers import Ask
from edge_agent.drivers._dialogue import Dialogue
from edge_agent.drivers._text import NOTHING, number, take_line

DECIMALS: Final = {
    b"T": 1,
    b"H": 1,
    b"P": 1,
    b"NO2": 3,
    b"NO": 3,
    b"CO": 3,
    b"O3": 3,
    b"SO2": 3,
    b"H2S": 3,
    b"PM1": 1,
    b"PM2.5": 1,
    b"PM10": 1,
}
"""What is delivered, in this order, and how many decimals the transmitter writes."""
_LINE: Final = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d,([^:]+),([A-Z][A-Z0-9.]*(?::[A-Z0-9.]+)*),\d+\Z")


def _meaning(line: bytes) -> bytes | None:
    if (found := _LINE.search(line)) is None:
        return None
    texts, names = found[1].split(b","), found[2].split(b":")
    if not len(texts) == len(names) == len(set(names)):
        return None
    given = {name: number(text, DECIMALS.get(name, 0)) for name, text in zip(names, texts, strict=True)}
    if None in given.values():
        return None
    return b"".join(given.get(name) or NOTHING for name in DECIMALS)


def _answer(_: Ask, received: bytearray) -> bytes | None:
    return take_line(received, _meaning)


DRIVER = Dialogue(question=lambda _: b"", answer=_answer, sends_unasked=True)
