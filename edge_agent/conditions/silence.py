"""Who on a link answers: is one device silent, or the whole link?

A device that misses its polls is called silent only once its neighbours have been heard since it began;
until then it may be the link. A link that was told silent is not back with the first answer: on a disturbed
line one of twenty gets through, and each would end the alarm and begin another. One of its devices must have
answered every poll for `_STEADY_MS`; only then the alarm's own off-delay begins.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from edge_agent.conditions.plan import WatchedLink

_STEADY_MS: Final = 120_000
"""Three polls a minute apart: of a line that loses half of them, one device in eight gets so far."""


class Heard(Struct):
    """The last poll of one device; `since` is when it began to be silent, or to answer (time line)."""

    answered: bool
    line_down: bool
    at: int
    since: int


class Line:
    """What the polls of one link say about it."""

    def __init__(self, link: WatchedLink) -> None:
        self.link = link
        self.is_down = False
        """What the link itself says: its port is not open."""
        self._heard: dict[str, Heard] = {}

    def hear(self, device: str, t: int, *, answered: bool, line_down: bool) -> None:
        """One poll: whether anything was answered, and whether the line was there at all."""
        before = self._heard.get(device)
        since = before.since if before and before.answered is answered else t
        self._heard[device] = Heard(answered, line_down, t, since)

    def is_silent(self, *, told: bool = False) -> bool | None:
        """Whether nobody on the link can be heard; None while not everybody has been asked.

        Args:
            told: it was called silent already, and is so until somebody answers steadily.
        """
        if self.is_down:
            return True
        known = [heard for name, heard in self._heard.items() if name in self.link.witnesses]
        if told and any(heard.answered for heard in known):
            return not _is_steady(known)
        silent = [heard for heard in known if not heard.answered]
        if not silent:
            return False if known else None
        latest = max(heard.since for heard in silent)
        if any(heard.answered and heard.at >= latest for heard in known):
            return False
        if len(silent) < len(self.link.witnesses):
            return None
        return len(silent) > 1 or silent[0].line_down

    def is_device_silent(self, device: str) -> bool | None:
        """Whether a device's last poll brought nothing; None: the line was not there to ask over."""
        heard = self._heard[device]
        return None if heard.line_down else not heard.answered


def _is_steady(known: Iterable[Heard]) -> bool:
    return any(heard.answered and heard.at - heard.since >= _STEADY_MS for heard in known)
