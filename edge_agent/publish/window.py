"""Which batches to send now; pure.

The window is the oldest batches of the outbox. Each is sent once, and again when no receipt came in time:

- the collector has answered since it was sent: this one was lost on the way; send it again;
- it has not: it is away or slow. Send only one batch, the one sent longest ago, and double the wait: more
  would pile up in the broker and cost a mobile line its money. One answer, and the first rule sends the rest.

A batch that is never receipted takes one place of the window and holds up nothing.
"""

import math
from collections.abc import Sequence
from typing import Final

from edge_agent.samples import Pending

BATCHES: Final = 64
BYTES: Final = 1024 * 1024
LONGEST_S: Final = 60.0


class Window:
    """What is under way on one connection; times are seconds of any clock that never goes back."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._sent_s: dict[int, float] = {}
        """Number → when it was sent last; in that order."""
        self._answered_s = -math.inf
        self._probe_s = -math.inf
        self.silences = 0
        """How often in a row nobody answered in time."""

    def choose(self, oldest: Sequence[Pending], now_s: float) -> list[Pending]:
        """What to send now; it counts as sent.

        Args:
            oldest: the head of the outbox, at most `BATCHES` and `BYTES`.
            now_s: the time.
        """
        there = {one.seq for one in oldest}
        self._sent_s = {seq: at_s for seq, at_s in self._sent_s.items() if seq in there}
        again = self._again(now_s)
        chosen = [one for one in oldest if one.seq not in self._sent_s or one.seq in again]
        for one in chosen:
            self._sent_s.pop(one.seq, None)
            self._sent_s[one.seq] = now_s
        return chosen

    def answered(self, now_s: float) -> None:
        """The collector has receipted something."""
        self._answered_s = now_s
        self._probe_s = -math.inf
        self.silences = 0

    def wake_s(self) -> float | None:
        """When to choose again if nothing happens before; None: never."""
        return min((self._due_s(at_s) for at_s in self._sent_s.values()), default=None)

    def _due_s(self, sent_s: float) -> float:
        due_s = sent_s + self._timeout_s
        return due_s if sent_s < self._answered_s else max(due_s, self._probe_s)

    def _again(self, now_s: float) -> set[int]:
        due = [seq for seq, at_s in self._sent_s.items() if self._due_s(at_s) <= now_s]
        lost = {seq for seq in due if self._sent_s[seq] < self._answered_s}
        if lost or not due:
            return lost
        self.silences += 1
        self._probe_s = now_s + min(self._timeout_s * 2**self.silences, LONGEST_S)
        return set(due[:1])
