"""What happens in a scenario, as its file tells it, and what should be raised for it.

    [[event]]
    kind = "pump_stop"            # see `firmware_sim.plant.events.Kind`
    site = "bh-01"
    at = 2026-01-26T03:20:00+05:00    # or after_s, since the story began
    for_s = 1800
    severity = "ordinary"

From each event follows what a gateway should raise, on which of the points that can see it, and until when;
the catalogue has the rule. `[[truth]]` says what does not follow from one event alone.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from firmware_sim.catalog import CATALOG, Entry, Severity, Target
from firmware_sim.plant.events import Event, Kind
from firmware_sim.telling import Telling
from wire.config_file import Path_, nearest
from wire.messages import AlarmCode, Name

_NEEDS = {
    Target.SENSOR: ("device", "channel"),
    Target.DEVICE: ("device",),
    Target.LINK: ("link",),
}


class EventTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[event]]`."""

    kind: Kind
    site: Name
    at: datetime | None = None
    after_s: float | None = None
    """Plant seconds since the story began; the other way to say `at`."""
    for_s: Annotated[float, Meta(gt=0)] | None = None
    """None: to the end."""
    severity: Severity = Severity.ORDINARY
    level: float | None = None
    """Instead of the severity's."""
    over_s: Annotated[float, Meta(gt=0)] | None = None
    boiler: Annotated[int, Meta(ge=1, le=4)] = 1
    branch: Annotated[int, Meta(ge=1, le=3)] = 3
    device: str = ""
    channel: str = ""
    """As it is called at the site."""
    other_device: str = ""
    """Of a swapped pair; the same device when it is not said."""
    other_channel: str = ""
    link: str = ""
    within_s: Annotated[float, Meta(gt=0)] | None = None
    """When the alarm is due, instead of the catalogue's."""
    expect: bool = True
    """False: part of the scenery, nothing needs to be raised for it."""
    incident: str = ""
    """Events and truths of one cause bear one name."""


class TruthTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[truth]]`."""

    site: Name
    at: datetime | None = None
    after_s: float | None = None
    within_s: Annotated[float, Meta(gt=0)]
    for_s: Annotated[float, Meta(gt=0)] | None = None
    codes: Annotated[tuple[AlarmCode, ...], Meta(min_length=1)]
    device: str = ""
    channel: str = ""
    link: str = ""
    incident: str = ""


class Where(Struct, frozen=True):
    """What an alarm is about: a point, a device, or a link; what is empty does not matter."""

    device: str = ""
    channel: str = ""
    link: str = ""

    def covers(self, device: str | None, channel: str | None, link: str | None) -> bool:
        """Whether an alarm about this is about that."""
        asked = ((self.device, device), (self.channel, channel), (self.link, link))
        return all(not mine or mine == theirs for mine, theirs in asked)


class Truth(Struct, frozen=True, kw_only=True):
    """What should be raised: any of `codes`, about any of `places`, before `by_s`; times are plant time."""

    site: str
    kind: str
    """The event's, or `truth` where the file says so itself."""
    begin_s: float
    end_s: float
    by_s: float
    codes: tuple[AlarmCode, ...]
    places: tuple[Where, ...]
    incident: str = ""


class Eyes(Struct, frozen=True, kw_only=True):
    """What a site has that can be hit, and what it can see."""

    site_class: str
    links: tuple[str, ...]
    devices: tuple[str, ...]
    points: tuple[tuple[str, str], ...]
    """Device and channel of all that is measured; a channel bears the name of its variable."""
    on_mains: tuple[str, ...]
    """Devices that fall silent without power."""


class MisfitError(ValueError):
    """A table that does not fit its scenario.

    Attributes:
        path: the key, counted from the file's root.
    """

    def __init__(self, path: Path_, message: str) -> None:
        super().__init__(message)
        self.path = path


def events(
    tables: Sequence[EventTable], eyes: Mapping[str, Eyes], start_s: float, shift_s: float, told: Telling
) -> list[tuple[EventTable, Event]]:
    """All events of a file in plant time.

    Args:
        tables: as they are written.
        eyes: the sites by name.
        start_s: when the story begins.
        shift_s: how much later than it is written that is.
        told: another severity than the tables'.

    Raises:
        MisfitError: the first one that cannot be.
    """
    found = []
    for n, written in enumerate(tables):
        check(("event", n), written, eyes)
        table = replace(written, severity=told.severity or written.severity)
        found.append((table, event(table, start_s, shift_s)))
    return found


def truths(
    tables: Sequence[TruthTable], eyes: Mapping[str, Eyes], start_s: float, shift_s: float
) -> list[Truth]:
    """All that a file itself says should be raised.

    Raises:
        MisfitError: the first one that cannot be.
    """
    for n, table in enumerate(tables):
        _check_when_and_where(("truth", n), table, eyes)
    return [truth(table, start_s, shift_s) for table in tables]


def _check_when_and_where(path: Path_, table: EventTable | TruthTable, eyes: Mapping[str, Eyes]) -> None:
    if table.site not in eyes:
        raise MisfitError((*path, "site"), f"no site `{table.site}`{nearest(table.site, eyes)}")
    if table.at is not None and table.at.tzinfo is None:
        raise MisfitError((*path, "at"), "say the zone as well, such as 2026-01-26T03:00:00+05:00")
    if (table.at is None) == (table.after_s is None):
        raise MisfitError(path, "say when, by one of `at` and `after_s`")


def check(path: Path_, table: EventTable, eyes: Mapping[str, Eyes]) -> None:
    """Refuse an event that cannot happen at its site.

    Raises:
        MisfitError: a key is missing, or names what is not there.
    """
    _check_when_and_where(path, table, eyes)
    if missing := missing_keys(table):
        raise MisfitError(path, f"{table.kind} needs the key `{missing[0]}`")
    site, target = eyes[table.site], CATALOG[table.kind].target
    if target in {Target.BOILER_HOUSE, Target.AIR_POST} and site.site_class != target:
        raise MisfitError(
            (*path, "kind"), f"{table.kind} happens at an {target} only; {table.site} is a {site.site_class}"
        )
    if table.link and table.link not in site.links:
        raise MisfitError((*path, "link"), f"no link `{table.link}`{nearest(table.link, site.links)}")
    for device, channel in ((table.device, table.channel), (_other(table), table.other_channel)):
        if device and device not in site.devices:
            raise MisfitError((*path, "device"), f"no device `{device}`{nearest(device, site.devices)}")
        if channel and (device, channel) not in site.points:
            known = [name for owner, name in site.points if owner == device]
            raise MisfitError(
                (*path, "channel"), f"{device} measures no `{channel}`{nearest(channel, known)}"
            )


def _other(table: EventTable) -> str:
    return table.other_device or table.device


def event(table: EventTable, start_s: float, shift_s: float = 0.0) -> Event:
    """An event in plant time, as bad as it is told; `shift_s` is how much later than it is written."""
    begin_s, entry = begins(table, start_s, shift_s), CATALOG[table.kind]
    return Event(
        kind=table.kind,
        begin_s=begin_s,
        end_s=math.inf if table.for_s is None else begin_s + table.for_s,
        level=entry.level(table.severity) if table.level is None else table.level,
        over_s=entry.over_s if table.over_s is None else table.over_s,
        boiler=table.boiler,
        branch=table.branch,
        device=table.device,
        channel=table.channel,
        other_device=_other(table),
        other_channel=table.other_channel,
        link=table.link,
    )


def begins(table: EventTable | TruthTable, start_s: float, shift_s: float) -> float:
    """When it begins, plant time."""
    if table.at is not None:
        return table.at.timestamp() + shift_s
    return start_s + (table.after_s or 0.0)


def truth_of(table: EventTable, happens: Event, eyes: Eyes) -> Truth | None:
    """What should be raised for an event; None when nobody at the site can see it, or nothing is expected."""
    entry = CATALOG[table.kind]
    places = tuple(_places(happens, entry, eyes))
    if not (table.expect and places):
        return None
    due_s = entry.due_s(table.severity) if table.within_s is None else table.within_s
    return Truth(
        site=table.site,
        kind=table.kind,
        begin_s=happens.begin_s,
        end_s=happens.end_s,
        by_s=happens.begin_s + due_s,
        codes=entry.codes,
        places=places,
        incident=table.incident,
    )


def truth(table: TruthTable, start_s: float, shift_s: float) -> Truth:
    """What the file itself says should be raised."""
    begin_s = begins(table, start_s, shift_s)
    return Truth(
        site=table.site,
        kind="truth",
        begin_s=begin_s,
        end_s=begin_s + (table.for_s or table.within_s),
        by_s=begin_s + table.within_s,
        codes=table.codes,
        places=(Where(table.device, table.channel, table.link),),
        incident=table.incident,
    )


def _places(happens: Event, entry: Entry, eyes: Eyes) -> Iterator[Where]:
    if entry.target is Target.LINK:
        yield Where(link=happens.link)
        return
    if entry.target in {Target.SENSOR, Target.DEVICE}:
        yield Where(happens.device, happens.channel)
        if happens.kind is Kind.SENSOR_SWAP:
            yield Where(happens.other_device, happens.other_channel)
        return
    shows = {name for name in entry.sees if not _elsewhere(name, happens)}
    yield from (Where(device, channel) for device, channel in eyes.points if channel in shows)
    if happens.kind is Kind.POWER_OUTAGE:
        yield from (Where(device) for device in eyes.on_mains)


def _elsewhere(variable: str, happens: Event) -> bool:
    """Whether a variable belongs to another branch than the one that freezes."""
    return happens.kind is Kind.FROZEN_BRANCH and not variable.endswith(f"_{happens.branch}")


def missing_keys(table: EventTable) -> Sequence[str]:
    """The keys that an event of this kind cannot do without."""
    needed = list(_NEEDS.get(CATALOG[table.kind].target, ()))
    needed += ["other_channel"] * (table.kind is Kind.SENSOR_SWAP)
    needed += ["for_s"] * (table.kind is Kind.FUEL_THEFT)
    return [key for key in needed if not getattr(table, key)]
