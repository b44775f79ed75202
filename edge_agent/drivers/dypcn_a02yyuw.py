"""DYP-A02YYUW ultrasonic distance sensors, which send by themselves about ten times a second, 9600 8N1.

Nothing is sent to them. The block is one frame: `FF`, distance in mm (u16, high byte first), low byte of
the sum of these three. 30 mm or less is no distance. Sources: ESPHome a02yyuw; DFRobot SEN0311.
"""

from edge_agent.drivers import Ask, _frames
from edge_agent.drivers._checksums import sum8
from edge_agent.drivers._dialogue import Dialogue

FRAME_BYTES = 4
_HEAD = b"\xff"


def _is_valid(frame: bytes) -> bool:
    return frame[-1] == sum8(frame[:-1])


def _answer(_: Ask, received: bytearray) -> bytes | None:
    return _frames.take(received, _HEAD, FRAME_BYTES, _is_valid)


DRIVER = Dialogue(question=lambda _: b"", answer=_answer, sends_unasked=True)
