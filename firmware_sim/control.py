"""Faults by hand: what may be asked of a running simulation, and what it answers; one JSON line each way.

    {"do":"arm","site":"bh-01","kind":"pump_stop"}     ─▶ {"ok":true,"faults":[{"site":"bh-01",…}]}
    {"do":"arm","site":"bh-01","device":"mv110","kind":"late","amount":800}
    {"do":"clear"}                                      ─▶ {"ok":true,"faults":[]}

A kind is an event of the fault library (`firmware_sim.plant.events.Kind`), which acts through plant and
sensors, a fault of an instrument's line (`firmware_sim.faults.LineFault`), or `unplugged`: the adapter of a
link is pulled out, and plugged in again when that is cleared. An event that is cleared ends now; what it has
done to the plant fades as it would after any other.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec
from msgspec import Struct

from firmware_sim import story
from firmware_sim.catalog import Severity
from firmware_sim.faults import LineFault
from firmware_sim.plant.events import Event, Kind
from firmware_sim.simulation import Simulation
from firmware_sim.story import EventTable, MisfitError
from wire.config_file import nearest

UNPLUGGED: Final = "unplugged"


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked; `clear` without a kind ends all that was armed by hand at these places."""

    do: Literal["list", "arm", "clear"]
    site: str = ""
    device: str = ""
    kind: str = ""
    channel: str = ""
    other_device: str = ""
    other_channel: str = ""
    link: str = ""
    severity: Severity = Severity.ORDINARY
    for_s: float | None = None
    boiler: int = 1
    branch: int = 3
    amount: int | None = None
    probability: float = 1.0
    count: int | None = None


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault that is armed; `told` ones are the story's own and cannot be cleared."""

    site: str
    kind: str
    device: str = ""
    channel: str = ""
    link: str = ""
    level: float = 0.0
    told: bool = False


class Reply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said to a request: all that is armed afterwards, or why nothing was done."""

    ok: bool
    faults: tuple[Fault, ...] = ()
    error: str = ""


class ControlError(ValueError):
    """A request that cannot be done: one sentence."""


class Control:
    """The hand on a running simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._armed: dict[str, list[Event]] = {}
        self._unplugged: set[tuple[str, str]] = set()

    async def answer(self, line: bytes) -> bytes:
        """The reply to one line, whatever it is."""
        try:
            request = msgspec.json.decode(line, type=Request)
            await {"list": self._nothing, "arm": self._arm, "clear": self._clear}[request.do](request)
            reply = Reply(ok=True, faults=tuple(self._faults(request)))
        except (ControlError, MisfitError, msgspec.DecodeError, UnicodeDecodeError) as error:
            reply = Reply(ok=False, error=str(error))
        return msgspec.json.encode(reply) + b"\n"

    async def _nothing(self, request: Request) -> None:
        if request.site:
            self._known_site(request.site)

    async def _arm(self, request: Request) -> None:
        self._known_site(request.site)
        if request.kind in LineFault.__members__.values():
            self._arm_line(request)
        elif request.kind in Kind.__members__.values():
            self._arm_event(request)
        elif request.kind == UNPLUGGED:
            await self._unplug(request)
        else:
            known = [*Kind.__members__.values(), *LineFault.__members__.values(), UNPLUGGED]
            raise ControlError(f"no fault `{request.kind}`{nearest(request.kind, known)}")

    def _arm_line(self, request: Request) -> None:
        devices = {
            device: one
            for (site, device), one in self._simulation.instruments.items()
            if site == request.site
        }
        if request.device not in devices:
            raise ControlError(f"no device `{request.device}`{nearest(request.device, devices)}")
        try:
            devices[request.device].faults.arm(
                request.kind, request.amount, probability=request.probability, count=request.count
            )
        except ValueError as error:
            raise ControlError(str(error)) from None

    async def _unplug(self, request: Request) -> None:
        links = {link: line for (site, link), line in self._simulation.lines.items() if site == request.site}
        if request.link not in links:
            raise ControlError(f"no link `{request.link}`{nearest(request.link, links)}")
        await links[request.link].unplug()
        self._unplugged.add((request.site, request.link))

    async def _replug(self, request: Request) -> None:
        for site, link in sorted(self._unplugged):
            if request.site in {"", site} and not request.device:
                await self._simulation.lines[site, link].replug()
                self._unplugged.discard((site, link))

    def _arm_event(self, request: Request) -> None:
        stage, now_s = self._simulation.stages[request.site], self._simulation.now_s
        table = EventTable(
            kind=Kind(request.kind),
            site=request.site,
            after_s=0.0,
            for_s=request.for_s,
            severity=request.severity,
            device=request.device,
            channel=request.channel,
            other_device=request.other_device,
            other_channel=request.other_channel,
            link=request.link,
            boiler=request.boiler,
            branch=request.branch,
        )
        story.check(("event",), table, {request.site: stage.site.eyes})
        self._armed.setdefault(request.site, []).append(story.event(table, now_s))
        self._tell(request.site)

    async def _clear(self, request: Request) -> None:
        if request.kind in {"", UNPLUGGED}:
            await self._replug(request)
        for site in [request.site] if request.site else list(self._simulation.stages):
            self._known_site(site)
            now_s = self._simulation.now_s
            self._armed[site] = [
                msgspec.structs.replace(event, end_s=min(event.end_s, now_s))
                if _meant(request, event)
                else event
                for event in self._armed.get(site, [])
            ]
            self._tell(site)
        for (site, device), instrument in self._simulation.instruments.items():
            if request.site in {"", site} and request.device in {"", device}:
                for fault in instrument.faults.armed:
                    if request.kind in {"", fault}:
                        instrument.faults.disarm(fault)

    def _tell(self, site: str) -> None:
        stage = self._simulation.stages[site]
        stage.tell((*stage.site.events, *self._armed.get(site, ())))
        stage.warm(self._simulation.now_s)

    def _known_site(self, site: str) -> None:
        if site not in self._simulation.stages:
            raise ControlError(f"no site `{site}`{nearest(site, self._simulation.stages)}")

    def _faults(self, request: Request) -> Iterator[Fault]:
        """All that is wrong now, of the story and by hand."""
        now_s = self._simulation.now_s
        for site, stage in self._simulation.stages.items():
            if request.site in {"", site}:
                yield from (_fault(site, e, stage.site.events) for e in stage.events.all if e.end_s > now_s)
        for (site, device), instrument in self._simulation.instruments.items():
            if request.site in {"", site}:
                for kind, armed in instrument.faults.armed.items():
                    yield Fault(site=site, kind=kind, device=device, level=float(armed.amount))
        for site, link in sorted(self._unplugged):
            if request.site in {"", site}:
                yield Fault(site=site, kind=UNPLUGGED, link=link, level=1.0)


def _meant(request: Request, event: Event) -> bool:
    return request.kind in {"", event.kind} and request.device in {"", event.device}


def _fault(site: str, event: Event, told: tuple[Event, ...]) -> Fault:
    return Fault(
        site=site,
        kind=event.kind,
        device=event.device,
        channel=event.channel,
        link=event.link,
        level=event.level,
        told=event in told,
    )
