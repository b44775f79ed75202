"""Incidents: alarms of one cause, told as one; pure.

    alarms of one site, each within two minutes of the one before  ─▶ an incident of the site
    three sites within a minute, each with something urgent        ─▶ one incident of all of them

The second is how a power cut looks from the centre (Oskemen, 26 January 2026: four boiler houses and their
pumping stations within a minute). Times are those of the gateways, so that what arrives late finds its place.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

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


class Raise(Struct, frozen=True):
    """An alarm that was raised: its number in the journal, its key, where, when (Unix ms), how urgent."""

    seq: int
    key: str
    site: str
    t_ms: int
    priority: int


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
    keys: tuple[str, ...]
    merged_into: int = 0
    """The incident that took this one up."""


def group(known: Iterable[Incident], raises: Iterable[Raise]) -> dict[int, Incident]:
    """The incidents that are new or changed, by id.

    Args:
        known: those to which a raise may belong: of the last hour, and all that are open.
        raises: in the order of the journal.
    """
    incidents = {one.id: one for one in known}
    changed: dict[int, Incident] = {}
    for raised in raises:
        home = _home(incidents.values(), raised) or _begun(raised)
        joined = _joined(home, raised)
        for one in (joined, *_merged(incidents | {joined.id: joined}, joined)):
            incidents[one.id] = changed[one.id] = one
    return changed


def places(incidents: Mapping[int, Incident]) -> dict[str, int]:
    """Key → the incident it belongs to, for all alarms of these incidents."""
    return {key: one.merged_into or one.id for one in incidents.values() for key in one.keys}


def _home(incidents: Iterable[Incident], raised: Raise) -> Incident | None:
    """The newest incident to which an alarm belongs."""
    near = [
        one
        for one in incidents
        if not one.merged_into
        and raised.site in one.sites
        and one.first_ms - NEXT_MS <= raised.t_ms <= one.last_ms + NEXT_MS
    ]
    return max(near, key=lambda one: one.id, default=None)


def _begun(raised: Raise) -> Incident:
    return Incident(
        id=raised.seq,
        sites=(raised.site,),
        first_ms=raised.t_ms,
        last_ms=raised.t_ms,
        urgent=False,
        keys=(),
    )


def _joined(incident: Incident, raised: Raise) -> Incident:
    return replace(
        incident,
        first_ms=min(incident.first_ms, raised.t_ms),
        last_ms=max(incident.last_ms, raised.t_ms),
        urgent=incident.urgent or raised.priority <= URGENT_PRIORITY,
        keys=incident.keys if raised.key in incident.keys else (*incident.keys, raised.key),
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
        keys=tuple(dict.fromkeys(key for one in together for key in one.keys)),
    )
    yield from (replace(one, merged_into=head.id) for one in together if one.id != head.id)
