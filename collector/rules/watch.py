"""Where rules meet the store and the book: what arrived is judged, at each of its times that is new.

Called in the transaction that records the batches, after the store has them: what a rule raises is as durable
as what a gateway tells, and every collector of a region sees the same readings.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from msgspec import Struct

from collector.alarms import book
from collector.alarms.alarm import Alarm
from collector.arrivals import Arrival, Selection, StoredReading
from collector.rules import air, boiler, findings, limits
from collector.rules.air import Series
from collector.rules.findings import Finding, Subject
from collector.settings import BoilerHouse, RulesTable
from collector.store import Store
from wire.messages import About, AlarmEvent, ChannelAbout, DeviceAbout
from wire.quantities import Quantity
from wire.texts import AIR_EXCEEDANCE, FUEL_LOW, MAKEUP_HIGH, OFF_SCHEDULE
from wire.topics import Gateway

AIR_POST: Final = "air_post"
EVERY_MS: Final = 60_000
"""A site is judged at most once in so long of its readings' time."""
HOUR_MS: Final = 3_600_000
_AHEAD_MS: Final = 300_000
"""Clocks of gateways may be so far ahead; one that is wrong by more must not keep later readings unjudged."""
_LONGEST_BACKLOG: Final = 1500
"""Times of one site that are judged together; of a longer backlog the newest."""
Told = tuple[Gateway, AlarmEvent]
Judge = Callable[[int, float], Finding | None]
"""What a rule finds at a time, given the level that stands."""


class Watch:
    """The rules of a region; one thread calls."""

    def __init__(self, table: RulesTable, store: Store) -> None:
        self._store = store
        self._judged_ms: dict[Hashable, int] = {}
        """Of a site, or of what is looked at less often, the newest time that was judged."""
        self._pending: dict[Hashable, int] = {}
        self.renew(table)

    def renew(self, table: RulesTable) -> None:
        """Go by other rules from now on."""
        self._table = table
        self._limits = limits.single(table.limit)
        self._boilers = {one.site: one for one in table.boiler_house}

    def concerned(self, arrivals: Iterable[Arrival]) -> set[Gateway]:
        """The gateways whose readings a rule watches."""
        return {one.gateway for one in arrivals if self._is_watched(one)}

    def _is_watched(self, one: Arrival) -> bool:
        return one.batch.site_class == AIR_POST or one.gateway.site in self._boilers

    def judge(
        self,
        connection: sa.Connection,
        arrivals: Sequence[Arrival],
        abouts: Mapping[Gateway, About],
        now_ms: int,
    ) -> list[Told]:
        """What the rules say of what has arrived, to be taken in as what gateways tell; then `settle`.

        Args:
            connection: to the state database.
            arrivals: batches that the store has.
            abouts: what these gateways have.
            now_ms: Unix ms; what claims to be of a later time is not judged.

        Raises:
            StoreUnavailableError: nothing was judged; the same can be judged later.
        """
        told: list[Told] = []
        self._pending = {}
        for site, times in self._due(arrivals, now_ms + _AHEAD_MS).items():
            rules = list(self._rules(site, times, abouts))
            known = book.known(connection, [subject.key for subject, _ in rules])
            for subject, judge in rules:
                told += _events(subject, judge, times, known.get(subject.key))
            self._pending[site] = times[-1]
        return told

    def settle(self) -> None:
        """What was judged last is recorded: it need not be judged again."""
        self._judged_ms |= self._pending
        self._pending = {}

    def _due(self, arrivals: Iterable[Arrival], latest_ms: int) -> dict[str, list[int]]:
        """Site → the times at which it is to be judged, of those that have arrived."""
        arrived: defaultdict[str, set[int]] = defaultdict(set)
        for one in arrivals:
            if self._is_watched(one):
                times = (row.t_ms for t in one.batch.tables for row in t.rows)
                arrived[one.gateway.site].update(t_ms for t_ms in times if t_ms <= latest_ms)
        spaced = {
            site: _spaced(times, self._judged_ms.get(site, -EVERY_MS)) for site, times in arrived.items()
        }
        return {site: times[-_LONGEST_BACKLOG:] for site, times in spaced.items() if times}

    def _rules(
        self, site: str, times: Sequence[int], abouts: Mapping[Gateway, About]
    ) -> Iterator[tuple[Subject, Judge]]:
        boiler_house = self._boilers.get(site)
        if boiler_house is not None:
            yield from self._boiler_rules(boiler_house, times, abouts)
        posts = [one for one in abouts.items() if one[0].site == site and one[1].site_class == AIR_POST]
        if posts and self._table.air:
            yield from self._air_rules(site, times, posts)

    def _air_rules(
        self, site: str, times: Sequence[int], posts: Iterable[tuple[Gateway, About]]
    ) -> Iterator[tuple[Subject, Judge]]:
        found = self._read(f"{site}/*", times, air.WINDOW_MS)
        channels = [
            (gateway, device, channel)
            for gateway, about in posts
            for device in about.devices
            for channel in device.channels
            if channel.quantity in self._limits
        ]
        so2 = next(
            (found.get((d.name, c.name), ()) for _, d, c in channels if c.quantity == Quantity.SO2), ()
        )
        for gateway, device, channel in channels:
            series = found.get((device.name, channel.name), ())
            watched = self._air_channel(gateway, device, channel)
            follows = so2 if channel.quantity == Quantity.H2S else ()
            yield watched.subject, self._air_judge(watched, series, follows)

    def _air_channel(self, gateway: Gateway, device: DeviceAbout, channel: ChannelAbout) -> air.Channel:
        subject = Subject(gateway, AIR_EXCEEDANCE, device.name, channel.name)
        return air.Channel(subject, self._limits[channel.quantity], channel.unit, device.period_s)

    def _air_judge(self, watched: air.Channel, series: Series, so2: Series) -> Judge:
        levels = self._table.air_levels
        return lambda t_ms, standing: air.judge(
            watched, series, t_ms, standing=standing, levels=levels, so2=so2
        )

    def _boiler_rules(
        self, house: BoilerHouse, times: Sequence[int], abouts: Mapping[Gateway, About]
    ) -> Iterator[tuple[Subject, Judge]]:
        there = _Place(house.site, abouts)
        has_schedule = house.supply and house.outdoor and house.schedule
        if has_schedule and (supply := there.subject(house.supply or "", OFF_SCHEDULE)):
            yield supply, self._schedule_judge(house, supply, times)
        if house.makeup and house.makeup_limit and (makeup := there.subject(house.makeup, MAKEUP_HIGH)):
            yield makeup, self._makeup_judge(house, makeup, there.unit(house.makeup), times)
        if house.fuel and (fuel := there.subject(house.fuel, FUEL_LOW)):
            yield fuel, self._fuel_judge(house, fuel, there.unit(house.fuel))

    def _schedule_judge(self, house: BoilerHouse, subject: Subject, times: Sequence[int]) -> Judge:
        assert house.supply
        assert house.outdoor
        assert house.schedule
        window_ms = round(house.over_min * 60_000)
        supply = self._point(house.site, house.supply, times, window_ms)
        outdoor = self._point(house.site, house.outdoor, times, window_ms)
        schedule, tolerance = house.schedule, house.tolerance
        return lambda t_ms, standing: boiler.off_schedule(
            subject,
            supply,
            outdoor,
            schedule,
            tolerance=tolerance,
            window_ms=window_ms,
            t_ms=t_ms,
            standing=standing,
        )

    def _makeup_judge(self, house: BoilerHouse, subject: Subject, unit: str, times: Sequence[int]) -> Judge:
        assert house.makeup
        assert house.makeup_limit
        limit, flow = house.makeup_limit, self._point(house.site, house.makeup, times, HOUR_MS)
        return lambda t_ms, standing: boiler.makeup_high(
            subject, flow, limit, unit, window_ms=HOUR_MS, t_ms=t_ms, standing=standing
        )

    def _fuel_judge(self, house: BoilerHouse, subject: Subject, unit: str) -> Judge:
        def judge(t_ms: int, standing: float) -> Finding | None:
            judged_ms = self._pending.get(subject, self._judged_ms.get(subject, -HOUR_MS))
            if t_ms - judged_ms < HOUR_MS:
                return None
            self._pending[subject] = t_ms
            selected = Selection(
                points=f"{house.site}/{house.fuel}",
                start_ms=t_ms - boiler.CONSUMED_MS,
                end_ms=t_ms + 1,
                every_ms=HOUR_MS,
            )
            stock = [one for reading in self._store.read(selected) if (one := _number(reading))]
            return boiler.fuel_low(subject, stock, house.fuel_days, unit, t_ms=t_ms, standing=standing)

        return judge

    def _point(self, site: str, point: str, times: Sequence[int], window_ms: int) -> Series:
        device, _, channel = point.partition("/")
        return self._read(f"{site}/{point}", times, window_ms).get((device, channel), ())

    def _read(self, points: str, times: Sequence[int], window_ms: int) -> dict[tuple[str, str], Series]:
        """The good numbers of these points until the last of the times, by device and channel."""
        selected = Selection(points=points, start_ms=times[0] - window_ms, end_ms=times[-1] + 1)
        found: defaultdict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
        for reading in self._store.read(selected):
            if reading.quality is None and (one := _number(reading)):
                found[reading.device, reading.channel].append(one)
        return dict(found)


