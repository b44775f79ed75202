"""What a process cost, by the kernel's own accounting."""

import os
import platform
from pathlib import Path

from msgspec import Struct

_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(Struct, frozen=True):
    """CPU seconds (user and system) and resident memory of one process at one moment."""

    cpu_s: float
    rss_mb: float


def cost(pid: int) -> Cost:
    """What a process has used so far; resident memory is its peak (VmHWM)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    )
    ticks = int(fields[11]) + int(fields[12])
    return Cost(ticks / _TICKS, int(status["VmHWM"].split()[0]) / 1024)


def machine() -> str:
    """Processor, cores, memory, kernel and Python in one line."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


class Row(Struct, frozen=True):
    """One line of the table: what was measured, ours, the reference in the same run, what it must be."""

    what: str
    ours: str
    reference: str
    must: str
    holds: bool | None


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    head = "| what | Ulba | reference, same run | must | holds |\n|---|---|---|---|---|"
    marks = {True: "yes", False: "**no**", None: "–"}
    lines = [f"| {r.what} | {r.ours} | {r.reference} | {r.must} | {marks[r.holds]} |" for r in rows]
    return "\n".join([head, *lines])
