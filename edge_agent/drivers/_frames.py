"""Frames of a fixed length that begin with fixed bytes, found in a stream that may hold anything else."""

from collections.abc import Callable


def take(received: bytearray, head: bytes, length: int, valid: Callable[[bytes], bool]) -> bytes | None:
    """Take the first valid frame out of the stream with whatever stood before it; None: not there yet.

    A head whose frame is incomplete does not end the search: it may be noise before the real one. A frame
    that is whole but not valid is passed over byte by byte, because a true one may begin inside it.
    """
    start = received.find(head)
    while 0 <= start <= len(received) - length:
        frame = bytes(received[start : start + length])
        if valid(frame):
            del received[: start + length]
            return frame
        start = received.find(head, start + 1)
    return None
