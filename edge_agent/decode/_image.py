"""The answers of a poll as one run of bytes, and where a field stands in it.

blocks     [0 ····· 9] [40 ·· 43]   (the second: no answer)   [100 ··· 105]
image      0 ······· 19                                       20 ········ 31
"""

from collections.abc import Sequence

from msgspec import Struct

from edge_agent.decode._cut import Positions
from edge_agent.decode._places import Place, width
from edge_agent.samples import Answer, Block, Fault
from sensor_profiles.model import BITS, Space
from wire.messages import Quality

Asked = tuple[tuple[Block, Fault | None], ...]
"""The blocks of a poll, and why one has no bytes."""


class _Part(Struct, frozen=True):
    """A block: `low` to `high` in bytes of its space, from `base` in the image unless it has a fault."""

    block: Block
    fault: Fault | None
    low: int
    high: int
    base: int


class Image:
    """Joins answers that have these blocks and these faults."""

    def __init__(self, asked: Asked) -> None:
        self._parts: list[_Part] = []
        base = 0
        for block, fault in asked:
            wide = width(block.space)
            low = block.start * wide
            high = low + (block.count if block.space is Space.ITEM else block.count * wide)
            self._parts.append(_Part(block, fault, low, high, base))
            base += 0 if fault else high - low
        self._bits = [part.block.space in BITS for part in self._parts]
        self._as_it_is = len(self._parts) == 1 and not self._bits[0] and not self._parts[0].fault

    def join(self, answers: Sequence[Answer]) -> bytes:
        """The image of these answers."""
        if self._as_it_is:
            return answers[0].data
        return b"".join(
            _spread(answer.data, answer.block.count) if bits else answer.data
            for answer, bits, part in zip(answers, self._bits, self._parts, strict=True)
            if not part.fault
        )

    def find(self, place: Place) -> Positions | Quality:
        """Where a field stands in the image, or why it has no bytes.

        The block must cover it whole: halves of two answers were not measured together.
        """
        near = [p for p in self._parts if p.block.space is place.space and _touch(p, place)]
        for part in near:
            if not part.fault and part.low <= place.start and place.end <= part.high:
                return tuple(part.base + place.start - part.low + offset for offset in place.order)
        return next((Quality(p.fault.value) for p in near if p.fault), Quality.BAD_REFUSED)


def fault_of(answer: Answer) -> Fault | None:
    """Why an answer has no bytes; one with more or fewer than its block says is garbled."""
    if answer.fault or len(answer.data) == _length(answer.block):
        return answer.fault
    return Fault.GARBLED


def _length(block: Block) -> int:
    if block.space is Space.ITEM:
        return block.count
    return (block.count + 7) // 8 if block.space in BITS else block.count * width(block.space)


def _touch(part: _Part, place: Place) -> bool:
    return part.low < place.end and place.start < part.high


def _spread(data: bytes, count: int) -> bytes:
    """One byte, 0 or 1, for each of the first `count` bits; the first is in the lowest position."""
    number = int.from_bytes(data, "little")
    return bytes(number >> n & 1 for n in range(count))
