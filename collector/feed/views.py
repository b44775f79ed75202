"""Alarms as the API shows them: in words, each encoded once for all who read the same language."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from collector.alarms import health, incidents
from collector.alarms.alarm import Alarm, FalseMark
from collector.alarms.incidents import Incident
from collector.alarms.kinds import Kinds
from collector.alarms.lifecycle import URGENT
from collector.feed.models import alarms as api
from collector.feed.region import Region
from wire.texts import render

_KEPT: Final = 16_384
"""Encoded alarms; one takes about 2 KB."""


class Shown(Struct, frozen=True):
    """An alarm with all that its view depends on."""

    alarm: Alarm
    seq: int
    incident: int = 0
    """Where it belongs now: incidents are merged."""


class AlarmTexts:
    """Makes views of alarms and keeps their encodings; any thread may ask."""

    def __init__(self, zone: ZoneInfo, kinds: Callable[[], Kinds], now_ms: Callable[[], int]) -> None:
        self._zone, self._kinds, self._now_ms = zone, kinds, now_ms
        self._keeping = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    def encoded(self, shown: Shown, region: Region, language: str) -> bytes:
        """An alarm as JSON."""
        edition = region.editions.get(shown.alarm.gateway, 0)
        traits = self._traits(shown.alarm)
        key = (shown.alarm.key, shown.seq, language, shown.incident, edition, traits)
        with self._keeping:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
        made = self.view(shown, region, language).model_dump_json().encode()
        with self._keeping:
            self._kept[key] = made
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def view(self, shown: Shown, region: Region, language: str) -> api.Alarm:
        """An alarm in words."""
        alarm, event = shown.alarm, shown.alarm.event
        site = alarm.gateway.site
        text = render(event, language, region.names_at(alarm.gateway), self._zone)
        guidance = self._kinds().guidance(event, region.about(alarm.gateway), language)
        chattering, standing = self._traits(alarm)
        has_point = event.device is not None and event.channel is not None
        return api.Alarm(
            key=alarm.key,
            occurrence=event.id,
            site=site,
            site_title=region.title(site, language),
            group=region.group(site),
            gateway=alarm.gateway.gateway,
            device=event.device,
            channel=event.channel,
            point=f"{site}/{event.device}/{event.channel}" if has_point else None,
            link=event.link,
            code=event.code,
            state=alarm.state,
            active=alarm.active,
            priority=alarm.priority,
            aside=_aside(alarm),
            acknowledged=_acknowledged(alarm),
            since_ms=event.since_ms,
            changed_ms=alarm.changed_ms,
            seq=shown.seq,
            incident=shown.incident,
            chattering=chattering,
            standing=standing,
            suspect=_text(event.params, "suspect"),
            false=_false(alarm.false),
            value=_number(event.params, "value"),
            limit=_number(event.params, "limit"),
            expected=_number(event.params, "expected"),
            unit=_text(event.params, "unit"),
            title=text.title,
            happened=text.happened,
            evidence=text.evidence,
            check=text.check,
            cause=guidance.cause,
            consequence=guidance.consequence,
            action=guidance.action,
        )

    def _traits(self, alarm: Alarm) -> tuple[bool, bool]:
        """Whether it is chattering, and whether standing: both change without any event."""
        now_ms = self._now_ms()
        return health.is_chattering(alarm, now_ms), health.is_standing(alarm, now_ms)


def narrowed(found: Incident, region: Region, readable: frozenset[str] | None) -> Incident:
    """An incident as somebody sees it who may read these groups only; None: all."""
    if readable is None:
        return found
    return replace(found, sites=tuple(site for site in found.sites if region.group(site) in readable))


def incident(found: Incident, alarms: Iterable[Alarm], region: Region, language: str) -> api.Incident:
    """An incident with those of the listed alarms that are at its sites."""
    listed = [one for one in alarms if one.gateway.site in found.sites]
    return api.Incident(
        id=found.id,
        kind=found.kind.value,
        sites=list(found.sites),
        first_ms=found.first_ms,
        last_ms=found.last_ms,
        urgent=found.urgent,
        alarms=len(listed),
        unacknowledged=sum(one.state in URGENT for one in listed),
        title=incidents.title(found, language, lambda site: region.title(site, language)),
    )


def _aside(alarm: Alarm) -> api.AsideBy | None:
    known = alarm.aside
    if known is None:
        return None
    return api.AsideBy(
        by=known.by, since_ms=known.since_ms, until_ms=known.until_ms or None, reason=known.reason
    )


def _acknowledged(alarm: Alarm) -> api.Word | None:
    known = alarm.acknowledged
    return api.Word(by=known.by, t_ms=known.t_ms, comment=known.comment) if known else None


def _false(word: FalseMark | None) -> api.Word | None:
    return api.Word(by=word.by, t_ms=word.t_ms, comment=word.comment) if word else None


def _number(params: Mapping[str, float | str | None], name: str) -> float | None:
    found = params.get(name)
    return float(found) if isinstance(found, int | float) else None


def _text(params: Mapping[str, float | str | None], name: str) -> str | None:
    found = params.get(name)
    return found if isinstance(found, str) else None
