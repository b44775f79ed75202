"""`edge-agent scan`: who is on this line? Reads only; the time it takes is told before it begins."""

import time
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from edge_agent import drivers
from edge_agent.cli import _where
from edge_agent.cli.common import JsonOption, fail
from edge_agent.commissioning import campaign, others, plan
from edge_agent.commissioning.campaign import Found, Order, Report
from edge_agent.commissioning.others import Kind
from edge_agent.commissioning.plan import Endpoint
from edge_agent.commissioning.scanner import Progress as Step
from sensor_profiles.model import Profile
from wire.config_file import nearest

_ALL = "all"
_MODBUS = "modbus"
_UNITS = "1-247"


def scan(
    *,
    port: _where.PortOption = None,
    host: _where.HostOption = None,
    tcp_port: _where.TcpPortOption = 502,
    rtu_over_tcp: _where.RtuOption = False,
    baud: Annotated[
        str, typer.Option("--baud", "-b", help="Bits a second: `9600,19200`, or `all`, most likely first.")
    ] = "9600",
    parity: Annotated[str, typer.Option("--parity", help="N, E, O, `N,E`, or `all`.")] = "N",
    stopbits: Annotated[int, typer.Option("--stopbits", min=1, max=2, help="Stop bits.")] = 1,
    units: Annotated[
        str | None,
        typer.Option(
            "--units", help="Addresses, as in 1-20,24; left out: 1-247, without Modbus the factory's"
        ),
    ] = None,
    protocol: Annotated[
        str,
        typer.Option("--protocol", help="`modbus`, others by name, as in omnicomm_lls,gill_wind, or `all`."),
    ] = _MODBUS,
    wait_ms: _where.WaitOption = None,
    folder: _where.FoldersOption = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Go on with other settings after devices were found.")
    ] = False,
    match: Annotated[bool, typer.Option("--match/--no-match", help="Say what each device may be.")] = True,
    take_over: _where.TakeOverOption = False,
    json: JsonOption = False,
) -> None:
    """Find the devices of a serial line or TCP host, and say what they may be; nothing is ever written."""
    where = _where.endpoint(port, host, tcp_port, rtu_over_tcp=rtu_over_tcp)
    library, wanted = _where.library(folder), _protocols(protocol)
    profiles = _where.modbus(library) if match else ()
    order = Order(
        endpoint=where,
        lines=_settings(where, baud, parity, stopbits) if _MODBUS in wanted else (),
        units=plan.order(_numbers(units or _UNITS, range(256)), profiles) if _MODBUS in wanted else (),
        wait_s=_where.wait_s(wait_ms, where),
        profiles=profiles,
        everything=everything,
        kinds=_kinds(where, library, wanted - {_MODBUS}, units),
    )
    said = Console(stderr=True, highlight=False)
    said.print(_announcement(order), soft_wrap=True)
    started = time.monotonic()
    report = _run(order, said, take_over=take_over)
    _show(order, report, time.monotonic() - started, said, json=json)
    if report.broken:
        fail(report.broken)


def _settings(where: Endpoint, baud: str, parity: str, stopbits: int) -> tuple[plan.LineSetting | None, ...]:
    if where.host is not None:
        return (None,)
    bauds = plan.BAUDS if baud == _ALL else _numbers(baud, range(300, 4_000_001))
    parities = plan.PARITIES if parity == _ALL else _where.parities(parity)
    return plan.settings(bauds, parities, stopbits)


def _protocols(text: str) -> frozenset[str]:
    known = drivers.protocols()
    wanted = known if text == _ALL else text.split(",")
    for name in wanted:
        if name not in known:
            raise typer.BadParameter(f"there is no protocol `{name}`{nearest(name, known)}")
    return frozenset(wanted)


def _kinds(
    where: Endpoint, library: tuple[Profile, ...], wanted: frozenset[str], units: str | None
) -> tuple[Kind, ...]:
    if wanted and where.host is not None and not where.rtu_over_tcp:
        raise typer.BadParameter("over TCP other protocols need a serial server: add --rtu-over-tcp")
    asked = _numbers(units, range(100_000_000)) if units else ()
    profiles = [profile for profile in library if profile.protocol in wanted]
    return others.kinds(profiles, asked, serial=where.host is None)


