"""Drivers that are no more than a question and how its answer is found: most small serial instruments."""

from collections.abc import Callable

from msgspec import Struct

from edge_agent.drivers import Ask
from edge_agent.samples import Block


class Dialogue(Struct, frozen=True, kw_only=True):
    """One question, one answer.

    `sends_unasked` is for instruments that (also) stream: old input is thrown away before a question, so
    whatever comes is fresh. The answers of the others all look alike: after a timeout one is thrown away.
    """

    question: Callable[[Ask], bytes]
    answer: Callable[[Ask, bytearray], bytes | None]
    """Takes the answer out of what was received; see `Driver.take`."""
    sends_unasked: bool = False
    numbered: bool = False

    def request(self, ask: Ask) -> bytes:
        """The question; empty for an instrument that only streams."""
        return self.question(ask)

    def take(self, ask: Ask, received: bytearray) -> bytes | None:
        """See `Driver.take`."""
        return self.answer(ask, received)

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:
        """See `Driver.resync`."""
        return None if self.sends_unasked else blocks[0]
