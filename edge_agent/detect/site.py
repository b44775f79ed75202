"""Every group of a site: each device's channels together, and the relations between devices.

    Scan ─▶ the group of its device ───────────────┬─▶ Judged: anomalous or not, findings, learning
         └▶ last good values ─▶ relations whose ───┘
                                target it measures

Each operating mode has models of its own, but for those in which the plant stands or people work on it:
then nothing is judged and nothing learnt.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edge_agent.detect.findings import Finding, Outcome, StateMisfitError
from edge_agent.detect.group import Group, GroupState
from edge_agent.samples import Scan
from edge_agent.settings.detection import DetectSettings
from edge_agent.settings.watching import Detection, RelationWatch, Source
from wire.messages import Learning, OperatingMode, Quality, Value

VERSION: Final = 1
SUSPENDED: Final = frozenset({OperatingMode.OFF, OperatingMode.MAINTENANCE})


class ModeState(Struct, frozen=True):
    """What the site is doing, until when (Unix ms; 0: until told otherwise), and what it returns to then."""

    mode: OperatingMode
    until_ms: int = 0
    after: OperatingMode = OperatingMode.HEATING


class SiteState(Struct, frozen=True, kw_only=True):
    """Everything a site has learnt, as plain numbers: mode → group → its state."""

    version: int = VERSION
    mode: ModeState
    models: dict[OperatingMode, dict[str, GroupState]]


class Judged(Struct, frozen=True):
    """What the detectors say of a scan; `anomalous` is None while they only learn, or are suspended.

    The channels of the findings are indices in the scan.
    """

    anomalous: bool | None
    findings: tuple[Finding, ...] = ()


class Part(Struct, frozen=True):
    """A group and where its channels stand; `places`: their indices in the scans of its device."""

    name: str
    group: Group
    sources: tuple[Source, ...]
    places: tuple[int, ...]


_NOTHING: Final = Judged(None)


class SiteDetector:
    """The detectors of one site."""

    def __init__(self, detection: Detection) -> None:
        self._detection = detection
        self._base = detection.mode
        self._mode = ModeState(detection.mode, after=detection.mode)
        self._resting: dict[OperatingMode, dict[str, GroupState]] = {}
        self._parts = _parts(detection)
        self._seen: dict[tuple[str, int], tuple[int, float]] = {}
        self._drivers = {(s.device, s.place) for watch in detection.relations for s in watch.sources}
        self._learning: dict[str, tuple[int, int]] = {}

    @property
    def mode(self) -> ModeState:
        """What the site is doing."""
        return self._mode

    def scan(self, scan: Scan) -> Judged:
        """Judge a scan, then learn from it unless it is anomalous; only good values count."""
        t_ms = scan.taken.wall_ms
        self._advance(t_ms)
        self._remember(scan, t_ms)
        parts = self._parts.get(scan.device, ())
        if not parts or self._mode.mode in SUSPENDED:
            return _NOTHING
        outcomes = [part.group.step(t_ms, self._row(part, scan, t_ms)) for part in parts]
        self._note_learning(scan.device, outcomes)
        findings = [
            replace(found, channel=part.places[found.channel])
            for part, outcome in zip(parts, outcomes, strict=True)
            for found in outcome.findings
        ]
        return Judged(_verdict(outcomes), tuple(sorted(findings, key=lambda found: -found.score)))

    def learning(self) -> tuple[Learning, ...]:
        """The devices whose detectors do not judge yet."""
        return tuple(Learning(name, *progress) for name, progress in self._learning.items())

    def rebaseline(self, device: str) -> bool:
        """Take what is seen at a device now for normal; False: nothing of it is watched."""
        for part in self._parts.get(device, ()):
            part.group.rebaseline()
        return device in self._parts

    def set_mode(self, mode: OperatingMode, until_ms: int = 0) -> None:
        """Change what the site is doing, until a time (Unix ms; 0: until told otherwise)."""
        after = self._mode.after if self._mode.until_ms else self._mode.mode
        self._change(ModeState(mode, until_ms, after if until_ms else mode))

    def state(self) -> SiteState:
        """Everything learnt in every mode."""
        models = self._resting | {_model(self._mode.mode, self._base): self._states()}
        return SiteState(mode=self._mode, models=models)

    def restore(self, state: SiteState) -> str | None:
        """Go on from a saved state; what of it does not fit begins anew, and is named in one sentence.

        Raises:
            StateMisfitError: it is of another version; nothing is changed.
        """
        if state.version != VERSION:
            raise StateMisfitError(f"state of version {state.version}; this program knows {VERSION}")
        self._mode = state.mode
        self._resting = dict(state.models)
        misfits = list(self._wake(_model(self._mode.mode, self._base)))
        return "; ".join(misfits) or None

    def _advance(self, t_ms: int) -> None:
        if 0 < self._mode.until_ms <= t_ms:
            self._change(ModeState(self._mode.after, after=self._mode.after))

    def _change(self, mode: ModeState) -> None:
        was, now = _model(self._mode.mode, self._base), _model(mode.mode, self._base)
        self._mode = mode
        if was is not now:
            self._resting[was] = self._states()
            self._parts = _parts(self._detection)
            self._learning.clear()
            list(self._wake(now))
        if mode.mode in SUSPENDED:
            for part in self._every():
                part.group.suspend()
        else:
            for part in self._every():
                part.group.resume()

    def _wake(self, mode: OperatingMode) -> Iterator[str]:
        """Take up what was learnt in a mode; yields what does not fit."""
        saved = self._resting.pop(mode, {})
        for part in self._every():
            try:
                if part.name in saved:
                    part.group.restore(saved[part.name])
            except StateMisfitError as error:
                yield f"{part.name}: {error}"

    def _states(self) -> dict[str, GroupState]:
        return {part.name: part.group.state() for part in self._every()}

    def _every(self) -> Iterator[Part]:
        for parts in self._parts.values():
            yield from parts

    def _remember(self, scan: Scan, t_ms: int) -> None:
        """Keep the values that relations of other devices ask for."""
        for place, value in enumerate(scan.values):
            key = (scan.device, place)
            if key in self._drivers and isinstance(value, float) and place not in scan.quality:
                self._seen[key] = (t_ms, value)

    def _row(self, part: Part, scan: Scan, t_ms: int) -> list[float | None]:
        return [
            _good(scan.values, scan.quality, source.place)
            if source.device == scan.device
            else self._latest(source, t_ms)
            for source in part.sources
        ]

    def _latest(self, source: Source, t_ms: int) -> float | None:
        at_ms, value = self._seen.get((source.device, source.place), (-1, 0.0))
        return value if at_ms >= 0 and abs(t_ms - at_ms) <= source.fresh_ms else None

    def _note_learning(self, device: str, outcomes: Sequence[Outcome]) -> None:
        waiting = [outcome.learning for outcome in outcomes if outcome.learning is not None]
        if waiting:
            self._learning[device] = max(waiting, key=lambda seen: seen[1] - seen[0])
        else:
            self._learning.pop(device, None)


def encode_state(state: SiteState) -> bytes:
    """MessagePack; at most 4 kB for each channel and mode."""
    return msgspec.msgpack.encode(state)


def decode_state(saved: bytes) -> SiteState:
    """Read what `encode_state` wrote.

    Raises:
        StateMisfitError: no such state at all.
    """
    try:
        return msgspec.msgpack.decode(saved, type=SiteState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StateMisfitError(f"not a state that this program knows: {error}") from None


def _parts(detection: Detection) -> dict[str, tuple[Part, ...]]:
    """Device → what is stepped with each of its scans."""
    found: dict[str, tuple[Part, ...]] = {}
    for watch in detection.devices:
        sources = tuple(Source(watch.device, place, 0) for place in watch.places)
        group = Group(watch.channels, watch.settings, watch.period_ms)
        found[watch.device] = (Part(watch.device, group, sources, watch.places),)
    for relation in detection.relations:
        device = relation.sources[0].device
        found[device] = (*found.get(device, ()), _relation(relation))
    return found


def _relation(watch: RelationWatch) -> Part:
    settings = watch.settings
    names = (settings.target, *settings.drivers)
    name = f"{names[0]} by {', '.join(names[1:])}"
    group = Group(names, DetectSettings(innovations=None, expected=(settings,)), watch.period_ms)
    return Part(name, group, watch.sources, (watch.sources[0].place,))


def _model(mode: OperatingMode, base: OperatingMode) -> OperatingMode:
    """Whose models are at hand in a mode; while nothing is judged, those that will be needed next."""
    return base if mode in SUSPENDED else mode


def _good(values: Sequence[Value], quality: Mapping[int, Quality], place: int) -> float | None:
    value = values[place]
    return value if isinstance(value, float) and place not in quality else None


def _verdict(outcomes: Sequence[Outcome]) -> bool | None:
    if any(outcome.anomalous for outcome in outcomes):
        return True
    return None if all(outcome.learning is not None for outcome in outcomes) else False
