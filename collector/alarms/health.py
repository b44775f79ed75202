"""How the alarm system itself does: chattering, standing, floods, and its figures; pure.

Bounds after EEMUA 191 and ISA-18.2 as they are quoted in public: three raises of one alarm in a minute
chatter; what holds for more than a day is standing; a flood begins with more than ten alarms in ten minutes
and ends with fewer than five.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from collector.alarms.alarm import Alarm
from collector.alarms.lifecycle import SEEN

CHATTER_RAISES: Final = 3
CHATTER_MS: Final = 60_000
CHATTER_LASTS_MS: Final = 600_000
"""So long after its last raise an alarm that chattered is still told as chattering."""
STANDING_MS: Final = 24 * 3_600_000
FLOOD_MS: Final = 600_000
FLOOD_ABOVE: Final = 10
FLOOD_UNTIL_BELOW: Final = 5
FLOOD_LOOK_MS: Final = 2 * 3_600_000
"""So far back it is looked for the flood that lasts; of a longer one the beginning is cut."""
Call = tuple[int, str, int]
"""What was raised and shown: when (Unix ms), key, priority."""


def is_chattering(alarm: Alarm, now_ms: int) -> bool:
    """Whether an alarm comes and goes so fast that it says nothing."""
    if not alarm.raises or now_ms - alarm.raises[-1] > CHATTER_LASTS_MS:
        return False
    return any(bursts(alarm.raises))


def bursts(raises: Sequence[int]) -> Iterator[bool]:
    """For each raise that two others precede, whether all three are within a minute."""
    ordered = sorted(raises)
    for first, last in zip(ordered, ordered[CHATTER_RAISES - 1 :], strict=False):
        yield last - first <= CHATTER_MS


def is_standing(alarm: Alarm, now_ms: int) -> bool:
    """Whether its condition has held for more than a day."""
    return alarm.active and now_ms - alarm.event.since_ms > STANDING_MS


def flags_change_ms(alarm: Alarm, now_ms: int) -> int:
    """When it begins to stand or has chattered, without anything happening to it; 0: never."""
    ends_ms = alarm.raises[-1] + CHATTER_LASTS_MS + 1 if is_chattering(alarm, now_ms) else 0
    is_young = alarm.active and not is_standing(alarm, now_ms)
    stands_ms = alarm.event.since_ms + STANDING_MS + 1 if is_young else 0
    return min((t_ms for t_ms in (ends_ms, stands_ms) if t_ms), default=0)


class Span(Struct, frozen=True):
    """A flood, from its beginning to its end (Unix ms); None: it lasts."""

    since_ms: int
    until_ms: int | None


def floods(raised: Iterable[int], now_ms: int) -> Iterator[Span]:
    """The floods that these raises made until now.

    Args:
        raised: when something was raised and shown, in order of time, Unix ms.
        now_ms: Unix ms; no raise is later.
    """
    recent: deque[int] = deque()
    since_ms: int | None = None
    for t_ms in raised:
        if since_ms is not None and (end_ms := _end_ms(recent, t_ms)) is not None:
            yield Span(since_ms, end_ms)
            since_ms = None
        recent.append(t_ms)
        _forget(recent, t_ms)
        if since_ms is None and len(recent) > FLOOD_ABOVE:
            since_ms = t_ms
    if since_ms is not None:
        yield Span(since_ms, _end_ms(recent, now_ms))


def _end_ms(recent: "deque[int]", now_ms: int) -> int | None:
    """When fewer than five were left of those in the last ten minutes; None: that is still to come."""
    end_ms = recent[-FLOOD_UNTIL_BELOW] + FLOOD_MS + 1
    return end_ms if end_ms <= now_ms else None


def _forget(recent: "deque[int]", now_ms: int) -> None:
    while recent and now_ms - recent[0] > FLOOD_MS:
        recent.popleft()


class Flood(Struct, frozen=True):
    """A flood that lasts: alarms are told by incident, those of priority 1 always one by one."""

    since_ms: int
    alarms_10min: int
    incidents: tuple[int, ...]
    """Those that stand for several alarms each."""
    hidden: int
    """Alarms that are told by their incident only."""


def flood(raised: Sequence[int], alarms: Iterable[Alarm], now_ms: int) -> Flood | None:
    """The flood that lasts now, if there is one.

    Args:
        raised: when something was raised and shown in the last hours, in order of time, Unix ms.
        alarms: the list that a dispatcher has before him.
        now_ms: Unix ms.
    """
    last = next((one for one in reversed(list(floods(raised, now_ms))) if one.until_ms is None), None)
    if last is None:
        return None
    folded = [one for one in alarms if is_foldable(one)]
    counts = Counter(one.incident for one in folded)
    several = tuple(sorted(number for number, count in counts.items() if count > 1))
    return Flood(
        since_ms=last.since_ms,
        alarms_10min=sum(now_ms - t_ms <= FLOOD_MS for t_ms in raised),
        incidents=several,
        hidden=sum(one.incident in several for one in folded),
    )


def is_foldable(alarm: Alarm) -> bool:
    """Whether an alarm may be told by its incident only: never one of priority 1."""
    return alarm.state in SEEN and alarm.priority > 1 and alarm.incident != 0


class Figures(Struct, frozen=True, kw_only=True):
    """The figures of a span of time."""

    per_10min: tuple[tuple[int, int], ...]
    """Beginning (Unix ms) and number of raises of each ten minutes in which there was one."""
    per_day: float
    time_in_flood_share: float
    top: tuple[tuple[str, int], ...]
    """The ten alarms that were raised most, and how often."""
    priorities: tuple[int, int, int, int]
    chattering: tuple[str, ...]


TOP: Final = 10


def figures(calls: Sequence[Call], from_ms: int, to_ms: int) -> Figures:
    """What the raises of a span come to.

    Args:
        calls: of the span, in order of time.
        from_ms: its beginning, Unix ms.
        to_ms: its end, or now.
    """
    span_ms = max(to_ms - from_ms, 1)
    slots = Counter(t_ms - t_ms % FLOOD_MS for t_ms, _, _ in calls)
    flooded = sum((one.until_ms or to_ms) - one.since_ms for one in floods((c[0] for c in calls), to_ms))
    by_key: dict[str, list[int]] = {}
    for t_ms, key, _ in calls:
        by_key.setdefault(key, []).append(t_ms)
    top = sorted(by_key, key=lambda key: (-len(by_key[key]), key))[:TOP]
    mix = Counter(priority for _, _, priority in calls)
    return Figures(
        per_10min=tuple(sorted(slots.items())),
        per_day=len(calls) * 86_400_000 / span_ms,
        time_in_flood_share=min(flooded / span_ms, 1.0),
        top=tuple((key, len(by_key[key])) for key in top),
        priorities=(mix[1], mix[2], mix[3], mix[4]),
        chattering=tuple(sorted(key for key, times in by_key.items() if any(bursts(times)))),
    )


class Promptness(Struct, frozen=True):
    """How long alarms waited for somebody; None: nobody acknowledged any."""

    median_s: float | None
    p90_s: float | None
    n: int


def promptness(waited_ms: Iterable[int]) -> Promptness:
    """Of the times from raise to acknowledgement, milliseconds."""
    ordered = sorted(waited_ms)
    if not ordered:
        return Promptness(None, None, 0)
    return Promptness(_quantile(ordered, 0.5) / 1000, _quantile(ordered, 0.9) / 1000, len(ordered))


def _quantile(ordered: Sequence[int], share: float) -> int:
    """The least value that so large a share does not exceed."""
    return ordered[max(-(-len(ordered) * round(share * 100) // 100) - 1, 0)]
