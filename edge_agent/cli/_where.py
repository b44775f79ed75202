"""What the commands of commissioning share: where the devices are, and which profiles come into question."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from edge_agent.cli.common import fail
from edge_agent.commissioning.access import AccessError, access
from edge_agent.commissioning.line import Endpoint
from edge_agent.commissioning.plan import SERIAL_WAIT_S, TCP_WAIT_S
from edge_agent.drivers import DriverError
from edge_agent.drivers._ports import OpenError
from sensor_profiles import loader
from sensor_profiles.model import Profile
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
        "--wait-ms", min=10, max=10_000, help="How long each address is waited for. [default: 200, TCP 300]"
    ),
]
FoldersOption = Annotated[
    list[Path] | None,
    typer.Option("--folder", "-f", help="A folder with profiles of your own; may be repeated."),
]
UnitOption = Annotated[int, typer.Option("--unit", "-u", min=0, max=255, help="The device's address.")]


def endpoint(port: str | None, host: str | None, tcp_port: int, *, rtu_over_tcp: bool) -> Endpoint:
    """Where the devices are; exits with 2 unless exactly one of port and host is given."""
    if (port is None) == (host is None):
        raise typer.BadParameter("write one of --port (a serial line) and --host (TCP)")
    return Endpoint(port=port, host=host, tcp_port=tcp_port, rtu_over_tcp=rtu_over_tcp)


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
