"""Alarm events as plain words: what happened, by which evidence, what to check; in Russian, Kazakh, English.

    AlarmEvent (code, parameters) ─┐
    Names (from `about`) ──────────┼─▶ render ─▶ Text(title, happened, evidence, check)
    ru | kk | en ──────────────────┘

One table a language; `parameters` says what every code brings. Pure: the time zone is an argument.
"""

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Final

from msgspec import Struct

from wire.messages import About, AlarmEvent, AlarmState, ChannelAbout, Clock
from wire.texts.en import ENGLISH
from wire.texts.kk import KAZAKH
from wire.texts.language import Language, Noun, Phrases
from wire.texts.parameters import (
    ADVERSE_WEATHER,
    AIR_EXCEEDANCE,
    CENTRE_CODES,
    FUEL_LOW,
    GATEWAY_SILENT,
    MAKEUP_HIGH,
    OFF_SCHEDULE,
    PARAMETERS,
    Kind,
)
from wire.texts.ru import RUSSIAN
from wire.texts.showing import count, duration, moment, number, with_unit
from wire.texts.titles import channel_title

__all__ = [
    "ADVERSE_WEATHER",
    "AIR_EXCEEDANCE",
    "CENTRE_CODES",
    "FUEL_LOW",
    "GATEWAY_SILENT",
    "LANGUAGES",
    "MAKEUP_HIGH",
    "OFF_SCHEDULE",
    "Names",
    "Text",
    "names_of",
    "render",
]

LANGUAGES: Final[Mapping[str, Language]] = {"ru": RUSSIAN, "kk": KAZAKH, "en": ENGLISH}
NO_LONGER_WATCHED: Final = "configuration"
_FIELD: Final = re.compile(r"\{(\w+)\}")
Param = float | str | None


class Names(Struct, frozen=True, kw_only=True):
    """What people call the things of a gateway; what has no name here is called by its identifier."""

    gateway: str = ""
    channels: Mapping[tuple[str, str], ChannelAbout] = {}
    """(device, channel) → what bears a title."""

    def channel(self, device: str | None, channel: str, language: str) -> str:
        """A channel by its title and its device; `device.channel` names one of another device."""
        owner, dot, name = channel.partition(".")
        key = (owner, name) if dot else (device or "", channel)
        if known := self.channels.get(key):
            return f"{channel_title(known.title, known.titles, language)} ({key[0]})"
        return f"{key[0]}/{key[1]}" if key[0] else channel


class Text(Struct, frozen=True):
    """One alarm for a person; each part is one or more whole sentences, the title is a line."""

    title: str
    happened: str
    evidence: str
    check: str


def names_of(about: About, gateway: str) -> Names:
    """The names a gateway gave its channels."""
    return Names(
        gateway=gateway,
        channels={
            (device.name, channel.name): channel
            for device in about.devices
            for channel in device.channels
            if channel.title
        },
    )


def render(event: AlarmEvent, language: str, names: Names, zone: tzinfo | None = None) -> Text:
    """An event in words.

    Args:
        event: of any code; one that is not known gets a general sentence.
        language: ru, kk or en.
        names: what things are called.
        zone: local time; None: ISO 8601 in UTC.

    Raises:
        KeyError: another language.
    """
    said = LANGUAGES[language]
    phrases = said.phrases.get(event.code, said.unknown_code)
    words = _Words(event, said, language, names, zone)
    title = f"{words.place()}: {phrases.name}"
    note = f" {said.clock_not_set}" if event.clock is Clock.UNSYNCED else ""
    evidence = words.fill(phrases.evidence) + note
    if event.state is not AlarmState.CLEARED:
        return Text(title, words.fill(phrases.happened), evidence, words.fill(phrases.check))
    over, check = _ending(event, said, phrases)
    return Text(said.over_title.replace("{title}", title), words.fill(over), note.strip(), check)


def _ending(event: AlarmEvent, said: Language, phrases: Phrases) -> tuple[str, str]:
    """How an alarm ended, and what to do about it."""
    cause = event.params.get("covered_by")
    if cause is None:
        return phrases.over, said.nothing_to_do
    if cause == NO_LONGER_WATCHED:
        return said.no_longer_watched, said.nothing_to_do
    name = said.phrases.get(str(cause), said.unknown_code).name
    return said.covered.replace("{cause}", name), said.see_cause.replace("{cause}", name)