class _Place(Struct, frozen=True):
    """What the gateways of one site have."""

    site: str
    abouts: Mapping[Gateway, About]

    def subject(self, point: str, code: str) -> Subject | None:
        """What a rule watches at a point; None: no gateway that spoke has it."""
        found = self._channel(point)
        return Subject(found[0], code, *point.split("/")) if found else None

    def unit(self, point: str) -> str:
        """Of a point."""
        found = self._channel(point)
        return found[1].unit if found else ""

    def _channel(self, point: str) -> tuple[Gateway, ChannelAbout] | None:
        device, _, channel = point.partition("/")
        return next(
            (
                (gateway, one)
                for gateway, about in self.abouts.items()
                if gateway.site == self.site
                for known in about.devices
                if known.name == device
                for one in known.channels
                if one.name == channel
            ),
            None,
        )


def _events(subject: Subject, judge: Judge, times: Iterable[int], known: Alarm | None) -> Iterator[Told]:
    """What a rule says at each of these times, each in view of what it said before."""
    for t_ms in times:
        finding = judge(t_ms, findings.level(known))
        event = findings.event(known, finding) if finding else None
        if event is not None:
            known = findings.after(known, subject, event)
            yield subject.gateway, event


def _spaced(times: Iterable[int], judged_ms: int) -> list[int]:
    """Those that are new, a minute apart."""
    spaced: list[int] = []
    for t_ms in sorted(times):
        if t_ms - (spaced[-1] if spaced else judged_ms) >= EVERY_MS:
            spaced.append(t_ms)
    return spaced


def _number(reading: StoredReading) -> tuple[int, float] | None:
    return (reading.t_ms, float(reading.value)) if isinstance(reading.value, int | float) else None
