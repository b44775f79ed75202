"""`collector alarms watch`: what stands, live in the terminal until it is interrupted."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from collector import state
from collector.alarms import book, health
from collector.alarms.lifecycle import SEEN, URGENT
from collector.cli.alarm_lines import Line, teller
from collector.cli.alarms import Language, LanguageOption, SiteOption, ZoneOption, by_urgency, zone_of
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, fail, printable, read_config
from collector.cli.times import local

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    import sqlalchemy as sa
    from rich.table import Table

_EVERY_S = 0.5
_STYLES = {1: "bold white on red", 2: "bold red", 3: "yellow", 4: "cyan"}


def watch(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    site: SiteOption = None,
    language: LanguageOption = Language.RU,
    tz: ZoneOption = "Asia/Almaty",
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="Watch for so long; 0: until interrupted.")
    ] = 0,
) -> None:
    """Show what stands, the most urgent first, as it changes; Ctrl+C ends it."""
    from rich.live import Live

    zone = zone_of(tz)
    end_s = time.monotonic() + seconds if seconds else None
    try:
        with state.opened(read_config(config).state.url, create=False) as engine, Live() as live:
            shown: Table | None = None
            while end_s is None or time.monotonic() < end_s:
                try:
                    with state.reading(engine) as connection:
                        shown = _table(connection, site, language, zone, live.console.height)
                except state.StateUnavailableError as error:
                    _tell_lost(shown, error, zone)
                if shown:
                    live.update(shown, refresh=True)
                time.sleep(_EVERY_S)
    except KeyboardInterrupt:
        return
    except (state.StateUnavailableError, state.StateUnusableError) as error:
        fail(error)


def _tell_lost(shown: "Table | None", error: state.StateUnavailableError, zone: "ZoneInfo") -> None:
    """What is shown stays, and says since when it is not kept up to date; with nothing to show it fails."""
    if shown is None:
        raise error
    if not shown.caption:
        since = local(time.time_ns() // 1_000_000, zone)
        reason = printable(" ".join(str(error).split()))
        shown.caption = f"NO CONNECTION since {since}: what is shown is the last known. {reason}"


def _table(
    connection: "sa.Connection", site: str | None, language: str, zone: "ZoneInfo", height: int
) -> "Table":
    from rich.table import Table

    now_ms = time.time_ns() // 1_000_000
    found = sorted(book.in_states(connection, SEEN, site=site), key=by_urgency)
    told = teller(connection, language, zone, now_ms)
    raised = [t_ms for t_ms, _, _ in book.calls(connection, now_ms - health.FLOOD_LOOK_MS)]
    flood = health.flood(raised, found, now_ms)
    waiting = sum(one.state in URGENT for one in found)
    title = f"{local(now_ms, zone)}   {len(found)} alarms, {waiting} to acknowledge"
    if flood:
        title += f"   FLOOD since {local(flood.since_ms, zone)}: {flood.alarms_10min} in ten minutes"
    table = Table(title=title, box=None, pad_edge=False, expand=True)
    for name in ("", "since", "place", "state"):
        table.add_column(name, no_wrap=True)
    table.add_column("what", ratio=1)  # gives way where the window is narrow; one line each all the same
    for one in found[: max(height - 4, 1)]:
        _add(table, told.line(one), zone)
    return table


def _add(table: "Table", line: Line, zone: "ZoneInfo") -> None:
    from rich.text import Text

    marks = "".join(mark for mark, is_so in (("~", line.chattering), ("=", line.standing)) if is_so)
    cells = (
        local(line.alarm.since_ms, zone),
        f"{line.site}/{line.gateway}",
        line.state.replace("_", " "),
        line.text.happened,
    )
    style = _STYLES[line.priority] if line.state in URGENT else ""
    plain = (Text(printable(cell), no_wrap=True, overflow="ellipsis") for cell in cells)
    table.add_row(Text(f"{line.priority}{marks}", style=style), *plain)
