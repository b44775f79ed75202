"""What tests of protocols that answer step by step share: bytes in pieces, and what is made of them."""

import itertools
from collections.abc import Iterable, Iterator

from edge_agent.drivers import DriverError, Step


def blocks_of(step: Step, pieces: Iterable[bytes]) -> list[bytes]:
    """Every block that comes out; a refusal ends the listening, as it does on a line."""
    received, found = bytearray(), []
    for piece in pieces:
        received += piece
        try:
            while (block := step.take(received)) is not None:
                found.append(block)
        except DriverError:
            received.clear()
    return found


def cut(stream: bytes, at: Iterable[int]) -> Iterator[bytes]:
    """A stream in pieces, cut at these places."""
    edges = [0, *sorted(at), len(stream)]
    return (stream[a:b] for a, b in itertools.pairwise(edges))
