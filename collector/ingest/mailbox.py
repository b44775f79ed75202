"""Between the MQTT thread and the ingest thread: bounded; whoever puts waits until there is room."""

import threading
from collections import deque
from collections.abc import Callable

from msgspec import Struct

MAX_LETTERS = 2_000
MAX_BYTES = 64 * 1024 * 1024
GROUP_LETTERS = 200
GROUP_BYTES = 4 * 1024 * 1024


class Letter(Struct, frozen=True):
    """A message as it came, and what tells the broker that it is dealt with."""

    topic: str
    payload: bytes
    acknowledge: Callable[[], object]


class Mailbox:
    """A queue of letters, bounded in number and bytes; one letter always fits."""

    def __init__(self, max_letters: int = MAX_LETTERS, max_bytes: int = MAX_BYTES) -> None:
        self._max_letters = max_letters
        self._max_bytes = max_bytes
        self._letters: deque[Letter] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, letter: Letter) -> bool:
        """Wait for room and add a letter; False when the mailbox has been closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(letter))
            if self._closed:
                return False
            self._letters.append(letter)
            self._bytes += len(letter.payload)
            self._changed.notify_all()
            return True

    def take(
        self, timeout_s: float, max_letters: int = GROUP_LETTERS, max_bytes: int = GROUP_BYTES
    ) -> list[Letter]:
        """All that is waiting, at most so many letters and bytes (one always); empty after the timeout."""
        group: list[Letter] = []
        size = 0
        with self._changed:
            self._changed.wait_for(lambda: self._letters or self._closed, timeout_s)
            while self._letters and len(group) < max_letters:
                size += len(self._letters[0].payload)
                if group and size > max_bytes:
                    break
                group.append(self._letters.popleft())
            self._bytes -= sum(len(letter.payload) for letter in group)
            self._changed.notify_all()
        return group

    def close(self) -> None:
        """Let go of everyone who waits; nothing is added any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self, letter: Letter) -> bool:
        return not self._letters or (
            len(self._letters) < self._max_letters and self._bytes + len(letter.payload) <= self._max_bytes
        )