def _numbers(text: str, allowed: range) -> tuple[int, ...]:
    try:
        return plan.parse_numbers(text, allowed)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _announcement(order: Order) -> str:
    estimate = order.estimate()
    lines = [str(line) for line in order.lines if line is not None]
    at = f" at {', '.join(lines)}" if lines else ""
    if not lines and order.kinds:
        names = ", ".join(sorted({kind.protocol for kind in order.kinds}))
        return f"{order.endpoint}: {names}: at most {estimate.empty_s:.0f} s"
    also = "; other protocols as well" if order.kinds else ""
    more = f", and up to {estimate.device_s:.1f} s for each device found" if order.profiles else ""
    most = "at most " if len(lines) > 1 else ""
    return f"{order.endpoint}: {len(order.units)} addresses{at}: {most}{estimate.empty_s:.0f} s{more}{also}"


def _run(order: Order, said: Console, *, take_over: bool) -> Report:
    columns: tuple[Any, ...] = (
        TextColumn("unit {task.fields[unit]:>3}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}, {task.fields[found]} found"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=said, transient=True) as bar:
        task = bar.add_task("", total=_requests(order), unit="", found=0)
        found = 0

        def tell(progress: Step) -> None:
            nonlocal found
            found += progress.present
            bar.update(task, advance=1, unit=progress.unit, found=found)

        report: Report = _where.on_line(order.endpoint, campaign.run(order, tell), take_over=take_over)
    return report


def _requests(order: Order) -> int:
    return len(order.units) * len(order.lines) + sum(len(kind.units) for kind in order.kinds)


def _show(order: Order, report: Report, took_s: float, said: Console, *, json: bool) -> None:
    if json:
        estimate = order.estimate()
        typer.echo(
            msgspec.json.encode(
                {
                    "endpoint": str(order.endpoint),
                    "estimated_s": round(estimate.with_devices(len(report.found)), 1),
                    "estimated_empty_s": round(estimate.empty_s, 1),
                    "took_s": round(took_s, 1),
                    "asked": report.asked,
                    "devices": [*map(_row, report.found), *report.contacts],
                    "notes": report.notes,
                    "broken": report.broken,
                }
            )
        )
        return
    count = len(report.found) + len(report.contacts)
    said.print(f"asked {report.asked} addresses in {took_s:.0f} s, found {count} devices")
    if count:
        Console(highlight=False).print(_table(report))
    for note in report.notes:
        typer.echo(f"! {note}")
    if not count and not report.notes and not report.broken:
        typer.echo(_nobody(order))


def _row(found: Found) -> dict[str, Any]:
    seen = found.inspection
    return {
        "protocol": _MODBUS,
        "unit": found.unit,
        "line": str(found.setting) if found.setting else None,
        "identity": seen.seen.identity if seen else None,
        "matches": seen.matches if seen else [],
    }


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("unit", "line", "calls itself", "may be"):
        table.add_column(heading)
    for found in report.found:
        seen = found.inspection
        matches = [f"{m.profile} {m.confidence:.0%}" for m in seen.matches[:3]] if seen else []
        table.add_row(
            str(found.unit),
            str(found.setting or "TCP"),
            seen.seen.identity.text if seen else "",
            ", ".join(matches) or "no known model",
        )
    for contact in report.contacts:
        how = "streams" if contact.streams else "answers"
        where = str(contact.setting or "TCP")
        table.add_row(str(contact.unit), where, f"{how} {contact.protocol}", ", ".join(contact.profiles))
    return table


def _nobody(order: Order) -> str:
    if order.endpoint.host is not None:
        return "nobody answered: is this the right host and port, and are the unit numbers right?"
    return (
        "nobody answered: check power, A and B, and termination, then try other settings "
        "(--baud all --parity all) and more patience (--wait-ms 1000)"
    )
