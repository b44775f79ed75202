"""Serial ports by names that stay: /dev/serial/by-id/ names the adapter, not the order it was plugged in."""

from pathlib import Path
from typing import Final

from msgspec import Struct

FOLDER: Final = Path("/dev/serial")
BY_ID: Final = "by-id"
_BY_PATH: Final = "by-path"


class Stable(Struct, frozen=True):
    """The name to write into a configuration, and why; the reason is empty when it is the one given."""

    port: str
    reason: str = ""


def stable(port: str, folder: Path = FOLDER) -> Stable:
    """The name of a port that survives a restart and another socket, if it has one."""
    path = Path(port)
    if path.parent.name in {BY_ID, _BY_PATH}:
        return Stable(port)
    for kind, why in ((BY_ID, "names the adapter in whatever socket"), (_BY_PATH, "names the socket")):
        for entry in sorted((folder / kind).glob("*")):
            if entry.resolve() == path.resolve():
                return Stable(str(entry), f"{port} is written as {entry}, which {why}")
    return Stable(
        port,
        f"{port} has no name in {folder / BY_ID}: with several adapters the kernel may number them otherwise "
        "after a restart, so give it one with a udev rule",
    )


def ports(folder: Path = FOLDER) -> tuple[str, ...]:
    """The serial adapters that are plugged in, by their stable names."""
    return tuple(str(entry) for entry in sorted((folder / BY_ID).glob("*")))
