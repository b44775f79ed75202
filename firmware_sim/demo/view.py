"""The board as a terminal shows it: a table a site, a line a gateway; what does not fit takes turns."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.columns import Columns
from rich.console import Group
from rich.table import Table
from rich.text import Text

from firmware_sim.demo.board import Board, Latest, Station
from wire.messages import Presence
from wire.topics import Gateway

T = TypeVar("T")
_TABLE_WIDTH = 62
_OTHER_LINES = 6
_TURN_S = 6
_UNITS = {
    "Cel": "°C",
    "m3/h": "m³/h",
    "%{RH}": "% RH",
    "ug/m3": "µg/m³",
    "mg/m3": "mg/m³",
    "deg": "°",
    "kW.h": "kWh",
    "MW.h": "MWh",
    "1": "",
}
_STATES = {Presence.ONLINE: "green", Presence.OFFLINE: "red", Presence.STOPPED: "yellow"}


def render(board: Board, now_ms: int, *, width: int, height: int) -> Group:
    """One picture of the board, at most `width` columns and `height` lines."""
    side_by_side = max(1, width // (_TABLE_WIDTH + 1))
    turn = now_ms // (_TURN_S * 1000)
    stations = sorted(board.stations.items())
    shown = _turn(stations, side_by_side, turn)
    rows = height - _OTHER_LINES - len(stations)
    tables = [_site(gateway, station, now_ms, rows, turn) for gateway, station in shown]
    return Group(
        Columns(tables, padding=(0, 1)),
        Text(_headline(board, now_ms)),
        Text(board.login, style="bold"),
        _gateways(stations),
    )


def _turn(items: Sequence[T], size: int, turn: int) -> Sequence[T]:
    """As many items as fit; the next ones at the next turn."""
    if len(items) <= size:
        return items
    size = max(1, size)
    pages = -(-len(items) // size)
    first = turn % pages * size
    return items[first : first + size]


def _site(gateway: Gateway, station: Station, now_ms: int, rows: int, turn: int) -> Table:
    table = Table(
        title=f"{gateway.site}  {station.title}", title_justify="left", box=None, width=_TABLE_WIDTH
    )
    table.add_column("point", no_wrap=True, ratio=1)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("quality", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    for device, channel, unit, latest in _turn(list(station.points()), rows - 2, turn):
        table.add_row(f"{device}/{channel}", *_cells(unit, latest, now_ms))
    return table


def _cells(unit: str, latest: Latest | None, now_ms: int) -> Iterator[Text]:
    if latest is None:
        yield from (Text("–", style="dim"), Text(_UNITS.get(unit, unit)), Text(""), Text(""))
        return
    quality = latest.quality or "good"
    style = {"good": "green", "uncertain": "yellow", "bad": "red"}[quality.partition(".")[0]]
    yield Text(_number(latest.value))
    yield Text(_UNITS.get(unit, unit), style="dim")
    yield Text(quality, style=style)
    yield Text(f"{max(0, now_ms - latest.t_ms) / 1000:.0f} s", style="dim")


def _number(value: float | str | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.5g}" if abs(value) < 1e5 else f"{value:.0f}"  # noqa: PLR2004


def _gateways(stations: Sequence[tuple[Gateway, Station]]) -> Table:
    table = Table(box=None)
    for name in ("gateway", "state", "outbox", "link load"):
        table.add_column(name)
    for gateway, station in stations:
        loads = "  ".join(
            f"{link.name} {'down' if not link.up else f'{link.load:.0%}'}" for link in station.links
        )
        state = station.state or "?"
        style = _STATES[station.state] if station.state else "dim"
        table.add_row(str(gateway), Text(state, style=style), f"{station.outbox}", loads)
    return table


def _headline(board: Board, now_ms: int) -> str:
    return f"{board.pace(now_ms):.0f} readings/s, {board.readings} since the start; Ctrl-C stops and checks"
