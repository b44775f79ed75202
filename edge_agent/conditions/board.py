"""The gateway's alarms: each place where one can be, what stands there, and what is said about it.

One cause gives one alarm: while a cause stands, what it covers is not raised; what stands already is taken
back with the parameter `covered_by`, and raised again if it outlives the cause.
"""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from edge_agent.conditions.machine import Rule, Track, Turn, cover, step
from wire.messages import AlarmCode, AlarmEvent, AlarmState, Clock

Params = Mapping[str, float | str | None]
NO_LONGER_WATCHED = "configuration"
"""What covers an alarm that the configuration no longer knows."""
_UPDATE_EVERY_MS = 60_000


class Moment(Struct, frozen=True):
    """Now: on the time line, on the wall clock (Unix ms), and how far that can be trusted."""

    t: int
    wall_ms: int
    clock: Clock

    def wall_of(self, t: int) -> int:
        """What the wall clock would have shown at another time of the time line, had it been right as now."""
        return self.wall_ms - (self.t - t)


class Spot(Struct, frozen=True, kw_only=True):
    """A place where an alarm can be; `key` is unique in the gateway."""

    key: str
    code: AlarmCode
    rule: Rule
    priority: int
    link: str | None = None
    device: str | None = None
    channel: str | None = None
    causes: tuple[str, ...] = ()
    """The keys of the alarms that tell this one too."""
    news: float = 0.0
    """How far `level` must move before a person is told again; 0: never."""


class Said(Struct, frozen=True):
    """What a person was told last, when (time line), and the level it was told of."""

    event: AlarmEvent
    t: int
    level: float


class Slot(Struct):
    """One spot's present; kept over restarts."""

    track: Track
    said: Said | None = None
    stamp_ms: int = 0
    """The number of the newest alarm's id, so that none is used twice even when the clock goes back."""


class Board:
    """All alarms of a gateway."""

    def __init__(self) -> None:
        self.slots: dict[str, Slot] = {}
        self._standing: dict[str, Spot] = {}
        self.pending: set[str] = set()
        """The keys of what was seen when it was last judged, and is not raised yet, nor told by another."""

    def is_idle(self, spot: Spot) -> bool:
        slot = self.slots.get(spot.key)
        return slot is None or slot.track.idle

    def is_raised(self, spot: Spot) -> bool:
        return spot.key in self._standing

    def said(self, spot: Spot) -> Params:
        """The numbers a person was told last of an alarm that stands; of any other none."""
        slot = self.slots.get(spot.key)
        return slot.said.event.params if slot and slot.said else {}

    def note(
        self,
        spot: Spot,
        now: Moment,
        params: Params,
        *,
        holds: bool | None,
        level: float = 0.0,
        since_ms: int | None = None,
        wait: bool = False,
    ) -> list[AlarmEvent]:
        """Take in one judgement and say what follows from it.

        Args:
            spot: where.
            now: when.
            params: the numbers of the sentence.
            holds: whether the condition is seen; None: nobody knows.
            level: how bad it is, in whatever `spot.news` counts.
            since_ms: when it began, if the judge knows better than the first judgement.
            wait: do not raise now: it is another alarm's, or may turn out to be.
        """
        slot = self.slots.get(spot.key)
        if slot is None:
            if not holds:
                return []
            slot = self.slots[spot.key] = Slot(Track())
        blocked = wait or any(cause in self._standing for cause in spot.causes)
        turn = step(slot.track, spot.rule, now.t, holds=holds, blocked=blocked)
        comes = holds and not slot.track.raised and not blocked
        (self.pending.add if comes else self.pending.discard)(spot.key)
        match turn:
            case Turn.RAISE:
                return self._raise(spot, slot, now, params, level=level, since_ms=since_ms)
            case Turn.CLEAR:
                return [self._clear(spot.key, now, params)]
        if slot.said and holds and _is_news(spot, slot.said, now, level):
            event = _again(slot.said, AlarmState.UPDATED, now, params, spot.priority)
            slot.said = Said(event, now.t, level)
            return [event]
        return []

    def resume(self, slots: Mapping[str, Slot], spots: Iterable[Spot]) -> tuple[str, ...]:
        """Go on from saved slots; returns the keys that stand there and are no longer watched."""
        known = {spot.key: spot for spot in spots}
        self.slots = {key: slot for key, slot in slots.items() if key in known or slot.said}
        self._standing = {key: known[key] for key, slot in self.slots.items() if slot.said and key in known}
        return tuple(key for key in self.slots if key not in known)

    def drop(self, key: str, now: Moment) -> AlarmEvent:
        """End an alarm that nobody watches any more."""
        event = self._clear(key, now, {"covered_by": NO_LONGER_WATCHED})
        del self.slots[key]
        return event

    def _raise(
        self, spot: Spot, slot: Slot, now: Moment, params: Params, *, level: float, since_ms: int | None
    ) -> list[AlarmEvent]:
        since = max(now.wall_of(slot.track.began) if since_ms is None else since_ms, 0)
        slot.stamp_ms = max(since, slot.stamp_ms + 1)
        event = AlarmEvent(
            id=f"{spot.key}/{slot.stamp_ms}",
            code=spot.code,
            state=AlarmState.RAISED,
            t_ms=max(now.wall_ms, 0),
            since_ms=since,
            link=spot.link,
            device=spot.device,
            channel=spot.channel,
            priority=spot.priority,
            clock=now.clock,
            params=dict(params),
        )
        slot.said = Said(event, now.t, level)
        self._standing[spot.key] = spot
        return [event, *self._take_back(spot, now)]

    def _take_back(self, cause: Spot, now: Moment) -> list[AlarmEvent]:
        covered = [spot for spot in self._standing.values() if cause.key in spot.causes]
        for spot in covered:
            cover(self.slots[spot.key].track, spot.rule)
        return [self._clear(spot.key, now, {"covered_by": cause.code.value}) for spot in covered]

    def _clear(self, key: str, now: Moment, params: Params) -> AlarmEvent:
        slot = self.slots[key]
        said, slot.said = slot.said, None
        self._standing.pop(key, None)
        if said is None:
            raise AssertionError(f"{key} is cleared and was never raised")
        return _again(said, AlarmState.CLEARED, now, params)


def _is_news(spot: Spot, said: Said, now: Moment, level: float) -> bool:
    moved = spot.news > 0 and abs(level - said.level) > spot.news
    return (moved or spot.priority != said.event.priority) and now.t - said.t >= _UPDATE_EVERY_MS


def _again(
    said: Said, state: AlarmState, now: Moment, params: Params, priority: int | None = None
) -> AlarmEvent:
    """The next event of the same alarm: what is not said anew stays as it was said.

    Except a beginning that was told by a clock nobody had set, once one is.
    """
    before = said.event
    since_ms = before.since_ms
    if before.clock is Clock.UNSYNCED and now.clock is not Clock.UNSYNCED:
        since_ms = max(now.wall_of(said.t) - (before.t_ms - since_ms), 0)
    return msgspec.structs.replace(
        before,
        state=state,
        t_ms=max(now.wall_ms, 0),
        since_ms=since_ms,
        clock=now.clock,
        priority=priority or before.priority,
        params=before.params | dict(params),
    )
