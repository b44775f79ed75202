"""What is known of the region from MQTT alone: the latest value of each point, the gateways, the pace."""

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from wire.codec import DecodeError, decode
from wire.messages import About, Batch, LinkStatus, Presence, Status, Value
from wire.topics import ForeignTopicError, Gateway, Kind, parse

_PACE_OVER_MS = 10_000


class Latest(Struct, frozen=True):
    """The newest reading of a point; `quality` is None when it is good."""

    t_ms: int
    value: Value
    quality: str | None


class Station:
    """One gateway: its points in the order of its birth message, and its last status."""

    def __init__(self) -> None:
        self.title = ""
        self.units: dict[tuple[str, str], str] = {}
        self.latest: dict[tuple[str, str], Latest] = {}
        self.state: Presence | None = None
        self.outbox = 0
        self.links: tuple[LinkStatus, ...] = ()
        self.seen: set[tuple[str, int]] = set()

    def points(self) -> Iterator[tuple[str, str, str, Latest | None]]:
        """Device, channel, unit and the newest reading of each point."""
        for (device, channel), unit in self.units.items():
            yield device, channel, unit, self.latest.get((device, channel))


class Board:
    """All gateways that have said anything; what is no message of ours is counted and ignored."""

    def __init__(self) -> None:
        self.stations: dict[Gateway, Station] = {}
        self.unreadable = 0
        self.readings = 0
        self.login = ""
        """How to log in to the console, once it is known."""
        self._arrived: deque[tuple[int, int]] = deque()

    def take(self, topic: str, payload: bytes, now_ms: int) -> None:
        """Learn from one MQTT message."""
        try:
            gateway, kind = parse(topic)
            station = self.stations.setdefault(gateway, Station())
            match kind:
                case Kind.ABOUT:
                    _introduce(station, decode(About, payload))
                case Kind.STATUS:
                    _update(station, decode(Status, payload))
                case Kind.BATCH:
                    self._count(now_ms, _store(station, decode(Batch, payload)))
                case _:
                    pass
        except (ForeignTopicError, DecodeError):
            self.unreadable += 1

    def pace(self, now_ms: int) -> float:
        """Readings a second over the last ten."""
        while self._arrived and self._arrived[0][0] < now_ms - _PACE_OVER_MS:
            self._arrived.popleft()
        return sum(count for _, count in self._arrived) * 1000 / _PACE_OVER_MS

    def _count(self, now_ms: int, readings: int) -> None:
        self.readings += readings
        self._arrived.append((now_ms, readings))


def _introduce(station: Station, about: About) -> None:
    station.title = about.site_title
    station.units = {
        (device.name, channel.name): channel.unit for device in about.devices for channel in device.channels
    }


def _update(station: Station, status: Status) -> None:
    station.state, station.outbox, station.links = status.state, status.outbox_readings, status.links


def _store(station: Station, batch: Batch) -> int:
    """Keep the newest of each point; how many readings it brought, 0 for a batch that came again."""
    if (batch.epoch, batch.seq) in station.seen:
        return 0
    station.seen.add((batch.epoch, batch.seq))
    count = 0
    for table in batch.tables:
        for row in table.rows:
            count += len(row.values)
            for index, channel in enumerate(table.channels):
                station.latest[table.device, channel] = Latest(
                    row.t_ms, row.values[index], row.quality.get(index)
                )
    return count
