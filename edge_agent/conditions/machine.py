"""Delays, counts and pauses: when something that is seen becomes an alarm, and when it is over.

    normal ──seen count of the last `of`, and so for on_delay──▶ raised ──not seen for off_delay──▶ normal

A judgement may be unknown (None): then nothing is decided and no delay passes. What was pending when nobody
knew for longer than `gap_ms` begins anew.
"""

from enum import Enum, auto

from msgspec import Struct

_NOT = -1


class Rule(Struct, frozen=True, kw_only=True):
    """The constants of one alarm, milliseconds."""

    on_delay_ms: int
    off_delay_ms: int
    count: int = 1
    of: int = 1
    gap_ms: int


class Track(Struct):
    """Where one alarm stands; plain numbers, kept over restarts.

    `seen` is the last time it was judged (of the timeline), `held` how long the opposite of `raised` has been
    seen (-1: it is not), `trues` the last `of` judgements as bits, the newest lowest.
    """

    raised: bool = False
    trues: int = 0
    seen: int = 0
    flowing: bool = False
    held: int = _NOT
    began: int = 0
    """When it was first seen."""

    @property
    def idle(self) -> bool:
        """Whether nothing is raised or on its way."""
        return not self.raised and not self.trues


class Turn(Enum):
    """What a judgement leads to."""

    NONE = auto()
    RAISE = auto()
    CLEAR = auto()


def step(track: Track, rule: Rule, t: int, *, holds: bool | None, blocked: bool = False) -> Turn:
    """Take in one judgement.

    Args:
        track: changed in place.
        rule: its constants.
        t: time of the timeline; one that goes back counts as no time at all.
        holds: whether the condition is seen; None: nobody knows.
        blocked: another alarm tells it already; it stays ready to be raised.
    """
    if holds is None:
        track.flowing = False
        return Turn.NONE
    elapsed = _elapsed(track, rule, t)
    _remember(track, rule, t, holds=holds)
    if _is_opposite(track, rule, holds=holds):
        track.held = max(track.held, 0) + (elapsed if track.held >= 0 else 0)
        return _turn(track, rule, may_raise=holds and not blocked)
    track.held = _NOT
    return Turn.NONE


def cover(track: Track, rule: Rule) -> None:
    """Take a raised alarm back that another one tells; if it outlives that one, it is raised at once."""
    track.raised = False
    track.held = rule.on_delay_ms


def _elapsed(track: Track, rule: Rule, t: int) -> int:
    since = max(t - track.seen, 0)
    if since > rule.gap_ms:
        track.held = _NOT
        track.trues = 0
    elapsed = since if track.flowing else 0
    track.seen, track.flowing = max(t, track.seen), True
    return elapsed


def _remember(track: Track, rule: Rule, t: int, *, holds: bool) -> None:
    if holds and not track.trues and not track.raised:
        track.began = t
    track.trues = (track.trues << 1 | holds) & ((1 << rule.of) - 1)


def _is_opposite(track: Track, rule: Rule, *, holds: bool) -> bool:
    return not holds if track.raised else track.trues.bit_count() >= rule.count


def _turn(track: Track, rule: Rule, *, may_raise: bool) -> Turn:
    delay_ms = rule.off_delay_ms if track.raised else rule.on_delay_ms
    if track.held < delay_ms or not (track.raised or may_raise):
        return Turn.NONE
    track.held = _NOT
    track.raised = not track.raised
    if not track.raised:
        track.trues = 0
    return Turn.RAISE if track.raised else Turn.CLEAR
