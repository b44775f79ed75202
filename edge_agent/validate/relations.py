"""Swapped pairs and inconsistent groups: relations between channels that the site has declared.

    newest believable value of each channel ─▶ left, right ─▶ missed by more than the margin?
                                                                  └▶ for `holds_s` ─▶ swapped or inconsistent

A relation can be decided while all its channels have fresh values that are believed for themselves (what
another relation says of them does not count) and its condition is met. While it cannot be, nothing is said;
once that has lasted for three periods, its time begins anew.
"""

from collections.abc import Callable, Mapping
from typing import Final

from edge_agent.samples import Instant, RelationBroken
from edge_agent.settings.relations import Relation, Side

Read = Callable[[str, int], float | None]
"""The newest believable value of a device's channel."""

_MISSED: Final[Mapping[str, Callable[[float, float], float]]] = {
    ">=": lambda left, right: right - left,
    "<=": lambda left, right: left - right,
    "==": lambda left, right: abs(left - right),
}


class RelationWatch:
    """One relation over time."""

    def __init__(self, relation: Relation, gap_ms: int) -> None:
        self.relation = relation
        self._missed = _MISSED[relation.op]
        self._gap_ms = gap_ms
        self._since: Instant | None = None
        self._decided_ms = 0
        self.kept = False
        """The last look found it unbroken."""

    def step(self, now: Instant, read: Read) -> RelationBroken | None:
        """Look at the relation now; what is broken, once it has been for long enough."""
        self.kept, sides = False, self._sides(read)
        if sides is None:
            if now.mono_ms - self._decided_ms > self._gap_ms:
                self._since = None
            return None
        self._decided_ms = now.mono_ms
        left, right = sides
        if not self._missed(left, right) > self.relation.margin:
            self._since, self.kept = None, True
            return None
        if self._since is None or now.mono_ms < self._since.mono_ms:
            self._since = now
        if now.mono_ms - self._since.mono_ms < self.relation.holds_ms:
            return None
        return self._broken(now, self._since, left, right)

    def _sides(self, read: Read) -> tuple[float, float] | None:
        when = self.relation.when
        if when is not None:
            now = read(when.device, when.index)
            if now is None or not when.above < now < when.below:
                return None
        left, right = _sum(self.relation.left, read), _sum(self.relation.right, read)
        return None if left is None or right is None else (left, right)

    def _broken(self, now: Instant, since: Instant, left: float, right: float) -> RelationBroken:
        return RelationBroken(
            name=self.relation.name,
            points=self.relation.points,
            since_ms=since.wall_ms,
            taken=now,
            left=left,
            op=self.relation.op,
            right=right,
            margin=self.relation.margin,
            unit=self.relation.unit,
        )


def _sum(side: Side, read: Read) -> float | None:
    total = side.constant
    for term in side.terms:
        value = read(term.device, term.index)
        if value is None:
            return None
        total += term.factor * value
    return total
