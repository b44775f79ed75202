"""What the commands of commissioning share: where the devices are, and which profiles come into question."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from edge_agent.cli.common import fail
from edge_agent.commissioning.access import AccessError, access
from edge_agent.commissioning.plan import PARITIES, SERIAL_WAIT_S, TCP_WAIT_S, Endpoint, LineSetting
from edge_agent.drivers import DriverError
from edge_agent.drivers._ports import OpenError
from sensor_profiles import loader
from sensor_profiles.model import Profile, SerialDefaults
from wire.config_file import ConfigError

T = TypeVar("T")
PortOption = Annotated[
    str | None, typer.Option("--port", "-p", help="A serial port, best one of /dev/serial/by-id/.")
]
HostOption = Annotated[str | None, typer.Option("--host", "-H", help="A TCP host instead.")]
TcpPortOption = Annotated[int, typer.Option("--tcp-port", min=1, max=65535, help="Its port.")]
RtuOption = Annotated[
    bool, typer.Option("--rtu-over-tcp", help="The host is a serial server, which carries a serial line.")
]
TakeOverOption = Annotated[
    bool, typer.Option("--take-over", help="Borrow the line from a running agent for as long as this takes.")
]
WaitOption = Annotated[
    float | None,
    typer.Option(
        "--wait-ms", min=10, max=10_000, help="How long each address is waited for; left out: 200, TCP 300"
    ),
]
FoldersOption = Annotated[
    list[Path] | None,
    typer.Option("--folder", "-f", help="A folder with profiles of your own; may be repeated."),
]
BaudOption = Annotated[int, typer.Option("--baud", "-b", min=300, help="Bits a second.")]
ParityOption = Annotated[str, typer.Option("--parity", help="N (none), E (even) or O (odd).")]
OwnBaudOption = Annotated[
    int | None, typer.Option("--baud", "-b", min=300, help="Bits a second; left out: the profile's, or 9600")
]
OwnParityOption = Annotated[
    str | None, typer.Option("--parity", help="N, E or O; left out: the profile's, or N")
]
StopbitsOption = Annotated[int, typer.Option("--stopbits", min=1, max=2, help="Stop bits.")]
MODBUS_LAST_UNIT = 255
UnitOption = Annotated[
    int, typer.Option("--unit", "-u", min=0, max=MODBUS_LAST_UNIT, help="The device's Modbus address.")
]


def endpoint(port: str | None, host: str | None, tcp_port: int, *, rtu_over_tcp: bool) -> Endpoint:
    """Where the devices are; exits with 2 unless exactly one of port and host is given."""
    if (port is None) == (host is None):
        raise typer.BadParameter("write one of --port (a serial line) and --host (TCP)")
    return Endpoint(port=port, host=host, tcp_port=tcp_port, rtu_over_tcp=rtu_over_tcp)


def parities(text: str) -> tuple[str, ...]:
    """Read `N,E`; exits with 2 where one is none."""
    found = tuple(text.upper().split(","))
    if wrong := set(found) - set(PARITIES):
        raise typer.BadParameter(f"parity `{min(wrong)}` is not known; write N, E or O")
    return found


def setting(where: Endpoint, baud: int, parity: str, stopbits: int) -> LineSetting | None:
    """The one setting of a serial line; None for TCP."""
    return None if where.host is not None else LineSetting(baud, parities(parity)[0], 8, stopbits)


def own_setting(
    where: Endpoint, known: Profile | None, baud: int | None, parity: str | None, stopbits: int
) -> LineSetting | None:
    """The setting of a serial line: as given, else as the profile's instrument leaves the factory."""
    usual = (known.serial if known else None) or SerialDefaults(baud=9600)
    return setting(where, baud or usual.baud, parity or usual.parity, stopbits)


def modbus(profiles: Sequence[Profile]) -> tuple[Profile, ...]:
    """Those that speak Modbus."""
    return tuple(profile for profile in profiles if profile.protocol == "modbus")


def wait_s(given_ms: float | None, where: Endpoint) -> float:
    """How long an address is waited for, seconds."""
    usual = SERIAL_WAIT_S if where.host is None else TCP_WAIT_S
    return usual if given_ms is None else given_ms / 1000


def library(folders: Sequence[Path] | None) -> tuple[Profile, ...]:
    """All known profiles; exits with 1 where one of them is wrong."""
    try:
        return tuple(loader.load(file) for file in loader.library(folders or ()).values())
    except ConfigError as error:
        fail(error)


def profile(name: str, folders: Sequence[Path] | None) -> Profile:
    """One profile by its name; exits with 1 where there is none or it is wrong."""
    try:
        return loader.find(name, folders or ())
    except ConfigError as error:
        fail(error)


def on_line(where: Endpoint, work: Any, *, take_over: bool) -> Any:
    """Run what talks on a line; what goes wrong with the line is one sentence and exit code 1."""
    import asyncio

    async def with_access() -> Any:
        async with access(Path(where.port) if where.port else None, take_over=take_over):
            return await work

    try:
        return asyncio.run(with_access())
    except (AccessError, OpenError) as error:
        fail(error)
    except DriverError as error:
        fail(f"{where}: {error}; check the cable and try again")
    except KeyboardInterrupt:
        fail("stopped")
