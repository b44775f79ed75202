"""What a language brings: words, forms of words, unit symbols, ways of writing numbers and times."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct


class Noun(StrEnum):
    """What is counted."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    POLL = "poll"
    DEVICE = "device"


class Phrases(Struct, frozen=True, kw_only=True):
    """The sentences of one alarm code; `{names}` in them are its parameters, and the common ones."""

    name: str
    """What it is, to stand after the place and a colon."""
    happened: str
    evidence: str
    check: str
    over: str
    """Instead of `happened` once it has ended."""


class Language(Struct, frozen=True, kw_only=True):
    """One language, complete."""

    phrases: Mapping[str, Phrases]
    unknown_code: Phrases
    reasons: Mapping[str, str]
    unknown_reason: str
    relations: Mapping[str, str]
    """>=, <= and ==."""
    detectors: Mapping[str, str]
    unknown_detector: str
    units: Mapping[str, str]
    """UCUM code → the symbol people write."""
    forms: Mapping[Noun, tuple[str, ...]]
    form: Callable[[int], int]
    """Which form of a noun goes with a count; of durations, as in `for 5 minutes`."""
    decimal_mark: str
    thousands_mark: str
    time: str
    """For `strftime`."""
    rate: str
    """A change `{change}` in a minute."""
    device: str
    link: str
    gateway: str
    relation: str
    incidents: Mapping[str, str]
    """power, common, gateway, link, plant → what is struck, `{sites}`."""
    doubts: Mapping[str, str]
    """Why a value is doubtful: so2, other, none."""
    region: str
    """What an alarm is about that is about no site."""
    over_title: str
    covered: str
    """Instead of `over` when another alarm, `{cause}`, tells the same from now on."""
    see_cause: str
    no_longer_watched: str
    nothing_to_do: str
    clock_not_set: str
    not_known: str
    none: str
    moment: str
    """A duration too short to name."""
