"""Which commands are sent now; pure.

To a gateway that is there at once, and again while it does not answer, ever more rarely; to one that comes
back at once. Of the commands of one kind to a gateway only the oldest is under way: sent again after a later
one was obeyed, it would undo it.
"""

from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct

from collector.commands.entry import Entry
from wire.topics import Gateway

FIRST_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 60.0


class _Sent(Struct, frozen=True):
    at_s: float
    times: int


class Telling:
    """What was sent to whom since the start; forgotten with the process, then all is sent once more."""

    def __init__(self) -> None:
        self._sent: dict[str, _Sent] = {}

    def due(self, waiting: Iterable[Entry], online: Collection[Gateway], now_s: float) -> list[Entry]:
        """What to send now; it counts as sent.

        Args:
            waiting: commands that were not answered, the oldest first.
            online: the gateways that are there.
            now_s: seconds of any clock that never goes back.
        """
        under_way = [entry for entry in _oldest(waiting) if entry.gateway in online]
        before = {entry.command.id: self._sent.get(entry.command.id) for entry in under_way}
        chosen = [entry for entry in under_way if _is_due(before[entry.command.id], now_s)]
        self._sent = {number: sent for number, sent in before.items() if sent}
        for entry in chosen:
            sent = before[entry.command.id]
            self._sent[entry.command.id] = _Sent(now_s, sent.times + 1 if sent else 1)
        return chosen


def _oldest(waiting: Iterable[Entry]) -> Iterable[Entry]:
    """The first of each kind to each gateway."""
    first: dict[tuple[Gateway, type], Entry] = {}
    for entry in waiting:
        first.setdefault((entry.gateway, type(entry.command.order)), entry)
    return first.values()


def _is_due(sent: _Sent | None, now_s: float) -> bool:
    wait_s = min(FIRST_WAIT_S * 2 ** min(sent.times - 1, 10), LONGEST_WAIT_S) if sent else 0.0
    return sent is None or now_s >= sent.at_s + wait_s