_SHOWN: Final[Mapping[Kind, Callable[[float, str, Language, tzinfo | None], str]]] = {
    Kind.MEASURE: lambda value, unit, said, _: with_unit(value, unit, said),
    Kind.RATE: lambda value, unit, said, _: said.rate.replace(
        "{change}", with_unit(value, unit, said, signed=True)
    ),
    Kind.PACE: lambda value, unit, said, _: said.rate.replace("{change}", with_unit(value, unit, said)),
    Kind.SHARE: lambda value, _, said, __: with_unit(100 * value, "%", said),
    Kind.MINUTES: lambda value, _, said, __: duration(60 * value, said),
    Kind.SECONDS: lambda value, _, said, __: duration(value, said),
    Kind.POLLS: lambda value, _, said, __: count(value, Noun.POLL, said),
    Kind.DEVICES: lambda value, _, said, __: count(value, Noun.DEVICE, said),
    Kind.DAYS: lambda value, _, said, __: with_unit(value, "d", said),
    Kind.TIME: lambda value, _, said, zone: moment(value, said, zone),
}
"""Numbers by their kind; any other is shown as a number."""
_WORDS: Final[Mapping[Kind, Callable[[Language], tuple[Mapping[str, str], str | None]]]] = {
    Kind.REASON: lambda said: (said.reasons, said.unknown_reason),
    Kind.DETECTOR: lambda said: (said.detectors, said.unknown_detector),
    Kind.RELATION: lambda said: (said.relations, None),
    Kind.DOUBT: lambda said: (said.doubts, said.doubts["other"]),
}
"""Words by their kind, and what stands for one that is not known; None: itself."""


class _Words(Struct, frozen=True):
    """The parameters of one event as words of one language."""

    event: AlarmEvent
    said: Language
    language: str
    names: Names
    zone: tzinfo | None

    def fill(self, sentence: str) -> str:
        """A sentence with its parameters in place; what came with the event is never read as a template."""
        return _FIELD.sub(lambda found: self.word(found[1]), sentence)

    def place(self) -> str:
        """What the alarm is about, to begin its title."""
        event, said = self.event, self.said
        if event.channel is not None:
            return self.called(event.channel)
        if "channel" in PARAMETERS.get(event.code, {}) and event.params.get("channel"):
            return self.word("channel")
        if event.code in {GATEWAY_SILENT, ADVERSE_WEATHER}:
            return said.region if event.code == ADVERSE_WEATHER else said.gateway.format(self.names.gateway)
        if event.device is not None:
            return said.device.format(event.device)
        if event.link is not None:
            return said.link.format(event.link)
        relation = event.params.get("relation")
        return said.relation.format(relation) if relation else said.gateway.format(self.names.gateway)

    def called(self, channel: str) -> str:
        """A channel of the event's device, or `device.channel`, as people call it."""
        return self.names.channel(self.event.device, channel, self.language)

    def word(self, name: str) -> str:
        """One parameter, or one of the words that every event has."""
        event = self.event
        kind = PARAMETERS.get(event.code, {}).get(name)
        if kind is not None:
            value = event.params.get(name)
            return _absent(kind, self.said) if value is None else self._shown(kind, value)
        common = {
            "point": self.place(),
            "device": event.device or self.said.not_known,
            "link": event.link or self.said.not_known,
            "gateway": self.names.gateway,
            "since": moment(event.since_ms, self.said, self.zone),
            "lasted": duration((event.t_ms - event.since_ms) / 1000, self.said),
            "code": event.code,
            "params": self._all_params(),
        }
        return common[name]

    def _shown(self, kind: Kind, value: float | str) -> str:
        if isinstance(value, str):
            return self._named(kind, value)
        unit = str(self.event.params.get("unit") or "")
        return _SHOWN[kind](value, unit, self.said, self.zone) if kind in _SHOWN else number(value, self.said)

    def _named(self, kind: Kind, value: str) -> str:
        said = self.said
        if kind in _WORDS:
            words, unknown = _WORDS[kind](said)
            return words.get(value, value if unknown is None else unknown)
        match kind:
            case Kind.CHANNEL:
                return self.called(value)
            case Kind.CHANNELS:
                return ", ".join(map(self.called, value.split(", ")))
        return value

    def _all_params(self) -> str:
        shown = (
            f"{name} = {value if isinstance(value, str) else number(value, self.said)}"
            for name, value in self.event.params.items()
            if value is not None
        )
        return ", ".join(shown) or self.said.none


def _absent(kind: Kind, said: Language) -> str:
    """What stands for a parameter that did not come."""
    words = {
        Kind.REASON: said.unknown_reason,
        Kind.DETECTOR: said.unknown_detector,
        Kind.CHANNELS: said.none,
        Kind.DOUBT: said.doubts["none"],
    }
    return words.get(kind, said.not_known)
