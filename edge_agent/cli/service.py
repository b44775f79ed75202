"""`edge-agent service`: the agent under systemd."""

from pathlib import Path, PurePosixPath
from typing import Final

from edge_agent import settings
from wire.systemd.commands import commands
from wire.systemd.unit import Service

SERVICE: Final = Service(
    name="ulba-agent",
    description="Ulba edge agent",
    program="edge-agent",
    config="/etc/ulba/agent.toml",
    state="ulba/agent",
    watchdog_s=30,
    memory_max_mb=256,
    groups=("dialout",),
    credentials=("mqtt",),
    more=(
        "# Serial lines and nothing else: USB adapters, the ports of industrial boards (AMA: Raspberry Pi).",
        "DevicePolicy=closed",
        *(f"DeviceAllow=char-{kind} rw" for kind in ("ttyUSB", "ttyACM", "ttyS", "ttyAMA", "ttymxc", "ttyO")),
        "# No ProtectClock=: it would forbid to ask whether the clock is set (adjtimex(2)); setting it",
        "# takes a capability that the service has not. No ProcSubset=pid: it hides the name of this boot.",
        "SystemCallFilter=adjtimex clock_adjtime",
    ),
)


def _written(config: Path) -> list[PurePosixPath]:
    return [PurePosixPath(settings.load(config).outbox.path)]


app = commands(SERVICE, _written)
