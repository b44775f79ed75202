"""A line of the alarm journal as a CloudEvent 1.0 (JSON, structured mode). Pure.

The body is made once, when it is entered for delivery: what a receiver gets again is the same to the byte.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import msgspec
from msgspec import Struct

from collector.alarms.alarm import Alarm, Entry
from collector.alarms.kinds import Kinds
from collector.alarms.lifecycle import Trigger
from wire.messages import About, AlarmEvent
from wire.texts import LANGUAGES, Names, names_of, render

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
TEST_TYPE: Final = "kz.region.alarms.test.v1"
VERBS: Final[Mapping[Trigger | None, str]] = {
    Trigger.RAISE: "raised",
    Trigger.CLEAR: "cleared",
    Trigger.COVER: "covered",
    Trigger.REALARM: "realarmed",
    Trigger.NAG: "nagged",
    Trigger.ACKNOWLEDGE: "acknowledged",
    Trigger.RESET: "reset",
    Trigger.SHELVE: "shelved",
    Trigger.SUPPRESS: "suppressed",
    Trigger.REMOVE: "removed",
    Trigger.RELEASE: "released",
    Trigger.FALSE: "found_false",
    None: "updated",
}


def event_type(trigger: Trigger | None) -> str:
    """The type of the event that tells of it."""
    return f"kz.region.alarms.alarm.{VERBS[trigger]}.v1"


class Centre(Struct, frozen=True):
    """Who says so: the `source` of its events, the zone of times in texts, what alarms mean here."""

    source: str
    zone: tzinfo
    kinds: Kinds


def cloud_event(seq: int, entry: Entry, alarm: Alarm, about: About | None, centre: Centre) -> bytes:
    """One change of an alarm.

    Args:
        seq: the number in the journal; with `source` the identity of the event.
        entry: what happened.
        alarm: the alarm it happened to, as it is now.
        about: what its gateway has; None: not known.
        centre: which says so.
    """
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": str(seq),
            "source": centre.source,
            "type": event_type(entry.trigger),
            "subject": entry.key,
            "time": _rfc3339(entry.t_ms),
            "datacontenttype": "application/json",
            **({"incidentid": str(alarm.incident)} if alarm.incident else {}),
            "data": _data(seq, entry, alarm, about, centre),
        }
    )


def test_event(number: str, source: str, now_ms: int) -> bytes:
    """That nothing has happened."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": number,
            "source": source,
            "type": TEST_TYPE,
            "time": _rfc3339(now_ms),
            "datacontenttype": "application/json",
            "data": {},
        }
    )


def _data(seq: int, entry: Entry, alarm: Alarm, about: About | None, centre: Centre) -> dict[str, Any]:
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
        "priority": alarm.priority,
        "before": entry.before,
        "state": entry.after,
        "since_ms": event.since_ms,
        "by": entry.by,
        "comment": entry.comment,
        "until_ms": entry.until_ms,
        "params": event.params,
        "texts": {language: _text(alarm, event, about, centre, language) for language in LANGUAGES},
    }


def _text(
    alarm: Alarm, event: AlarmEvent, about: About | None, centre: Centre, language: str
) -> dict[str, Any]:
    gateway = str(alarm.gateway)
    names = names_of(about, gateway) if about else Names(gateway=gateway)
    text: dict[str, Any] = msgspec.to_builtins(render(event, language, names, centre.zone))
    guidance: dict[str, Any] = msgspec.to_builtins(centre.kinds.guidance(event, about, language))
    return text | guidance


def _rfc3339(t_ms: int) -> str:
    moment = datetime.fromtimestamp(t_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
