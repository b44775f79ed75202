"""A scenario as it runs: plants that move with the clock, instruments on lines, the truth as it is served.

clock ─▶ plant ─▶ instrument ─▶ line ═══▶ whoever reads
                                  └─▶ Served ─▶ truth
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol, Self

from msgspec import Struct

from firmware_sim.devices import Instrument, PtyLine, RtuTcpLine, Served, TcpLine
from firmware_sim.faults import Delivery, LineFault, LineFaults
from firmware_sim.scenario import Device, LinkTable, Scenario, Site
from firmware_sim.stage import Stage
from firmware_sim.truth import TrueValue
from wire.messages import Value

HOST = "127.0.0.1"
Line = PtyLine | TcpLine | RtuTcpLine
Listener = Callable[[Iterable[TrueValue]], None]


class Endpoint(Struct, frozen=True):
    """Where a link can be reached: a path (`port`) or a TCP port of this machine."""

    site: str
    link: str
    kind: str
    port: str | None = None
    baud: int | None = None
    host: str | None = None
    tcp_port: int | None = None


class Playing(Protocol):
    """What makes the instruments of a site show something."""

    def warm(self, t_s: float) -> None:
        """Reckon beforehand what the questions after this instant need."""

    def shown(self, device: Device, t_s: float) -> Mapping[str, Value]:
        """Profile channel → what a device shows now; absent, None or NaN: a broken sensor."""

    def strikes(self, device: Device, t_s: float) -> Mapping[LineFault, int]:
        """What happens to an answer of this device now."""


NO_REPLAYS: Mapping[str, Playing] = {}


class PlantClock:
    """Plant time, which may run faster than the clock on the wall."""

    def __init__(self, start_s: float, speed: float, now: Callable[[], float] = time.monotonic) -> None:
        self.start_s, self._speed, self._now = start_s, speed, now
        self._began = now()

    def __call__(self) -> float:
        """Plant seconds since 1970."""
        return self.start_s + (self._now() - self._began) * self._speed


class Simulation:
    """Everything of a scenario on real transports; `async with` opens the lines, the end takes them away.

    Attributes:
        endpoints: where each link is; complete inside `async with`.
        stages: site → its story, to be told otherwise.
        instruments: (site, device) → its instrument, to arm faults.
        lines: (site, link) → its line, to unplug.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        listener: Listener,
        replays: Mapping[str, Playing] = NO_REPLAYS,
    ) -> None:
        """Put a simulation together.

        Args:
            scenario: what there is.
            folder: serial lines appear in its `by-id`.
            listener: told of all values that leave an instrument, as they should be stored.
            replays: site → what is played there instead of its story.
        """
        self._clock = PlantClock(scenario.start_s, scenario.speed)
        self._folder, self._listener = folder, listener
        self._stack = AsyncExitStack()
        self.stages = {
            site.name: Stage(site, scenario.start_s) for site in scenario.sites if site.name not in replays
        }
        self._playing: dict[str, Playing] = {**self.stages, **replays}
        self.instruments: dict[tuple[str, str], Instrument] = {}
        self.lines: dict[tuple[str, str], Line] = {}
        self.endpoints: tuple[Endpoint, ...] = ()
        for site in scenario.sites:
            for device in site.devices:
                self.instruments[site.name, device.name] = self._instrument(site, device)
            for link in site.links:
                self.lines[site.name, link.name] = self._line(site, link)
        self._links = [(site.name, link) for site in scenario.sites for link in site.links]
        for playing in self._playing.values():  # their first values take too long for a reader: 50 ms
            playing.warm(scenario.start_s)

    @property
    def now_s(self) -> float:
        """Plant time."""
        return self._clock()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            for line in self.lines.values():
                await opening.enter_async_context(line)
            self._stack = opening.pop_all()
        self.endpoints = tuple(self._endpoint(site, link) for site, link in self._links)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    def _instrument(self, site: Site, device: Device) -> Instrument:
        playing, clock = self._playing[site.name], self._clock
        return Instrument(
            site=site.name,
            name=device.name,
            profile=device.profile,
            unit=device.unit,
            values=lambda: playing.shown(device, clock()),
            faults=LineFaults(told=lambda: playing.strikes(device, clock())),
            on_served=_reporter(device, self._listener),
            streaming=device.streaming,
        )

    def _line(self, site: Site, link: LinkTable) -> Line:
        on_it = [self.instruments[site.name, d.name] for d in site.devices if d.link == link.name]
        if link.kind == "pty":
            path = self._folder / "by-id" / str(link.by_id)
            return PtyLine(on_it, path, link.baud)
        kind = TcpLine if link.kind == "tcp" else RtuTcpLine
        return kind(on_it, HOST, link.port)

    def _endpoint(self, site: str, link: LinkTable) -> Endpoint:
        line = self.lines[site, link.name]
        if isinstance(line, PtyLine):
            return Endpoint(site, link.name, link.kind, port=str(line.link_path), baud=link.baud)
        return Endpoint(site, link.name, link.kind, host=line.host, tcp_port=line.port)


def _reporter(device: Device, listener: Listener) -> Callable[[Served], None]:
    def served(report: Served) -> None:
        if report.delivery is not Delivery.SPOILED:
            listener(_true_values(device, report))

    return served


def _true_values(device: Device, report: Served) -> Iterator[TrueValue]:
    """What a correct reader makes of an answer, under the names and in the units of the site."""
    mode = "doubtful" if report.delivery is Delivery.DOUBTFUL and report.mode == "asked" else report.mode
    for measured in device.channels:
        with contextlib.suppress(KeyError):
            value = report.values[measured.channel.name]
            if isinstance(value, float):
                value = value * measured.scale + measured.offset
            yield TrueValue(report.t_ms, report.site, report.device, measured.name, value, mode)
