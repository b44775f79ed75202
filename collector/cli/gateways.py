"""`collector gateways`: which gateways there are and how each of them is."""

import time
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from msgspec.structs import replace

from collector.alarms.silence import Facts, silent
from collector.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, printable, state_of, when
from collector.facts import facts
from wire.messages import Clock, Learning, OperatingMode, Presence, Status

_SILENT = {"stale": "silent"}
"""What the alarm calls stale a person calls silent; offline and stopped they call the same."""
UNKNOWN = "unknown"


class Line(Struct, frozen=True, kw_only=True):
    """One gateway; times are Unix ms, None where it has not said so."""

    site: str
    gateway: str
    state: str
    """online, stopped, offline, silent (it is online and brings nothing), or unknown."""
    since_ms: int | None
    """Online: when its agent was started. Else: of its newest reading."""
    version: str | None
    outbox_batches: int | None = None
    outbox_readings: int | None = None
    mode: OperatingMode | None = None
    mode_until_ms: int | None = None
    """None: not by itself."""
    learning: tuple[Learning, ...] = ()
    clock: Clock | None = None
    silent_devices: tuple[str, ...] = ()
    config_version: int | None = None


def gateways(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    site: Annotated[str | None, typer.Option("--site", help="Only of this site.")] = None,
    json: JsonOption = False,
) -> None:
    """List the gateways: whether each is there, what it holds, what its site is doing, how far it has learnt.

    online: since its agent was started; stopped (on purpose), offline (the broker lost it), silent (there,
    but nothing comes): since its newest reading. `learning` counts rows seen of rows needed before the
    detectors of a device judge.
    """
    with state_of(config) as connection:
        found = facts(connection, site)
    now_ms = time.time_ns() // 1_000_000
    lines = [line(known, now_ms) for known in found]
    if json:
        typer.echo(msgspec.json.encode(lines))
        return
    _print([_columns(one) for one in lines], [_details(one) for one in lines])
    typer.echo(f"{len(lines)} gateways", err=True)


def line(known: Facts, now_ms: int) -> Line:
    """One gateway as a program reads it."""
    alarm = next((event for _, event in silent([known], now_ms)), None)
    status = known.status
    reason = str(alarm.params["reason"]) if alarm else ""
    started_ms = known.about.started_ms if known.about else None
    head = Line(
        site=known.gateway.site,
        gateway=known.gateway.gateway,
        state=_SILENT.get(reason, reason) or (str(status.state) if status else UNKNOWN),
        since_ms=known.newest_ms if alarm else started_ms,
        version=known.about.version if known.about else None,
    )
    # A last will says nothing else.
    return _told(head, status) if status and status.state is not Presence.OFFLINE else head


def _told(head: Line, status: Status) -> Line:
    return replace(
        head,
        outbox_batches=status.outbox_batches,
        outbox_readings=status.outbox_readings,
        mode=status.mode,
        mode_until_ms=status.mode_until_ms or None,
        learning=status.learning,
        clock=status.clock,
        silent_devices=status.silent_devices,
        config_version=status.config_version,
    )


def _columns(one: Line) -> tuple[str, ...]:
    outbox = "" if one.outbox_batches is None else f"{one.outbox_batches} batches wait"
    clock = f"clock {one.clock}" if one.clock else ""
    mode = one.mode or ""
    if one.mode_until_ms:
        mode += f" until {when(one.mode_until_ms)}"
    place = f"{one.site}/{one.gateway}"
    return place, one.state, f"since {when(one.since_ms)}", one.version or "?", outbox, mode, clock


def _details(one: Line) -> list[str]:
    learning = ", ".join(f"{told.device} {told.seen} of {told.needed}" for told in one.learning)
    silent_devices = ", ".join(one.silent_devices)
    version = one.config_version
    return [
        f"{name}: {text}"
        for name, text in (
            ("learning", learning),
            ("silent", silent_devices),
            ("configuration", f"version {version}" if version else ""),
        )
        if text
    ]


def _print(rows: list[tuple[str, ...]], details: list[list[str]]) -> None:
    widths = [max(map(len, column), default=0) for column in zip(*rows, strict=True)]
    for row, more in zip(rows, details, strict=True):
        cells = (printable(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
        for text in more:
            typer.echo(f"   {printable(text)}")
