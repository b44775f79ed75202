"""Links: do their settings make sense, what do the profiles say about the line, is it fast enough."""

from collections.abc import Sequence
from typing import TypeVar

from edge_agent.settings.page import Page
from edge_agent.settings.plant import Device, Link
from edge_agent.settings.tables import LinkTable
from sensor_profiles.layout import Extent, requests
from sensor_profiles.model import REGISTERS, Field, SerialDefaults, Space
from wire.config_file import Path_

SERIAL_KEYS = ("baud", "bytesize", "parity", "stopbits")
TCP_KEYS = ("tcp_port", "rtu_over_tcp")
MODBUS = "modbus"
"""The protocol that gateways carry: Modbus TCP on one side, Modbus RTU on the other."""
MODBUS_TCP_PORT = 502
"""Registered for Modbus TCP (MODBUS Messaging on TCP/IP V1.0b, §4.2.2)."""
_USUAL = SerialDefaults(baud=9600)
TURNAROUND_MS = 20.0
"""Allowance for one serial request: the instrument thinks, the adapter holds bytes back (FTDI: 16 ms)."""
LAN_MS = 2.0
"""Allowance for one request over TCP; bytes cost nothing there."""
_REQUEST_BYTES = 8
_ANSWER_BYTES = 5
"""Around the data of a Modbus RTU answer: unit, function, count, CRC."""
_LONGEST_QUERY_BYTES = 19
"""The longest request of the frame protocols (Nova SDS011)."""
V = TypeVar("V", int, str)


def check(page: Page, path: Path_, table: LinkTable) -> None:
    """Whether a link's keys go together.

    Raises:
        ConfigError: neither or both of `port` and `host`, or keys of the other kind of link.
    """
    if (table.port is None) == (table.host is None):
        number = "neither" if table.port is None else "both"
        raise page.error(path, f"has {number} of `port` (a serial line) and `host` (TCP); write one of them")
    foreign, here = (SERIAL_KEYS, "a TCP link") if table.port is None else (TCP_KEYS, "a serial line")
    for key in foreign:
        if getattr(table, key) not in {None, False}:
            raise page.error((*path, key), f"means nothing on {here}; remove it")


def complete(page: Page, path: Path_, table: LinkTable, devices: Sequence[Device]) -> Link:
    """A link with everything that its table leaves to the profiles of its devices.

    Raises:
        ConfigError: something is left open, or the line cannot carry what is asked of it.
    """
    if not devices:
        raise page.error(path, "no device is on this link; add one or remove the link")
    link = _tcp(page, path, table, devices) if table.port is None else _serial(page, path, table, devices)
    _refuse_overload(page, path, link, devices)
    return link


def _serial(page: Page, path: Path_, table: LinkTable, devices: Sequence[Device]) -> Link:
    if table.baud is None and all(device.profile.serial is None for device in devices):
        names = ", ".join(sorted({device.profile.name for device in devices}))
        raise page.error(
            path, f"the key `baud` is missing, and {names} has no factory setting; write it here"
        )
    return Link(
        name=table.name,
        port=table.port,
        baud=_agreed(page, path, "baud", table.baud, devices),
        bytesize=_agreed(page, path, "bytesize", table.bytesize, devices),
        parity=_agreed(page, path, "parity", table.parity, devices),
        stopbits=_agreed(page, path, "stopbits", table.stopbits, devices),
        host=None,
        tcp_port=0,
        rtu_over_tcp=False,
        dead_share=table.dead_share,
    )


def _agreed(page: Page, path: Path_, key: str, configured: V | None, devices: Sequence[Device]) -> V:
    """A line setting: what the table says, else what all devices leave the factory with."""
    if configured is not None:
        return configured
    found: dict[V, str] = {}
    for device in devices:
        if device.profile.serial is not None:
            found.setdefault(getattr(device.profile.serial, key), device.name)
    if len(found) > 1:
        said = ", ".join(f"{name} {value}" for value, name in found.items())
        raise page.error(
            path,
            f"factory settings differ in `{key}` ({said}); set the devices alike and write it here",
        )
    return next(iter(found), getattr(_USUAL, key))


def _tcp(page: Page, path: Path_, table: LinkTable, devices: Sequence[Device]) -> Link:
    registered = next((d.profile.tcp_port for d in devices if d.profile.tcp_port is not None), None)
    port = table.tcp_port or (None if table.rtu_over_tcp else registered or MODBUS_TCP_PORT)
    if port is None:
        raise page.error(
            path, "the key `tcp_port` is missing; a serial server's is found in its own settings"
        )
    known = next((d.profile.serial for d in devices if d.profile.serial is not None), _USUAL)
    return Link(
        name=table.name,
        port=None,
        baud=known.baud,
        bytesize=known.bytesize,
        parity=known.parity,
        stopbits=known.stopbits,
        host=table.host,
        tcp_port=port,
        rtu_over_tcp=table.rtu_over_tcp,
        dead_share=table.dead_share,
    )


def _refuse_overload(page: Page, path: Path_, link: Link, devices: Sequence[Device]) -> None:
    load, room = line_load(link, devices), 1 - link.dead_share
    if load > room:
        parts = ", ".join(f"{d.name} {line_ms(link, d):.0f} ms every {d.period_ms} ms" for d in devices)
        raise page.error(
            path,
            f"overloaded: its devices need {load:.0%} of its time and may use {room:.0%} ({parts}); "
            "poll less often, raise the baud rate or use a second line",
        )


def line_load(link: Link, devices: Sequence[Device]) -> float:
    """The share of a link's time that polling its devices is estimated to take; above 1 it cannot."""
    return sum(line_ms(link, device) / device.period_ms for device in devices)


def line_ms(link: Link, device: Device) -> float:
    """How long one poll of a device is estimated to occupy its link, milliseconds.

    An instrument with a serial port that is reached by Modbus TCP stands behind a gateway: its line counts.
    """
    sizes = _exchanges(device)
    if link.host is not None and not link.rtu_over_tcp and device.profile.tcp_port is not None:
        return len(sizes) * LAN_MS
    bits = 1 + link.bytesize + (link.parity != "N") + link.stopbits
    idle_ms = len(sizes) * (device.profile.timing.gap_ms + TURNAROUND_MS)
    return idle_ms + 1000 * bits * sum(sizes) / link.baud


def _exchanges(device: Device) -> list[int]:
    """The bytes on the line of each request with its answer."""
    profile = device.profile
    if profile.frame_bytes is not None:
        return [profile.letters * (_LONGEST_QUERY_BYTES + profile.frame_bytes)]
    blocks = requests(_fields(device), profile.max_registers, profile.max_hole)
    around = _REQUEST_BYTES + _ANSWER_BYTES
    one = [profile.letters * (around + _data_bytes(block)) for block in blocks]
    return one * profile.exchanges


def _data_bytes(block: Extent) -> int:
    if block.space is Space.ITEM:
        return block.count
    return block.count * 2 if block.space in REGISTERS else -(-block.count // 8)


def _fields(device: Device) -> list[Field]:
    wanted = {channel.status for channel in device.channels}
    statuses = [status.field for status in device.profile.statuses if status.name in wanted]
    return [channel.field for channel in device.channels] + statuses
