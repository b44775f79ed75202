"""Winsen electrochemical gas modules that upload by themselves each second (ZE07, ZE08, ZE03), 9600 8N1.

They do so as they leave the factory; nothing is sent and the mode is never set. The block is one frame:

    byte  0   1    2     3         4 5      6 7          8
          FF  gas  unit  decimals  value    full scale   sum     u16, high byte first

`gas` 0x02 NH3, 0x03 H2S, 0x04 CO, 0x05 O2, 0x06 H2, 0x17 CH2O, 0x2A O3, 0x2B SO2, 0x2C NO, 0x31 Cl2, 0x33 HF;
`unit` 0x03 ppm, 0x04 ppb. A profile must take gas, unit and decimals for a status, so that a module of
another make is refused and not misread: sources disagree about the decimals of the same model.
The sum makes the bytes 1…8 add up to a multiple of 256. Sources: Winsen manual ZE07-CO V1.2; a ZE03 driver.
"""

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import sum8_negated
from edge_agent.drivers._dialogue import Dialogue

FRAME_BYTES = 9
_HEAD = b"\xff"
_GASES = frozenset(b"\x02\x03\x04\x05\x06\x17\x2a\x2b\x2c\x31\x33")
_UNITS = frozenset(b"\x03\x04")


def _is_valid(frame: bytes) -> bool:
    return frame[1] in _GASES and frame[2] in _UNITS and frame[-1] == sum8_negated(frame[1:-1])


def _answer(_: Ask, received: bytearray) -> bytes | None:
    return _frames.take(received, _HEAD, FRAME_BYTES, _is_valid)


DRIVER = Dialogue(question=lambda _: b"", answer=_answer, sends_unasked=True)
