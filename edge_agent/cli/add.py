"""`edge-agent add`: one more device in the configuration, shown before it is written."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.prompt import Confirm, FloatPrompt, IntPrompt, Prompt
from rich.text import Text

from edge_agent import drivers, settings
from edge_agent.cli import _where
from edge_agent.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail
from edge_agent.commissioning import entry, file, names
from edge_agent.commissioning.entry import NewDevice, NewLink
from edge_agent.commissioning.plan import Endpoint, LineSetting
from sensor_profiles.model import Profile
from wire import config_file
from wire.config_file import ConfigError

_PERIOD_S = 60.0
OwnUnitOption = Annotated[
    int | None,
    typer.Option("--unit", "-u", min=0, max=99_999_999, help="Its address; left out: the factory's"),
]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="What it is.")]
NameOption = Annotated[
    str | None, typer.Option("--name", help="Its name at this site; left out: model and unit")
]
LinkNameOption = Annotated[str, typer.Option("--link", help="A name for the link, where it is a new one.")]
PeriodOption = Annotated[
    float | None, typer.Option("--period", min=1, max=86400, help="Seconds between polls; left out: 60")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]


class Change(Struct, frozen=True, kw_only=True):
    """What is to be changed; loads are shares of the line's time."""

    file: str
    link: str
    device: str
    diff: str
    notes: tuple[str, ...]
    load_before: float
    load_after: float
    after: str
    """The whole new text."""


def add(
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    port: _where.PortOption = None,
    host: _where.HostOption = None,
    tcp_port: _where.TcpPortOption = 502,
    rtu_over_tcp: _where.RtuOption = False,
    baud: _where.OwnBaudOption = None,
    parity: _where.OwnParityOption = None,
    stopbits: _where.StopbitsOption = 1,
    profile: ProfileOption = None,
    unit: OwnUnitOption = None,
    name: NameOption = None,
    link: LinkNameOption = "",
    period: PeriodOption = None,
    folder: _where.FoldersOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Add a device to the configuration; comments stay, the change is shown and checked, a backup kept."""
    asks = sys.stdin.isatty() and not (json or yes)
    if port is None and host is None and asks:
        port = Prompt.ask("serial port", choices=list(names.ports()) or None)
    given = _where.endpoint(port, host, tcp_port, rtu_over_tcp=rtu_over_tcp)
    stable = names.stable(given.port) if given.port else None
    where = msgspec.structs.replace(given, port=stable.port) if stable else given
    known = _where.profile(_profile(profile, asks=asks), folder)
    setting = _where.own_setting(where, known, baud, parity, stopbits)
    try:
        page = _Page(config, config_file.read(config))
        fresh, link_name = _link(page, where, setting, link, stated=baud is not None or parity is not None)
        address = _unit(unit, known, asks=asks)
        device = NewDevice(
            name=name or _name(page, known, address, asks=asks),
            link=link_name,
            profile=known.name,
            unit=address,
            period_s=_period(period, asks=asks),
        )
        change = _change(page, fresh, device, stable.reason if stable else "")
        _finish(page, change, yes=yes, asks=asks, json=json)
    except ConfigError as error:
        fail(error)


class _Page(Struct, frozen=True):
    """The configuration as it stands."""

    path: Path
    text: str


def _link(
    page: _Page, where: Endpoint, setting: LineSetting | None, name: str, *, stated: bool
) -> tuple[NewLink | None, str]:
    """The link to use, and its table where it is a new one."""
    links = entry.links_of(page.text, str(page.path))
    there = entry.link_at(links, where)
    if there is None:
        fresh = entry.new_link(where, setting, [one.name for one in links], name)
        return fresh, fresh.name
    if stated and (why := entry.contradiction(there, setting)):
        fail(f"{page.path}: {why}")
    return None, there.name


def _profile(given: str | None, *, asks: bool) -> str:
    if given is None and not asks:
        raise typer.BadParameter("write --profile; `edge-agent profiles list` shows what is known")
    return given or Prompt.ask("profile (`edge-agent identify` proposes one)")


def _unit(given: int | None, known: Profile, *, asks: bool) -> int:
    if given is not None:
        return given
    return IntPrompt.ask("address", default=known.unit) if asks else known.unit


def _name(page: _Page, known: Profile, unit: int, *, asks: bool) -> str:
    usual = entry.device_name(known, unit, entry.names_of(page.text, "device"))
    return Prompt.ask("name at this site", default=usual) if asks else usual


def _period(given: float | None, *, asks: bool) -> float:
    if given is not None:
        return given
    return FloatPrompt.ask("seconds between polls", default=_PERIOD_S) if asks else _PERIOD_S


def _change(page: _Page, fresh: NewLink | None, device: NewDevice, note: str) -> Change:
    """The change, checked as `edge-agent check` does.

    Raises:
        ConfigError: the file would not be right with it, or the line would have too little time.
    """
    after = entry.with_tables(page.text, fresh, device)
    plant = settings.parse(after, page.path, f"{page.path} with {device.name}")
    protocol = next(one.profile.protocol for one in plant.devices if one.name == device.name)
    if protocol not in drivers.protocols():
        raise ConfigError(
            f"{device.profile}: no driver for `{protocol}`; known: {', '.join(drivers.protocols())}"
        )
    others = [one for one in plant.devices if one.link == device.link and one.name != device.name]
    line = next(one for one in plant.links if one.name == device.link)
    here = [one for one in plant.devices if one.link == device.link]
    return Change(
        file=str(page.path),
        link=device.link,
        device=device.name,
        diff=entry.diff(page.text, after, str(page.path)),
        notes=(note,) if note else (),
        load_before=round(settings.line_load(line, others), 4),
        load_after=round(settings.line_load(line, here), 4),
        after=after,
    )


def _finish(page: _Page, change: Change, *, yes: bool, asks: bool, json: bool) -> None:
    """Show, ask, write."""
    if not json:
        _print(change)
    write = yes or (asks and Confirm.ask("write it?", default=True))
    backup = str(file.write(page.path, change.after)) if write else ""
    if json:
        shown = {key: value for key, value in msgspec.to_builtins(change).items() if key != "after"}
        typer.echo(msgspec.json.encode(shown | {"written": write, "backup": backup}))
    elif write:
        typer.echo(
            f"written; before: {backup}\nnext: edge-agent check -c {page.path}, then restart the agent"
        )
    if not write:
        fail("nothing was written; add --yes to write it")


def _print(change: Change) -> None:
    screen = Console(highlight=False)
    for note in change.notes:
        screen.print(f"! {note}", soft_wrap=True)
    for line in change.diff.splitlines():
        colour = {"+": "green", "-": "red"}.get(line[:1], "")
        screen.print(Text(line, style=colour), soft_wrap=True)
    screen.print(
        f"line {change.link}: {change.load_before:.1%} of its time is used, then {change.load_after:.1%}"
    )
