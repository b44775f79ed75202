"""The degree of adverse weather (NMU) that is in force, as an alarm of the region; pure."""

from typing import Final

from msgspec.structs import replace

from collector.alarms.alarm import Alarm
from collector.nmu import Entry
from wire.messages import AlarmEvent, AlarmState
from wire.texts import ADVERSE_WEATHER

_PRIORITY: Final = {1: 3, 2: 2, 3: 1}


def event(standing: Alarm | None, entry: Entry | None, now_ms: int) -> AlarmEvent | None:
    """What the degree in force changes about its alarm; None: nothing.

    Args:
        standing: the alarm that stands, if one does.
        entry: what is in force, if anything is.
        now_ms: Unix ms.
    """
    if entry is None:
        return replace(standing.event, state=AlarmState.CLEARED, t_ms=now_ms) if standing else None
    told = AlarmEvent(
        id=standing.event.id if standing else f"{ADVERSE_WEATHER}/nmu/{now_ms}",
        code=ADVERSE_WEATHER,
        state=AlarmState.UPDATED if standing else AlarmState.RAISED,
        t_ms=now_ms,
        since_ms=standing.event.since_ms if standing else entry.from_ms,
        priority=_PRIORITY[entry.degree],
        params={"degree": float(entry.degree), "until_ms": float(entry.to_ms), "source": entry.source},
    )
    return None if standing and told.params == standing.event.params else told
