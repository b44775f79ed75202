"""What the gateway thinks of each poll. Decides; no input or output.

    RawScan ─▶ decode ─▶ DecodedScan ─▶ validate ─▶ Scan ─┬──────────────▶ to the outbox
                                            │             ├─▶ detect            ▲
                                            │             ▼     ▼               │
                                            └─ relations ─▶ conditions ─▶ Told ─┘
    LinkStatus, every few seconds ────────────────────────────▲

What `validate` and `detect` have learnt and `conditions` has raised is one row of bytes each, for the
transaction that writes what it led to; one that does not fit is named, and that stage begins anew.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from edge_agent import detect
from edge_agent.conditions import Conditions, StateMisfitError, decode_state, encode_state, plan
from edge_agent.decode import Decoder, Gases
from edge_agent.detect import site
from edge_agent.samples import DecodedScan, Instant, RawScan, Scan, Told
from edge_agent.settings import Plant
from edge_agent.validate import SiteState, SiteValidator
from wire.messages import AlarmEvent, AlarmState, Clock, Learning, LinkStatus, OperatingMode, Quality

CONDITIONS: Final = "conditions"
DETECT: Final = "detect"
VALIDATE: Final = "validate"
ODD: Final = frozenset(
    {
        Quality.UNCERTAIN_SPIKE,
        Quality.UNCERTAIN_RATE,
        Quality.UNCERTAIN_NOISE,
        Quality.UNCERTAIN_SWAPPED,
        Quality.UNCERTAIN_INCONSISTENT,
        Quality.BAD_RATE,
        Quality.BAD_OUT_OF_RANGE,
    }
)


class Judging:
    """The deciding stages of one gateway."""

    def __init__(self, plant: Plant) -> None:
        names = [relation.name for relation in plant.relations]
        self._decode = {d.name: Decoder(d.channels, d.profile.statuses).decode for d in plant.devices}
        self._gases = Gases(plant.devices, plant.air)
        self._validate = SiteValidator(plant.devices, plant.relations)
        self._detect = site.SiteDetector(plant.detection)
        self._conditions = Conditions(plan(plant.devices, plant.alarms, names))
        self.judged = site.Judged(None)
        """What the detectors said of the last scan, whether or not another alarm tells it."""

    def scan(self, raw: RawScan, clock: Clock) -> tuple[Scan, list[Told]]:
        """Judge one poll: what is to be stored of it, and the alarm events it leads to."""
        return self.decoded(self._gases.convert(self._decode[raw.device](raw)), clock)

    def decoded(self, decoded: DecodedScan, clock: Clock) -> tuple[Scan, list[Told]]:
        """The same from values on; a recording has no bytes."""
        verdict = self._validate.validate(decoded, clock)
        events = self._conditions.scan(verdict.scan)
        found = self.judged = self._detect.scan(verdict.scan)
        events += self._conditions.anomaly(
            decoded.device, decoded.taken, clock, anomalous=found.anomalous, findings=found.findings
        )
        if verdict.broken or verdict.kept:
            events += self._conditions.relations(
                decoded.taken, clock, broken=verdict.broken, kept=verdict.kept
            )
        return verdict.scan, _told(events, decoded.taken)

    def is_pending(self, device: str) -> bool:
        """Whether something is seen at a device that becomes an alarm soon if it stays."""
        return self._conditions.is_pending(device)

    def health(self, now: Instant, clock: Clock, links: Iterable[LinkStatus]) -> list[Told]:
        """Judge how the links are; call it every few seconds."""
        return _told(self._conditions.health(now, clock, links), now)

    @property
    def mode(self) -> site.ModeState:
        """What the site is doing."""
        return self._detect.mode

    def learning(self) -> tuple[Learning, ...]:
        """The devices whose detectors do not judge yet."""
        return self._detect.learning()

    def rebaseline(self, device: str) -> bool:
        """A person says that the anomaly was none: what is seen at a device is normal. False: not watched."""
        return self._detect.rebaseline(device)

    def set_mode(self, mode: OperatingMode, until_ms: int = 0) -> None:
        """A person says what the site is doing, until a time (Unix ms; 0: until told otherwise)."""
        self._detect.set_mode(mode, until_ms)

    def state(self) -> dict[str, bytes]:
        """Stage → what it must know after a restart; to be stored together with the events it led to."""
        learnt = {
            VALIDATE: msgspec.msgpack.encode(self._validate.state()),
            DETECT: site.encode_state(self._detect.state()),
        }
        return self.alarm_state() | learnt

    def alarm_state(self) -> dict[str, bytes]:
        """The part of it without which a standing alarm would be raised again."""
        return {CONDITIONS: encode_state(self._conditions.state())}

    def restore(self, state: Mapping[str, bytes]) -> dict[str, str]:
        """Go on from a state; stage → why, for each one that does not fit and begins anew."""
        stages = {
            CONDITIONS: self._restore_conditions,
            VALIDATE: self._restore_validate,
            DETECT: self._restore_detect,
        }
        misfits: dict[str, str] = {}
        for stage, restore in stages.items():
            try:
                if stage in state and (said := restore(state[stage])):
                    misfits[stage] = said
            except (StateMisfitError, detect.StateMisfitError) as error:
                misfits[stage] = str(error)
        return misfits

    def _restore_conditions(self, saved: bytes) -> None:
        self._conditions.restore(decode_state(saved))

    def _restore_detect(self, saved: bytes) -> str | None:
        return self._detect.restore(site.decode_state(saved))

    def _restore_validate(self, saved: bytes) -> None:
        try:
            self._validate.restore(msgspec.msgpack.decode(saved, type=SiteState))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StateMisfitError(f"not a state that this program knows: {error}") from None


def suspicious(scan: Scan, alarms: Iterable[Told]) -> bool:
    """Whether a device is worth polling faster for a while: an alarm begins, or a value has just become odd.

    What may last for days (stuck, stale, a broken sensor, silence) is told once by its alarm, then no more.
    """
    return any(told.event.state is AlarmState.RAISED for told in alarms) or any(
        quality in ODD for quality in scan.quality.values()
    )


def _told(events: Iterable[AlarmEvent], taken: Instant) -> list[Told]:
    return [Told(event, taken.mono_ms) for event in events]
