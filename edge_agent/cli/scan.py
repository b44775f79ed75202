"""`edge-agent scan`: who is on this line? Reads only; the time it takes is told before it begins."""

import time
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from edge_agent.cli import _where
from edge_agent.cli.common import JsonOption, fail
from edge_agent.commissioning import campaign, plan
from edge_agent.commissioning.campaign import Found, Order, Report
from edge_agent.commissioning.plan import Endpoint
from edge_agent.commissioning.scanner import Progress as Step

_ALL = "all"
_TCP_UNITS = "1-247"


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
    units: Annotated[str, typer.Option("--units", help="Addresses, as in 1-20,24.")] = _TCP_UNITS,
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
    profiles = _where.modbus(_where.library(folder)) if match else ()
    order = Order(
        endpoint=where,
        lines=_settings(where, baud, parity, stopbits),
        units=plan.order(_numbers(units, range(256)), profiles),
        wait_s=_where.wait_s(wait_ms, where),
        profiles=profiles,
        everything=everything,
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


def _numbers(text: str, allowed: range) -> tuple[int, ...]:
    try:
        return plan.parse_numbers(text, allowed)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _announcement(order: Order) -> str:
    estimate = order.estimate()
    lines = [str(line) for line in order.lines if line is not None]
    at = f" at {', '.join(lines)}" if lines else ""
    more = f", and up to {estimate.device_s:.1f} s for each device found" if order.profiles else ""
    most = "at most " if len(lines) > 1 else ""
    return f"{order.endpoint}: {len(order.units)} addresses{at}: {most}{estimate.empty_s:.0f} s{more}"


def _run(order: Order, said: Console, *, take_over: bool) -> Report:
    columns: tuple[Any, ...] = (
        TextColumn("unit {task.fields[unit]:>3}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}, {task.fields[found]} found"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=said, transient=True) as bar:
        task = bar.add_task("", total=len(order.units) * len(order.lines), unit="", found=0)
        found = 0

        def tell(progress: Step) -> None:
            nonlocal found
            found += progress.present
            bar.update(task, advance=1, unit=progress.unit, found=found)

        report: Report = _where.on_line(order.endpoint, campaign.run(order, tell), take_over=take_over)
    return report


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
                    "devices": [_row(found) for found in report.found],
                    "notes": report.notes,
                    "broken": report.broken,
                }
            )
        )
        return
    said.print(f"asked {report.asked} addresses in {took_s:.0f} s, found {len(report.found)} devices")
    if report.found:
        Console(highlight=False).print(_table(report))
    for note in report.notes:
        typer.echo(f"! {note}")
    if not report.found and not report.notes and not report.broken:
        typer.echo(_nobody(order))


def _row(found: Found) -> dict[str, Any]:
    seen = found.inspection
    return {
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
    return table


def _nobody(order: Order) -> str:
    if order.endpoint.host is not None:
        return "nobody answered: is this the right host and port, and are the unit numbers right?"
    return (
        "nobody answered: check power, A and B, and termination, then try other settings "
        "(--baud all --parity all) and more patience (--wait-ms 1000)"
    )
