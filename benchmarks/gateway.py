"""A gateway that reads 32 devices of 20 float32 each second over Modbus TCP, beside the bare loop.

The simulator, the broker and the collector run beside it in processes of their own; what counts is the CPU
time of the agent (validation, detection and outbox on) for each point that was stored, and its memory.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import Row, cost
from tests.stories.region import Region

DEVICES, CHANNELS = 32, 20
SITE = "bench"
WARMUP_ROWS = 16
"""As few as can be set: what is measured is an agent that judges, not one that still learns."""
_SETTLE_S, _MEASURE_S = 25.0, 30.0
_HEAD = f"""\
title = "bench"
start = 2026-01-16T06:30:00+05:00
[[site]]
name = "{SITE}"
class = "boiler_house"
gateway = "gw"
"""


def link(name: str) -> str:
    """A Modbus TCP endpoint of a scenario."""
    return f'[[site.link]]\nname = "{name}"\nkind = "tcp"\n'


def device(name: str, on: str, unit: int = 1) -> str:
    """A device of twenty float32 that stay as they are."""
    channels = "".join(f"v{n} = {20 + n / 10}\n" for n in range(1, CHANNELS + 1))
    head = f'[[site.device]]\nname = "{name}"\nprofile = "generic_f32_20"\nlink = "{on}"\nunit = {unit}\n'
    return f"{head}[site.device.channels]\n{channels}"


def scenario(devices: int, *more: str) -> str:
    """One site whose devices each have a link of their own, and whatever else is given."""
    links = [link(f"l{n}") for n in range(devices)]
    return "".join([_HEAD, *links, *(device(f"d{n}", f"l{n}") for n in range(devices)), *more])


def region(folder: Path, story: str) -> Region:
    """The story with everything around it, not yet started."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "story.toml"
    file.write_text(story)
    return Region(folder, str(file))


def watch(config: Path, profile_class: str) -> None:
    """Let the detectors of a class watch every channel; numbers of no quantity are left alone otherwise."""
    period, channel = "\nperiod_s = 1.0\n", "[device.channels.v"
    short = f"{{ warmup_rows = {WARMUP_ROWS} }}"
    seasonal = f", seasonal = {short}" if profile_class == "air_post" else ""
    table = f'detect = {{ profile_class = "{profile_class}", innovations = {short}{seasonal} }}\n'
    lines = config.read_text(encoding="utf-8").replace(period, period + table).splitlines()
    marked = (f"{line}\ndetect = true" if line.startswith(channel) else line for line in lines)
    config.write_text("\n".join(marked), encoding="utf-8")


def _bare(mode: str, around: Region) -> float:
    """CPU microseconds a point of the bare loop."""
    ports = [str(end["tcp_port"]) for end in around.links]
    command = [
        sys.executable,
        "-m",
        "benchmarks.reference_gateway",
        mode,
        str(around.broker.port),
        "20",
        *ports,
    ]
    result = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return float(result["cpu_s"] / result["points"] * 1e6)


def run(folder: Path) -> list[Row]:
    """CPU a point and memory of the agent, and CPU a point of the loop both ways."""
    with region(folder, scenario(DEVICES)) as around:
        watch(around.configs[SITE], "boiler_house")
        around.start_agents()
        agent = around.agents[SITE]
        time.sleep(_SETTLE_S)
        first, before = time.time_ns() // 1_000_000, cost(agent.pid)
        time.sleep(_MEASURE_S)
        last, after = time.time_ns() // 1_000_000, cost(agent.pid)
        around.drain()
        points = sum(first <= reading.t_ms < last for reading in around.readings())
        spread, together = _bare("spread", around), _bare("together", around)
    per = (after.cpu_s - before.cpu_s) / points * 1e6
    share = points / (DEVICES * CHANNELS * _MEASURE_S)
    ratios = f"{per / together:.2f} × together, {per / spread:.2f} × spread"
    return [
        Row(
            "gateway, 32 devices × 20 float32 each second, detection on: CPU µs a point",
            f"{per:.1f} ({ratios}), {share:.1%} stored",
            f"{together:.1f} together, {spread:.1f} spread",
            "≤ 30",
            per <= 30,
        ),
        Row("… memory, MB RSS at its peak", f"{after.rss_mb:.0f}", "", "≤ 60", after.rss_mb <= 60),
    ]
