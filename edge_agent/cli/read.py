"""`edge-agent read`: live values with a profile, or registers read in every way there is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from edge_agent import settings
from edge_agent.cli import _where
from edge_agent.cli.common import DEFAULT_CONFIG, JsonOption, fail
from edge_agent.commissioning import configured, detective, reader, reading
from edge_agent.commissioning.detective import Proposal
from edge_agent.commissioning.line import Line, opened
from edge_agent.commissioning.outcomes import Heard
from edge_agent.commissioning.plan import Endpoint, LineSetting
from edge_agent.commissioning.reading import Shown
from edge_agent.drivers import UnknownProtocolError, find
from edge_agent.samples import Block, Instant
from sensor_profiles.model import REGISTERS, Channel, Profile, Space
from wire.broker import SecretError
from wire.config_file import ConfigError
from wire.messages import Value
from wire.quantities import Quantity

_WAIT_S = 1.0
_MOST_SHOWN = 12
_COLOURS = {"good": "green", "unce": "yellow", "bad.": "red"}


ProfileOption = Annotated[str | None, typer.Option("--profile", help="What it is.")]
WatchOption = Annotated[
    float | None, typer.Option("--watch", min=0.2, help="Go on, every so many seconds, until Ctrl-C.")
]
RepeatsOption = Annotated[int, typer.Option("--repeats", min=1, help="Polls to make.")]
RegisterOption = Annotated[
    int | None, typer.Option("--register", min=0, max=65535, help="Without a profile: the first register.")
]
CountOption = Annotated[int, typer.Option("--count", min=1, max=32, help="How many registers.")]
SpaceOption = Annotated[Space, typer.Option("--space", help="Their table: holding or input.")]
QuantityOption = Annotated[
    Quantity | None, typer.Option("--quantity", help="What they measure.", show_choices=False)
]
LowOption = Annotated[float | None, typer.Option("--low", help="The lowest value that can be true.")]
HighOption = Annotated[float | None, typer.Option("--high", help="The highest.")]
SamplesOption = Annotated[
    int, typer.Option("--samples", min=1, max=100, help="How often the registers are read.")
]
EveryOption = Annotated[float, typer.Option("--every", min=0.05, help="Seconds between two reads.")]


ConfiguredOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="The agent's configuration, for --device.")
]
DeviceOption = Annotated[str | None, typer.Option("--device", "-d", help="A device of the configuration.")]
OwnUnitOption = Annotated[
    int | None, typer.Option("--unit", "-u", min=0, max=99_999_999, help="The device's address.")
]


class Target(msgspec.Struct, frozen=True):
    """One device on one line."""

    where: Endpoint
    setting: LineSetting | None
    unit: int
    corrected: tuple[Channel, ...] = ()
    """Its channels with their calibrations, where it has any."""


class Poll(msgspec.Struct, frozen=True):
    """One poll as a program reads it."""

    t_ms: int
    unit: int
    profile: str
    channels: tuple[Shown, ...]


def read(
    *,
    unit: OwnUnitOption = None,
    config: ConfiguredOption = None,
    device: DeviceOption = None,
    port: _where.PortOption = None,
    host: _where.HostOption = None,
    tcp_port: _where.TcpPortOption = 502,
    rtu_over_tcp: _where.RtuOption = False,
    baud: _where.OwnBaudOption = None,
    parity: _where.OwnParityOption = None,
    stopbits: _where.StopbitsOption = 1,
    profile: ProfileOption = None,
    folder: _where.FoldersOption = None,
    watch: WatchOption = None,
    repeats: RepeatsOption = 1,
    register: RegisterOption = None,
    count: CountOption = 2,
    space: SpaceOption = Space.HOLDING,
    quantity: QuantityOption = None,
    low: LowOption = None,
    high: HighOption = None,
    samples: SamplesOption = 5,
    every: EveryOption = 1.0,
    take_over: _where.TakeOverOption = False,
    json: JsonOption = False,
) -> None:
    """Read a device with its profile, or find out how its registers must be read (--register, --count).

    A device of the configuration (-c, --device) is shown as the site has it: decoded, and corrected where it
    is calibrated.
    """
    if device is not None:
        _configured(config or DEFAULT_CONFIG, device, watch, repeats, every, take_over=take_over, json=json)
        return
    if unit is None:
        raise typer.BadParameter("write --unit, the device's address, or --device of the configuration")
    where = _where.endpoint(port, host, tcp_port, rtu_over_tcp=rtu_over_tcp)
    if (profile is None) == (register is None):
        raise typer.BadParameter(
            "write one of --profile (live values) and --register (the byte-order detective)"
        )
    known = None if profile is None else _known(_where.profile(profile, folder))
    last = _where.MODBUS_LAST_UNIT if known is None else known.last_unit
    if unit > last:
        raise typer.BadParameter(f"--unit {unit} is no address of this device: it can have 0 to {last}")
    target = Target(where, _where.own_setting(where, known, baud, parity, stopbits), unit)
    if known is not None:
        polls = None if watch is not None else repeats
        _where.on_line(where, _watch(target, known, polls, watch or every, json=json), take_over=take_over)
    elif register is not None:
        block = Block(_registers(space), register, count)
        taken = _where.on_line(where, _sample(target, block, samples, every), take_over=take_over)
        proposal = detective.investigate(
            space=space, start=register, samples=taken, quantity=quantity, low=low, high=high
        )
        typer.echo(msgspec.json.encode(_object(taken, proposal))) if json else _print(taken, proposal)


def _configured(
    config: Path, device: str, watch: float | None, repeats: int, every: float, *, take_over: bool, json: bool
) -> None:
    try:
        here = configured.named(settings.load(config), device, str(config))
    except (ConfigError, SecretError) as error:
        fail(error)
    target = Target(here.where, here.setting, here.device.unit, here.corrected)
    polls = None if watch is not None else repeats
    work = _watch(target, _known(here.profile), polls, watch or every, json=json)
    _where.on_line(here.where, work, take_over=take_over)


def _registers(space: Space) -> Space:
    if space not in REGISTERS:
        raise typer.BadParameter(f"`{space}` has no registers; write holding or input")
    return space


def _known(profile: Profile) -> Profile:
    try:
        find(profile.protocol)
    except UnknownProtocolError as error:
        fail(error)
    return profile


async def _watch(target: Target, profile: Profile, polls: int | None, every_s: float, *, json: bool) -> None:
    """Poll and show, so many times or for ever."""
    async with opened(target.where, target.setting, profile.timing.timeout_ms / 1000) as line:
        async for taken, shown in _polls(line, target, profile, polls, every_s):
            if json:
                typer.echo(msgspec.json.encode(Poll(taken.wall_ms, target.unit, profile.name, shown)))
            else:
                _table(taken, profile, shown)


async def _polls(
    line: Line, target: Target, profile: Profile, polls: int | None, every_s: float
) -> AsyncIterator[tuple[Instant, tuple[Shown, ...]]]:
    loop = asyncio.get_running_loop()
    done, silent = 0, 0
    while polls is None or done < polls:
        started, taken = loop.time(), reader.now()
        answers = await reader.poll(line, target.unit, profile)
        shown = reading.show(profile, taken, answers, target.corrected)
        yield taken, shown
        done, silent = done + 1, silent + all(one.raw == "" for one in shown)
        if polls is None or done < polls:
            await asyncio.sleep(max(0.0, started + every_s - loop.time()))
    if silent == done:
        fail(
            f"unit {target.unit} gave nothing: check the address and settings, "
            "or let `edge-agent scan` look for it"
        )


def _table(taken: Instant, profile: Profile, shown: tuple[Shown, ...]) -> None:
    when = datetime.fromtimestamp(taken.wall_ms / 1000, UTC).astimezone()
    table = Table(title=f"{profile.title}, {when:%H:%M:%S}", title_justify="left", box=None, pad_edge=False)
    calibrated = any(one.corrected is not msgspec.UNSET for one in shown)
    numbers = ("value", "corrected") if calibrated else ("value",)
    for heading in ("channel", "raw", *numbers, "unit", "quality", "title"):
        table.add_column(heading, justify="right" if heading in numbers else "left")
    for one in shown:
        values = (_number(one.value), "" if one.corrected is msgspec.UNSET else _number(one.corrected))
        colour = _COLOURS.get(one.quality[:4], "")
        quality = f"[{colour}]{one.quality}[/]"
        table.add_row(one.name, one.raw, *values[: len(numbers)], one.unit, quality, one.title)
    Console(highlight=False).print(table)


def _number(value: Value) -> str:
    return "–" if value is None else f"{value:.7g}" if isinstance(value, float) else str(value)


async def _sample(target: Target, block: Block, samples: int, every_s: float) -> list[bytes]:
    taken: list[bytes] = []
    async with opened(target.where, target.setting, _WAIT_S) as line:
        while len(taken) < samples:
            outcome = await reader.registers(line, target.unit, block)
            if outcome.heard is not Heard.ANSWER:
                fail(f"{target.where}: {reader.sentence(outcome, block)}")
            taken.append(outcome.data)
            if len(taken) < samples:
                await asyncio.sleep(every_s)
    return taken


def _object(taken: list[bytes], proposal: Proposal) -> dict[str, object]:
    return {
        "samples": [data.hex(" ", 2).upper() for data in taken],
        "best": proposal.best,
        "reason": proposal.reason,
        "readings": proposal.readings,
    }


def _print(taken: list[bytes], proposal: Proposal) -> None:
    screen = Console(highlight=False)
    for data in taken:
        screen.print(f"raw {data.hex(' ', 2).upper()}")
    table = Table(box=None, pad_edge=False)
    for heading in ("read as", "fit", "values", "why"):
        table.add_column(heading, justify="right" if heading == "fit" else "left")
    for one in proposal.readings[:_MOST_SHOWN]:
        values = " ".join("–" if v is None else f"{v:.6g}" for v in one.values if not isinstance(v, str))
        table.add_row(one.name, f"{one.bits:+.1f}", values, one.reason)
    screen.print(table)
    screen.print(f"proposed: {proposal.reason}", soft_wrap=True)
