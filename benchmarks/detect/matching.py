"""Which alarm tells of which truth, and how long it took."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct

from edge_agent.samples import Told
from firmware_sim.story import Truth
from wire.messages import AlarmEvent, AlarmState

_SHOWN: Final = frozenset({"value", "expected", "limit", "rate", "score", "left", "right"})


class Raised(Struct, frozen=True):
    """An alarm as it was raised: when (plant time), what, and the points it speaks of."""

    t_s: float
    code: str
    link: str | None
    points: tuple[tuple[str | None, str | None], ...]
    """Device and channel; None: the whole of it, or not about one."""
    key: str
    """The same for each time that the same condition is told of the same place."""
    says: str = ""


class Found(Struct, frozen=True, kw_only=True):
    """What became of one cause at one site; `seconds` is None when nobody told of it in time."""

    kind: str
    due_s: float
    seconds: float | None = None
    code: str = ""


def raised(told: Iterable[Told]) -> list[Raised]:
    """The alarms that begin."""
    return [_raised(one.event) for one in told if one.event.state is AlarmState.RAISED]


def again(alarms: Iterable[Raised]) -> int:
    """How many times the alarm that came back most often was raised again."""
    return max(Counter(alarm.key for alarm in alarms).values(), default=1) - 1


def found(truths: Sequence[Truth], alarms: Sequence[Raised]) -> list[Found]:
    """What became of each cause: the truths of one incident at a site are one, counted from the first.

    An alarm tells of a truth if it begins while the truth is not overdue, has one of its codes and speaks of
    one of its places. One that stood before tells of nothing.
    """
    ordered = sorted(truths, key=lambda truth: (truth.incident or f"\0{truth.begin_s}", truth.begin_s))
    causes = groupby(ordered, key=lambda truth: truth.incident or f"\0{truth.begin_s}")
    return [_first(list(cause), alarms) for _, cause in causes]


def _first(cause: Sequence[Truth], alarms: Sequence[Raised]) -> Found:
    begin_s = cause[0].begin_s
    due_s = min(truth.by_s for truth in cause) - begin_s
    telling = [alarm for truth in cause for alarm in alarms if tells(alarm, truth)]
    if not telling:
        return Found(kind=cause[0].kind, due_s=due_s)
    first = min(telling, key=lambda alarm: alarm.t_s)
    return Found(kind=cause[0].kind, due_s=due_s, seconds=first.t_s - begin_s, code=first.code)


def tells(alarm: Raised, truth: Truth) -> bool:
    """Whether an alarm is one that the truth asks for."""
    in_time = truth.begin_s <= alarm.t_s <= truth.by_s
    return in_time and alarm.code in truth.codes and any(_covered(alarm, truth))


def _covered(alarm: Raised, truth: Truth) -> Iterator[bool]:
    for place in truth.places:
        yield from (place.covers(device, channel, alarm.link) for device, channel in alarm.points)


def _raised(event: AlarmEvent) -> Raised:
    points = tuple(_points(event))
    names = ", ".join(".".join(part or "*" for part in point) for point in points)
    shown = " ".join(f"{k}={v:.4g}" for k, v in event.params.items() if isinstance(v, float) and k in _SHOWN)
    how = event.params.get("detector") or event.params.get("relation") or ""
    key = event.id.rpartition("/")[0]
    says = f"{names or event.link} {how} {shown}"
    return Raised(event.t_ms / 1000, event.code, event.link, points, key, says)


def _points(event: AlarmEvent) -> Iterator[tuple[str | None, str | None]]:
    """What an event speaks of: a relation of all its terms, an anomaly of every channel that took part."""
    if related := event.params.get("points"):
        for name in str(related).split(", "):
            device, channel = name.split(".")
            yield device, channel
        return
    yield event.device, event.channel or _text(event.params.get("channel"))
    if others := event.params.get("others"):
        yield from ((event.device, name) for name in str(others).split(", "))


def _text(value: float | str | None) -> str | None:
    return value if isinstance(value, str) else None
