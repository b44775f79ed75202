"""Incidents: alarms of one cause, told as one; pure.

    alarms of one site, each within two minutes of the one before  ─▶ an incident of the site
    three sites within a minute, each with something urgent        ─▶ one incident of all of them

The second is how a power cut looks from the centre (Oskemen, 26 January 2026: four boiler houses and their
pumping stations within a minute). Times are those of the gateways, so that what arrives late finds its place.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from wire.messages import AlarmCode, AlarmEvent
from wire.texts import GATEWAY_SILENT, LANGUAGES

NEXT_MS: Final = 120_000
"""An alarm so soon after the last one of its site belongs to it."""
TOGETHER_MS: Final = 60_000
"""Sites that begin within so long of one another have one cause."""
SITES: Final = 3
URGENT_PRIORITY: Final = 2


class Kind(StrEnum):
    """What is struck."""

    SITE = "site"
    SITES = "sites"


class Cause(StrEnum):
    """What its alarms point to; the titles of all languages have a sentence for each."""

    POWER = "power"
    """Several sites lose flow, pressure or connection at once."""
    COMMON = "common"
    """Several sites at once, by other signs."""
    GATEWAY = "gateway"
    LINK = "link"
    PLANT = "plant"


class Raise(Struct, frozen=True):
    """An alarm that was raised: its number in the journal, key, where, when (Unix ms), how urgent, what."""

    seq: int
    key: str
    site: str
    t_ms: int
    priority: int
    code: str = ""


class Incident(Struct, frozen=True, kw_only=True):
    """Alarms of one cause; `id` is the journal's number of the first."""

    id: int
    kind: Kind = Kind.SITE
    sites: tuple[str, ...]
    first_ms: int
    last_ms: int
    """When the first and the newest of its alarms were raised."""
    urgent: bool
    """Whether one of them was of priority 1 or 2."""
    codes: tuple[str, ...] = ()
    """What its alarms say, each once."""
    merged_into: int = 0
    """The incident that took this one up."""


class Grouped(Struct, frozen=True):
    """What raises made of incidents: those new or changed, by id; and where each raised key belongs."""

    changed: dict[int, Incident]
    homes: dict[str, int]


def began_ms(event: AlarmEvent) -> int:
    """When what an alarm tells began to show; a silent gateway was noticed long after."""
    return event.since_ms if event.code == GATEWAY_SILENT else event.t_ms


def group(known: Iterable[Incident], raises: Iterable[Raise]) -> Grouped:
    """Find the incident of each raise.

    Args:
        known: incidents to which a raise may belong: those of the last hour.
        raises: in the order of the journal.
    """
    incidents = {one.id: one for one in known}
    at_site: defaultdict[str, set[int]] = defaultdict(set)
    for one in incidents.values():
        for site in one.sites:
            at_site[site].add(one.id)
    changed: dict[int, Incident] = {}
    homes: dict[str, int] = {}
    for raised in raises:
        home = _home((incidents[number] for number in at_site[raised.site]), raised)
        joined = _joined(home or _begun(raised), raised)
        homes[raised.key] = joined.id
        may_merge = home is None or (home.urgent, home.first_ms) != (joined.urgent, joined.first_ms)
        incidents[joined.id] = joined
        for one in (joined, *(_merged(incidents, joined) if may_merge else ())):
            incidents[one.id] = changed[one.id] = one
            for site in one.sites:
                at_site[site].add(one.id)
    return Grouped(changed, {key: _head(incidents, number) for key, number in homes.items()})


def cause(incident: Incident) -> Cause:
    """What an incident's alarms point to."""
    codes = set(incident.codes)
    if incident.kind is Kind.SITES:
        return Cause.POWER if codes & _LOST else Cause.COMMON
    if GATEWAY_SILENT in codes:
        return Cause.GATEWAY
    return Cause.LINK if AlarmCode.LINK_SILENT in codes else Cause.PLANT


_LOST: Final = frozenset(
    {GATEWAY_SILENT, AlarmCode.LINK_SILENT, AlarmCode.DEVICE_SILENT, AlarmCode.LOW, AlarmCode.LOW_LOW}
)


def title(incident: Incident, language: str, site_title: Callable[[str], str] = str) -> str:
    """An incident in a line.

    Args:
        incident: any.
        language: ru, kk or en.
        site_title: what people call a site.

    Raises:
        KeyError: another language.
    """
    sentence = LANGUAGES[language].incidents[cause(incident)]
    return sentence.replace("{sites}", ", ".join(site_title(site) for site in incident.sites))


def _head(incidents: Mapping[int, Incident], number: int) -> int:
    while incidents[number].merged_into:
        number = incidents[number].merged_into
    return number


def _home(incidents: Iterable[Incident], raised: Raise) -> Incident | None:
    """The newest incident to which an alarm belongs."""
    near = [
        one
        for one in incidents
        if not one.merged_into and one.first_ms - NEXT_MS <= raised.t_ms <= one.last_ms + NEXT_MS
    ]
    return max(near, key=lambda one: one.id, default=None)


def _begun(raised: Raise) -> Incident:
    return Incident(
        id=raised.seq, sites=(raised.site,), first_ms=raised.t_ms, last_ms=raised.t_ms, urgent=False
    )


def _joined(incident: Incident, raised: Raise) -> Incident:
    return replace(
        incident,
        first_ms=min(incident.first_ms, raised.t_ms),
        last_ms=max(incident.last_ms, raised.t_ms),
        urgent=incident.urgent or raised.priority <= URGENT_PRIORITY,
        codes=incident.codes if raised.code in incident.codes else (*incident.codes, raised.code),
    )


def _merged(incidents: Mapping[int, Incident], newest: Incident) -> Iterator[Incident]:
    """The one incident of several sites, and those it takes up; nothing while they are too few."""
    together = [
        one
        for one in incidents.values()
        if one.urgent and not one.merged_into and abs(one.first_ms - newest.first_ms) <= TOGETHER_MS
    ]
    sites = {site for one in together for site in one.sites}
    if newest not in together or len(together) == 1 or len(sites) < SITES:
        return
    head = min(together, key=lambda one: one.id)
    yield replace(
        head,
        kind=Kind.SITES,
        sites=tuple(sorted(sites)),
        first_ms=min(one.first_ms for one in together),
        last_ms=max(one.last_ms for one in together),
        codes=tuple(dict.fromkeys(code for one in together for code in one.codes)),
    )
    yield from (replace(one, merged_into=head.id) for one in together if one.id != head.id)
