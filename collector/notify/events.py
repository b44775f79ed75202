"""A line of the alarm journal as a CloudEvent 1.0 (JSON, structured mode). Pure.

The body is made once, when it is entered for delivery: what a receiver gets again is the same to the byte.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import msgspec

from collector.alarms.alarm import Alarm, Entry
from collector.alarms.lifecycle import Trigger
from wire.messages import AlarmEvent
from wire.texts import LANGUAGES, Names, render

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
VERBS: Final[Mapping[Trigger | None, str]] = {
    Trigger.RAISE: "raised",
    Trigger.CLEAR: "cleared",
    Trigger.COVER: "covered",
    Trigger.REALARM: "realarmed",
    Trigger.ACKNOWLEDGE: "acknowledged",
    Trigger.RESET: "reset",
    Trigger.SHELVE: "shelved",
    Trigger.SUPPRESS: "suppressed",
    Trigger.REMOVE: "removed",
    Trigger.RELEASE: "released",
    None: "updated",
}


def event_type(trigger: Trigger | None) -> str:
    """The type of the event that tells of it."""
    return f"kz.region.alarms.alarm.{VERBS[trigger]}.v1"


def cloud_event(
    seq: int, entry: Entry, alarm: Alarm, names: Names, *, source: str, zone: tzinfo | None
) -> bytes:
    """One change of an alarm.

    Args:
        seq: the number in the journal; with `source` the identity of the event.
        entry: what happened.
        alarm: the alarm it happened to, as it is now.
        names: what people call its parts.
        source: which centre says so.
        zone: for times in texts.
    """
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": str(seq),
            "source": source,
            "type": event_type(entry.trigger),
            "subject": entry.key,
            "time": _rfc3339(entry.t_ms),
            "datacontenttype": "application/json",
            **({"incidentid": str(alarm.incident)} if alarm.incident else {}),
            "data": _data(seq, entry, alarm, names, zone),
        }
    )


def _data(seq: int, entry: Entry, alarm: Alarm, names: Names, zone: tzinfo | None) -> dict[str, Any]:
    event = entry.event or alarm.event
    return {
        "seq": seq,
        "t_ms": entry.t_ms,
        "key": entry.key,
        "occurrence": entry.occurrence,
        "site": alarm.gateway.site,
        "gateway": alarm.gateway.gateway,
        "device": event.device,
        "channel": event.channel,
        "link": event.link,
        "code": event.code,
        "priority": event.priority,
        "before": entry.before,
        "state": entry.after,
        "since_ms": event.since_ms,
        "by": entry.by,
        "comment": entry.comment,
        "until_ms": entry.until_ms,
        "params": event.params,
        "texts": {language: _text(event, language, names, zone) for language in LANGUAGES},
    }


def _text(event: AlarmEvent, language: str, names: Names, zone: tzinfo | None) -> Any:
    return msgspec.to_builtins(render(event, language, names, zone))


def _rfc3339(t_ms: int) -> str:
    moment = datetime.fromtimestamp(t_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
