"""What channels of a site say of one another: stuck, swapped pair, inconsistent group."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from edge_agent.samples import DecodedScan, Instant, RelationBroken, Scan
from edge_agent.settings import Device
from edge_agent.settings.checks import Checks, usual
from edge_agent.settings.relations import Relation
from edge_agent.validate.device import Validator
from edge_agent.validate.past import GAP_PERIODS
from edge_agent.validate.precedence import believed, worse
from edge_agent.validate.relations import RelationWatch
from edge_agent.validate.state import SiteState
from edge_agent.validate.stuck import Stuck
from wire.messages import Clock, Quality

Peers = Sequence[tuple[Stuck, int]]


class Verdict(Struct, frozen=True):
    """A scan with its final quality, and what is known of the relations its device takes part in.

    A relation that is in neither could not be decided with this scan, or is not broken for long enough.
    """

    scan: Scan
    broken: tuple[RelationBroken, ...] = ()
    kept: tuple[str, ...] = ()


class _Place:
    """A device with what is remembered of it; `newest` is believable for itself where `good` says so."""

    def __init__(self, device: Device) -> None:
        self.checks: tuple[Checks, ...] = device.checks or tuple(map(usual, device.channels))
        self.gap_ms = GAP_PERIODS * device.period_ms
        self.validator = Validator(device.channels, self.checks, device.period_ms)
        self.stuck = Stuck(device.channels, self.checks, self.gap_ms)
        self.peers: list[Peers] = []
        self.relations: list[RelationWatch] = []
        self.newest: Scan | None = None


class SiteValidator:
    """Judges the scans of all devices of a site, each with the newest of the others in view."""

    def __init__(self, devices: Sequence[Device], relations: Sequence[Relation] = ()) -> None:
        self._places = {device.name: _Place(device) for device in devices}
        _join_peers(self._places, devices)
        for relation in relations:
            involved = {term.device for term in relation.terms}
            if relation.when is not None:
                involved.add(relation.when.device)
            watch = RelationWatch(relation, max(self._places[name].gap_ms for name in involved))
            for name in involved:
                self._places[name].relations.append(watch)

    def validate(self, scan: DecodedScan, clock: Clock, after_fault: bool = False) -> Verdict:
        """Give every channel its final quality and learn from what is good; arguments as for `Validator`.

        Raises:
            KeyError: the device is not one of the site's.
        """
        place = self._places[scan.device]
        judged = place.validator.judge(scan, clock, after_fault)
        if not place.validator.onward:
            return Verdict(judged)
        quality = judged.quality
        if suspects := place.stuck.suspects(scan.taken.mono_ms, scan.values):
            quality = worse(quality, _stuck(place, suspects, scan.taken.mono_ms), Quality.UNCERTAIN_STUCK)
        place.stuck.learn(scan.taken.mono_ms, scan.values, quality)
        broken: tuple[RelationBroken, ...] = ()
        if place.relations:
            place.newest = Scan(scan.device, scan.taken, clock, scan.values, quality)
            quality, broken = self._relate(place, scan.taken, quality)
        place.validator.learn(quality)
        changed = quality is not judged.quality
        final = Scan(scan.device, scan.taken, clock, scan.values, quality) if changed else judged
        if not place.relations:
            return Verdict(final)
        return Verdict(final, broken, tuple([watch.relation.name for watch in place.relations if watch.kept]))

    def state(self) -> SiteState:
        """What a restart must not lose."""
        return SiteState(devices={name: place.validator.state() for name, place in self._places.items()})

    def restore(self, state: SiteState) -> None:
        """Go on with a state; devices and channels that are no longer there are left out."""
        for name, place in self._places.items():
            if name in state.devices:
                place.validator.restore(state.devices[name])

    def _relate(
        self, place: _Place, now: Instant, quality: dict[int, Quality]
    ) -> tuple[dict[int, Quality], tuple[RelationBroken, ...]]:
        broken: list[RelationBroken] = []
        assert place.newest is not None
        for watch in place.relations:
            fact = watch.step(now, lambda device, index: self._read(device, index, now.mono_ms))
            if fact is None:
                continue
            broken.append(fact)
            own = [term.index for term in watch.relation.terms if term.device == place.newest.device]
            reason = Quality.UNCERTAIN_SWAPPED if watch.relation.swapped else Quality.UNCERTAIN_INCONSISTENT
            quality = worse(quality, own, reason)
        return quality, tuple(broken)

    def _read(self, device: str, index: int, now_ms: int) -> float | None:
        place = self._places[device]
        scan = place.newest
        if scan is None or abs(now_ms - scan.taken.mono_ms) > place.gap_ms:
            return None
        value = scan.values[index]
        return value if isinstance(value, float) and believed(scan.quality.get(index)) else None


def _stuck(place: _Place, suspects: Sequence[int], now_ms: int) -> list[int]:
    """The channels that stand still while a peer moves."""
    watch = place.stuck
    return [
        watch.watched[n]
        for n in suspects
        if any(peer.moves_beside(m, watch.still(n), now_ms) for peer, m in place.peers[n])
    ]


def _join_peers(places: dict[str, _Place], devices: Sequence[Device]) -> None:
    """Declared peers, else the channels of the same quantity, else all that are watched."""
    everyone: list[tuple[Stuck, int]] = []
    alike: dict[str, list[tuple[Stuck, int]]] = defaultdict(list)
    by_name: dict[str, tuple[Stuck, int]] = {}
    for device in devices:
        watch = places[device.name].stuck
        for n, index in enumerate(watch.watched):
            channel, spot = device.channels[index], (watch, n)
            everyone.append(spot)
            alike[channel.quantity].append(spot)
            by_name[f"{device.name}.{channel.name}"] = spot
    for device in devices:
        place = places[device.name]
        for index in place.stuck.watched:
            declared = [by_name[name] for name in place.checks[index].peers if name in by_name]
            same = alike[device.channels[index].quantity]
            place.peers.append(declared or (same if len(same) > 1 else everyone))
