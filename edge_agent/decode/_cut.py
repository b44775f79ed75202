"""Takes the bytes of many fields out of an image with one call, each field's most significant byte first."""

import struct
from collections.abc import Iterable
from itertools import chain, pairwise
from operator import itemgetter

Positions = tuple[int, ...]
"""Where the bytes A, B, C, … of one field stand in an image."""


class Cut:
    """Pieces of an image.

    Where they follow one another with their bytes in order, `struct` skips what lies between; otherwise
    (another order, two fields in one word) the bytes are gathered first.
    """

    def __init__(self, pieces: list[Positions]) -> None:
        self._pieces = pieces
        flat = tuple(chain.from_iterable(pieces))
        self._in_place = all(low < high for low, high in pairwise(flat)) and all(
            piece[-1] - piece[0] == len(piece) - 1 for piece in pieces
        )
        # The first once more, because the itemgetter of a single item gives no tuple.
        self._gather = None if self._in_place else itemgetter(*flat, flat[0])

    def format(self, codes: Iterable[str]) -> struct.Struct:
        """What unpacks (`unpack_from`) the pieces from arranged bytes; one code a piece."""
        if not self._in_place:
            return struct.Struct(">" + "".join(codes))
        ends = (0, *(piece[-1] + 1 for piece in self._pieces[:-1]))
        gaps = (piece[0] - end for piece, end in zip(self._pieces, ends, strict=False))
        return struct.Struct(">" + "".join(f"{gap}x{code}" for gap, code in zip(gaps, codes, strict=True)))

    def arrange(self, image: bytes) -> bytes:
        """The bytes that `format` unpacks."""
        return image if self._gather is None else bytes(self._gather(image))
